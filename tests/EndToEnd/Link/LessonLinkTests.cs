using System.Collections.Immutable;
using Edge.Core.Live;
using EndToEnd.World;
using TestKit;
using TestKit.Link;
using TestKit.Live;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Link;

/// <summary>A lesson as a whole: a relay that makes lower rungs, a link that narrows, breaks and comes back, the box of a school.</summary>
public sealed class LessonLinkTests
{
    /// <summary>Carries the source four times over.</summary>
    private static readonly LinkShape Wide = new(2_000_000, TimeSpan.FromMilliseconds(30), 0, 125_000);

    /// <summary>Carries half of the source, and the slides twice.</summary>
    private static readonly LinkShape Narrow = Wide with { RateBitsPerSecond = 200_000, QueueBytes = 25_000 };

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(300);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_class_sees_a_lower_rung_while_the_link_is_thin_and_the_library_gets_the_best_one_byte_for_byte()
    {
        bool mustRun = Environment.GetEnvironmentVariable("CI") == "true";
        Assert.SkipWhen(EmulatedLink.Missing is not null && !mustRun, EmulatedLink.Missing ?? "");
        byte[] stream = await TestVideo.Lesson20sAsync();
        await using LinkWorld world = await LinkWorld.StartAsync(Repository.PublishedBox, Quick.Box, Token,
            new Dictionary<string, string>(Quick.Relay) { ["Ladder__Rungs"] = "slides" });
        string Evidence() => $"{string.Join(' ', world.Shown().Select(entry => $"{entry.UpstreamSequence}{entry.Rung}"))}\n--- box\n{world.Output}\n--- relay\n{world.RelayOutput}";
        Uri ingest = await world.BeginLessonAsync(Token);
        world.Link.Shape = Wide;
        using var stop = new CancellationTokenSource();
        using var watched = new CancellationTokenSource();
        var checker = new PlaylistChecker();
        Task feeding = new TsFeed(ingest, stream, TimeSpan.FromSeconds(20), () => EmulatedLink.HttpAt(world.Link.Far, ingest, Timeout.InfiniteTimeSpan)).RunAsync(stop.Token, Token);
        Task watching = WatchAsync(world, checker, watched.Token);

        await Eventually.Async(() => Task.FromResult(Newest(world) == "" && world.Shown().Length > 1), "the source's rung comes", Token, Patience, Evidence);
        world.Link.Shape = Narrow;
        await Eventually.Async(() => Task.FromResult(Newest(world) == "slides"), "the slides come", Token, Patience, Evidence);
        world.Link.Cut();
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Token);
        world.Link.Join();
        world.Link.Shape = Wide;
        await Eventually.Async(() => Task.FromResult(Newest(world) == ""), "the source's rung comes again", Token, Patience, Evidence);
        await stop.CancelAsync();
        await feeding;
        await world.EndLessonAsync(Token);
        await Eventually.Async(() => Task.FromResult(File.Exists(Path.Combine(world.Recording, "filled"))), "the recording is whole", Token, Patience, Evidence);
        await watched.CancelAsync();
        await watching;

        Assert.Empty(checker.Violations);
        Assert.InRange(checker.Lists, 10, int.MaxValue);
        ImmutableArray<JournalEntry> shown = world.Shown();
        // Order was held: each number once, none left out.
        Assert.Equal(Enumerable.Range(0, shown.Length).Select(n => (long)n), shown.Select(entry => entry.UpstreamSequence));
        for (int i = 1; i < shown.Length; i++)
            Assert.True(shown[i].Segment.Discontinuity || shown[i].Rung == shown[i - 1].Rung, $"no discontinuity where {i} changes the rung");
        byte[] origin = world.OriginBytes();
        Assert.NotEqual(origin, await File.ReadAllBytesAsync(Path.Combine(world.Recording, "media.ts"), Token));
        Assert.Equal(origin, await File.ReadAllBytesAsync(Path.Combine(world.Recording, "whole", "media.ts"), Token));
        Assert.Equal(origin, await world.Phone.GetByteArrayAsync($"live/{LinkWorld.Lesson}/recording.ts", Token));
    }

    /// <summary>Takes in every list as it is served.</summary>
    private static async Task WatchAsync(LinkWorld world, PlaylistChecker checker, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using HttpResponseMessage answer = await world.Phone.GetAsync($"live/{LinkWorld.Lesson}/index.m3u8", Token);
            if (answer.IsSuccessStatusCode)
                checker.Take(await answer.Content.ReadAsStringAsync(Token));
            await Task.Delay(Look, TimeProvider.System, Token);
        }
    }

    private static string? Newest(LinkWorld world) => world.Shown() is [.., var last] ? last.Rung : null;
}
