using System.Collections.Immutable;
using Edge.Box.Live;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Sync;
using TestKit;
using TestKit.Link;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

/// <summary>After the lesson its recording is completed.</summary>
public sealed class RecordingFillTests : IAsyncLifetime
{
    private ImmutableArray<TsSegment> _source;
    private ImmutableArray<TsSegment> _slides;
    private SimulatedOrigin _origin = null!;
    private ImpairedProxy _link = null!;

    public async ValueTask InitializeAsync()
    {
        _source = SimulatedOrigin.Cut(await TestVideo.Lesson20sAsync());
        _slides = SimulatedOrigin.Cut(await TestVideo.SlidesAsync(20));
        _origin = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        _link = ImpairedProxy.To(_origin.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task The_recording_ends_byte_identical_to_the_source_and_the_list_that_viewers_saw_stays()
    {
        _origin.AddRung("slides", 90_000);
        await using LiveBox box = await ShownAsync(8, asSlides: true);
        string shown = await box.Http.GetStringAsync("/live/fractions/index.m3u8");
        byte[] bytes = await box.WatchAsync();
        Assert.False(Recorded(box).Filled);
        Assert.Equal(bytes, await box.Http.GetByteArrayAsync("/live/fractions/recording.ts"));
        box.Plan = LiveBox.PlanWith(LessonStage.Ended);
        await Eventually.TrueAsync(() => Recorded(box).Filled);

        Assert.Equal(_origin.Bytes, await box.Http.GetByteArrayAsync("/live/fractions/recording.ts"));
        Assert.Equal(_origin.Bytes, await RecordingAsync(box));
        Assert.Equal(TimeSpan.Zero, Recorded(box).Missing);
        Assert.Equal(shown, await box.Http.GetStringAsync("/live/fractions/index.m3u8"));
        Assert.Equal(bytes, await box.WatchAsync());
        // Also after a restart.
        await box.StopAsync();
        await box.StartAgainAsync();
        Assert.True(Recorded(box).Filled);
        Assert.Equal(_origin.Bytes, await RecordingAsync(box));
        Assert.Equal(bytes, await box.WatchAsync());
    }

    [Fact]
    public async Task Whole_or_not_at_all_and_paid_once_through_cuts_and_restarts()
    {
        _origin.AddRung("slides", 90_000);
        await using LiveBox box = await ShownAsync(8, asSlides: true);
        long before = _link.DownBytes;
        _link.SeverAfter(_source[0].Bytes.Length * 5 / 2);
        box.Plan = LiveBox.PlanWith(LessonStage.Ended);
        await Eventually.TrueAsync(() => _link.IsSevered);
        Assert.False(Recorded(box).Filled);
        Assert.NotEqual(_origin.Bytes, await box.Http.GetByteArrayAsync("/live/fractions/recording.ts"));
        await box.StopAsync();
        _link.Join();
        await box.StartAgainAsync();
        await Eventually.TrueAsync(() => Recorded(box).Filled);
        Assert.Equal(_origin.Bytes, await RecordingAsync(box));
        // What was under way when the box stopped, and lists.
        Assert.InRange(_link.DownBytes - before, _origin.Bytes.Length, _origin.Bytes.Length + _source[0].Bytes.Length + 20_000);
    }

    [Fact]
    public async Task What_is_here_already_is_not_fetched_and_what_nobody_has_is_a_hole_that_is_stated()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("MostBehind", "00:00:20"), ("SegmentTries", "2"));
        for (int i = 0; i < 10; i++)
            _origin.Publish(_source[i % 10]);
        // A second round: the first is more than twenty seconds behind.
        for (int i = 0; i < 10; i++)
            _origin.Publish(_source[i % 10], broken: i == 0);
        await Eventually.TrueAsync(() => box.Published >= 6);
        _origin.End();
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        ImmutableArray<long> shown = [.. box.Recording!.Entries.Select(entry => entry.UpstreamSequence)];
        Assert.Equal(Enumerable.Range(14, 6).Select(n => (long)n), shown);
        _origin.Served = (sequence, bytes) => sequence is 4 or 5 ? bytes[188..] : sequence >= 14 ? throw new InvalidOperationException("paid twice") : bytes;
        box.Plan = LiveBox.PlanWith(LessonStage.Ended);
        await Eventually.TrueAsync(() => Recorded(box).Filled);
        Assert.Equal(TimeSpan.FromSeconds(4), Recorded(box).Missing);
        byte[] bytes = [.. _source.Take(4).Concat(_source.Skip(6)).Concat(_source).SelectMany(segment => segment.Bytes.ToArray())];
        Assert.Equal(bytes, await RecordingAsync(box));
        MediaPlaylist list = await RecordingListAsync(box);
        Assert.Equal([4L, 8L], list.Segments.Where(segment => segment.Discontinuity).Select(segment => segment.Sequence));
        Assert.Equal(TimeSpan.FromSeconds(12), list.Segments[4].ProgramTime - list.Segments[0].ProgramTime);
        Assert.True(list.Ended);
    }

    [Fact]
    public async Task The_link_is_shared_by_rule_and_a_recording_waits_for_its_grant()
    {
        _origin.AddRung("slides", 90_000);
        await using LiveBox box = await ShownAsync(4, asSlides: true);
        int asked = 0;
        box.Grant = wanted => new LinkAnswer(Interlocked.Increment(ref asked) < 5 ? 0 : Math.Min(wanted, 10_000), TimeSpan.FromMilliseconds(50), LinkHold.None);
        box.Plan = LiveBox.PlanWith(LessonStage.Ended);
        await Eventually.TrueAsync(() => Recorded(box).Filled);
        Assert.InRange(asked, 4 + _origin.Bytes.Length / 10_000, 8 + _origin.Bytes.Length / 10_000 + 4);
        Assert.Equal(_origin.Bytes, await RecordingAsync(box));
    }

    /// <summary>A box that has shown a lesson to its end.</summary>
    private async Task<LiveBox> ShownAsync(int segments, bool asSlides)
    {
        LiveBox box = await LiveBox.StartAsync(_link.Port);
        if (asSlides)
            box.Lessons.LinkBitsPerSecond = 120_000;
        for (int i = 0; i < segments; i++)
        {
            _origin.Publish(_source[i]);
            _origin.PublishRung("slides", i, _slides[i]);
        }
        await Eventually.TrueAsync(() => box.Published == segments);
        _origin.End();
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        return box;
    }

    private static RecordingSummary Recorded(LiveBox box) => Assert.Single(box.Lessons.Recordings);

    private static async Task<MediaPlaylist> RecordingListAsync(LiveBox box)
    {
        Assert.True(PlaylistText.TryRead(await box.Http.GetByteArrayAsync("/live/fractions/recording.m3u8"), out MediaPlaylist list, out PlaylistFault fault), fault.ToString());
        return list;
    }

    private static async Task<byte[]> RecordingAsync(LiveBox box)
    {
        using var all = new MemoryStream();
        foreach (ListedSegment entry in (await RecordingListAsync(box)).Segments)
            all.Write(await box.Http.GetByteArrayAsync($"/live/fractions/{entry.Uri}"));
        return all.ToArray();
    }
}
