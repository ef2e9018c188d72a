using System.Net.Http.Json;
using System.Text.Json;
using EndToEnd.World;
using TestKit;
using TestKit.Mosquitto;
using Xunit;

namespace EndToEnd.Link;

/// <summary>A school on one of the two brokers; started by the first test that needs it.</summary>
public abstract class LinkedSchool : IAsyncDisposable
{
    public const string Lesson = "lesson-1";

    private bool _started;

    protected LinkedSchool(IReadOnlyDictionary<string, string>? relaySettings = null) => School = new School(relaySettings);

    public School School { get; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_started)
            return;
        await School.Relay.StartAsync(cancellationToken);
        await StartBrokerAsync(cancellationToken);
        await School.Box.StartAsync(cancellationToken);
        await School.Box.ClaimAsync(School.Relay, School.Name, cancellationToken);
        await School.ScheduleAsync(Lesson, cancellationToken);
        _started = true;
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await School.DisposeAsync();
    }

    protected abstract Task StartBrokerAsync(CancellationToken cancellationToken);
}

/// <summary>What pupils give goes to the relay and what staff reply comes back; the same on each broker.</summary>
public abstract class FeedbackWalk(LinkedSchool link)
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected School School => link.School;

    [Fact]
    public async Task A_question_travels_is_answered_and_the_answer_comes_back()
    {
        await link.StartAsync(Token);
        using var phone = new Phone(School.Box, LinkedSchool.Lesson, seat: 12);
        (Promise asked, JsonElement item) = await AskAsync(phone, "为什么要通分？");
        Assert.Equal((asked.Text, School.Id, "3A", 12), (item.GetProperty("content").GetString(), item.GetProperty("school").GetString(), item.GetProperty("class").GetString(), item.GetProperty("seat").GetInt32()));
        await AnswerComesAsync(item, asked, "因为分母不同。");
    }

    [Fact]
    public async Task Said_yes_kept_ten_answers_given_while_the_relay_is_stopped_arrive_once_and_in_order()
    {
        await link.StartAsync(Token);
        await School.Relay.StopAsync();
        Promise[] given = await GiveAsync(10);
        await School.Relay.StartAsync(Token);
        await AllArriveOnceInOrderAsync(given);
    }

    /// <summary>Asks and waits until the relay has it.</summary>
    protected async Task<(Promise Asked, JsonElement Item)> AskAsync(Phone phone, string text)
    {
        Promise asked = await phone.AskAsync(text, Token);
        await ArrivesAsync(asked);
        return (asked, (await ArrivedAsync()).Single(arrived => arrived.GetProperty("id").GetString() == asked.Id));
    }

    /// <summary>Gives questions and votes, one after the other.</summary>
    protected async Task<Promise[]> GiveAsync(int count)
    {
        using var phone = new Phone(School.Box, LinkedSchool.Lesson, seat: 7);
        var given = new Promise[count];
        for (int n = 0; n < count; n++)
            given[n] = n % 2 == 0 ? await phone.AskAsync($"question {n}", Token) : await phone.VoteAsync("poll-1", n / 2 % 2, Token);
        return given;
    }

    protected async Task AllArriveOnceInOrderAsync(Promise[] given)
    {
        await ArrivesAsync(given[^1]);
        await Eventually.Async(async () => (await School.Box.StatusAsync(Token)).GetProperty("unsentItems").GetInt64() == 0, "the box knows that all is sent", Token, evidence: () => School.Evidence);
        HashSet<string> names = [.. given.Select(promise => promise.Id)];
        Assert.Equal(given.Select(promise => (promise.Id, promise.Text)), (await ArrivedAsync())
            .Select(item => (Id: item.GetProperty("id").GetString()!, Text: item.GetProperty("content").GetString()!)).Where(item => names.Contains(item.Id)));
    }

    protected Task ArrivesAsync(Promise promise) =>
        Eventually.Async(async () => (await ArrivedAsync()).Any(item => item.GetProperty("id").GetString() == promise.Id), $"item {promise.Number} is at the relay", Token, evidence: () => School.Evidence);

    /// <summary>Staff reply to an item; then the reply stands beside it at the school, once.</summary>
    protected async Task AnswerComesAsync(JsonElement item, Promise asked, string reply)
    {
        using HttpResponseMessage answer = await School.Relay.Staff.PostAsJsonAsync($"/api/feedback/{item.GetProperty("number").GetInt64()}/answer", new { text = reply }, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        JsonElement question = default;
        await Eventually.Async(async () =>
        {
            JsonElement questions = await School.Box.Http.GetFromJsonAsync<JsonElement>($"/lesson/{LinkedSchool.Lesson}/questions.json", Token);
            question = questions.EnumerateArray().Single(held => held.GetProperty("id").GetString() == asked.Id);
            return question.GetProperty("state").GetString() == "Answered";
        }, "the reply is at the school", Token, evidence: () => School.Evidence);
        Assert.Equal([reply], question.GetProperty("answers").EnumerateArray().Select(text => text.GetString()));
    }

    /// <summary>What the relay has, in its order.</summary>
    protected async Task<JsonElement[]> ArrivedAsync() => [.. (await School.Relay.GetAsync("/api/feedback?most=1000", Token)).EnumerateArray().Reverse()];
}

public sealed class EmbeddedSchool : LinkedSchool
{
    protected override Task StartBrokerAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The relay as Mosquitto's client, with certificates as a technician makes them: <c>relay keys broker</c>.</summary>
public sealed class MosquittoSchool() : LinkedSchool(new Dictionary<string, string> { ["Sync__Broker"] = "External" })
{
    public MosquittoBroker? Broker { get; private set; }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (Broker is not null)
            await Broker.DisposeAsync();
    }

    protected override async Task StartBrokerAsync(CancellationToken cancellationToken)
    {
        string folder = School.Folder["broker"];
        (int exitCode, _, string error) = await School.Relay.RunAsync(cancellationToken, "keys", "broker", "--name", "localhost", "--out", folder);
        Assert.True(exitCode == 0, error);
        Broker = await MosquittoBroker.StartAsync(School.Relay.MqttPort, folder, cancellationToken);
    }
}

public sealed class EmbeddedBrokerTests(EmbeddedSchool link) : FeedbackWalk(link), IClassFixture<EmbeddedSchool>;
