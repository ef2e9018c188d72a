using Edge.Box.Content;
using Edge.Core.Sync;
using Microsoft.Extensions.Time.Testing;
using TestKit;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

public sealed class LinkGateTests : ContentTest
{
    private readonly FakeTimeProvider _time = new();

    protected override ValueTask PrepareAsync()
    {
        Origin.AddPack("fractions", 1, ("video.mp4", Noise.Of(1_200_000, 1)));
        Origin.Publish(Wanted("fractions", 1));
        return base.PrepareAsync();
    }

    private Task<BoxContent> OpenAsync(LinkOptions? link = null) => BoxContent.OpenAsync(Folder["box"], Origin, _time, link: link);

    /// <summary>Lets time pass until a round ends.</summary>
    private async Task<Exception?> RoundAsync(BoxContent box)
    {
        Task<bool> round = box.FetchAsync();
        for (int i = 0; i < 5_000 && !round.IsCompleted; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
        return await Record.ExceptionAsync(() => round);
    }

    [Fact]
    public async Task The_link_is_shared_by_rule_packs_wait_while_a_lesson_is_live()
    {
        await using BoxContent box = await OpenAsync();
        box.LiveNeedsLink = true;
        Assert.Equal(LinkHold.Live, Assert.IsType<LinkHeldException>(await RoundAsync(box)).Hold);
        Assert.Equal(0, Origin.SentBytes);
        box.LiveNeedsLink = false;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await RoundAsync(box));
        Assert.Single(box.Library.Shown);
    }

    [Fact]
    public async Task The_link_is_shared_by_rule_a_cap_holds_over_restarts()
    {
        const long Cap = 400_000;
        long read = 0;
        for (int start = 0; start < 3; start++)
        {
            await using BoxContent box = await OpenAsync(new LinkOptions { DayBytes = Cap });
            Assert.Equal(LinkHold.DayCap, Assert.IsType<LinkHeldException>(await RoundAsync(box)).Hold);
            read += box.Link.ReadBytes;
            Assert.InRange(read, start == 0 ? Cap * 3 / 4 : 1, Cap);
        }
        await using BoxContent free = await OpenAsync(new LinkOptions { DayBytes = Cap, Cost = LinkCost.Unmetered });
        Assert.Null(await RoundAsync(free));
        await free.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task The_link_is_shared_by_rule_a_rate_is_kept_over_all_connections()
    {
        await using BoxContent box = await OpenAsync(new LinkOptions { Rates = "512k" });
        long began = _time.GetTimestamp();
        Assert.Null(await RoundAsync(box));
        // 1.2 MB at 64 kB/s, less the first bucketful.
        Assert.InRange(_time.GetElapsedTime(began).TotalSeconds, 1_200_000 / 64_000.0 - 2, 60);
        await box.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task An_expensive_link_brings_only_what_is_due()
    {
        Origin.AddPack("due", 1, ("a.txt", Noise.Of(30_000, 2)));
        Origin.Publish(Wanted("fractions", 1), Wanted("due", 1, DateTimeOffset.UnixEpoch));
        await using BoxContent box = await OpenAsync(new LinkOptions { Cost = LinkCost.Expensive });
        Assert.Equal(LinkHold.Expensive, Assert.IsType<LinkHeldException>(await RoundAsync(box)).Hold);
        Assert.Equal("due", Assert.Single(box.Library.Shown).Pack);
    }
}
