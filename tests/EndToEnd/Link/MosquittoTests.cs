using System.Text.Json;
using EndToEnd.World;
using TestKit.Mosquitto;
using Xunit;

namespace EndToEnd.Link;

/// <summary>The same relay process with Debian's Mosquitto as its broker.</summary>
public sealed class MosquittoTests : FeedbackWalk, IClassFixture<MosquittoSchool>
{
    private readonly MosquittoSchool _link;

    public MosquittoTests(MosquittoSchool link) : base(link)
    {
        Assert.SkipUnless(MosquittoBroker.IsInstalled, "mosquitto is not installed");
        _link = link;
    }

    [Fact]
    public async Task Said_yes_kept_a_broker_that_is_killed_again_and_again_loses_and_doubles_nothing()
    {
        await _link.StartAsync(Token);
        var given = new List<Promise>();
        for (int blow = 0; blow < 3; blow++)
        {
            given.AddRange(await GiveAsync(4));
            await _link.Broker!.KillAsync();
            given.AddRange(await GiveAsync(4));
            await _link.Broker.RunAsync(Token);
        }
        await AllArriveOnceInOrderAsync([.. given]);
    }

    [Fact]
    public async Task Said_yes_kept_a_reply_written_while_the_broker_is_dead_comes_once_it_is_back()
    {
        await _link.StartAsync(Token);
        using var phone = new Phone(School.Box, LinkedSchool.Lesson, seat: 3);
        (Promise asked, JsonElement item) = await AskAsync(phone, "Is one half more than one third?");
        await _link.Broker!.KillAsync();
        Task coming = AnswerComesAsync(item, asked, "Yes.");
        await _link.Broker.RunAsync(Token);
        await coming;
    }
}
