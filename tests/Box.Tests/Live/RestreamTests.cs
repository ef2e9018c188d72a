using System.Collections.Immutable;
using System.Net;
using Edge.Core.Content;
using Edge.Core.Live;
using TestKit;
using TestKit.Link;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

public sealed class RestreamTests : IAsyncLifetime
{
    private ImmutableArray<TsSegment> _segments;
    private SimulatedOrigin _origin = null!;
    private ImpairedProxy _link = null!;

    public async ValueTask InitializeAsync()
    {
        _segments = SimulatedOrigin.Cut(await TestVideo.Lesson20sAsync());
        _origin = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        _link = ImpairedProxy.To(_origin.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task The_lesson_plays_from_its_first_segment_and_ends_as_a_recording_in_the_library()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port);
        using (HttpResponseMessage early = await box.Http.GetAsync("/live/fractions/index.m3u8"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
            Assert.NotNull(early.Headers.RetryAfter);
        }
        Assert.Equal(LiveStage.NotStarted, box.Lessons.State(LiveBox.Lesson).Stage);
        for (int i = 0; i < _segments.Length; i++)
        {
            _origin.Publish(_segments[i]);
            await Eventually.TrueAsync(() => box.Published == i + 1);
        }
        Assert.Equal(LiveStage.Live, box.Lessons.State(LiveBox.Lesson).Stage);
        Assert.False(box.Lessons.IsComplete(LiveBox.Lesson));
        _origin.End();
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));

        MediaPlaylist list = (await box.PlaylistAsync())!;
        Assert.True(list.Ended);
        Assert.Equal(PlaylistKind.Event, list.Kind);
        Assert.Equal(_origin.Window.Segments.Select(s => (s.Sequence, s.Duration, (DateTimeOffset?)s.ProgramTime, s.Discontinuity)),
            list.Segments.Select(s => (s.Sequence, s.Duration, s.ProgramTime, s.Discontinuity)));
        Assert.Equal(_origin.Bytes, await box.WatchAsync());
        Assert.Equal(_origin.Bytes, box.MediaBytes);
        Assert.Equal(_origin.Bytes, await box.Http.GetByteArrayAsync("/live/fractions/recording.ts"));
        var recording = Assert.Single(box.Lessons.Recordings);
        Assert.Equal((TimeSpan.FromSeconds(20), true), (recording.Duration, recording.Complete));
        Assert.Equal(LiveStage.Ended, box.Lessons.State(LiveBox.Lesson).Stage);
    }

    [Fact]
    public async Task The_lesson_plays_on_after_an_outage_with_nothing_skipped_and_the_same_list_meanwhile()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("LostAfter", "00:00:01"));
        _origin.Publish(_segments[0]);
        await Eventually.TrueAsync(() => box.Published == 1);
        string before = await box.Http.GetStringAsync("/live/fractions/index.m3u8");
        _link.Cut();
        foreach (TsSegment segment in _segments.Skip(1).Take(6))
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => box.Lessons.State(LiveBox.Lesson).Stage == LiveStage.Lost);
        Assert.Equal(before, await box.Http.GetStringAsync("/live/fractions/index.m3u8"));
        Assert.Contains("\"stage\":\"lost\"", await box.Http.GetStringAsync("/live/fractions/state.json"));
        _link.Join();
        long joined = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(() => box.Published > 1);
        Assert.True(TimeProvider.System.GetElapsedTime(joined) < TimeSpan.FromSeconds(3));
        await Eventually.TrueAsync(() => box.Published == 7);
        Assert.Equal(LiveStage.Live, box.Lessons.State(LiveBox.Lesson).Stage);
        Assert.All((await box.PlaylistAsync())!.Segments, segment => Assert.False(segment.Discontinuity));
        Assert.Equal(_origin.Bytes, box.MediaBytes);
    }

    [Fact]
    public async Task The_lesson_plays_whole_even_when_the_upstream_window_slid_away_in_the_outage()
    {
        _origin.Keep = TimeSpan.Zero; // three target durations: 6 segments
        await using LiveBox box = await LiveBox.StartAsync(_link.Port);
        _origin.Publish(_segments[0]);
        await Eventually.TrueAsync(() => box.Published == 1);
        _link.Sever();
        foreach (TsSegment segment in _segments.Skip(1))
            _origin.Publish(segment);
        _link.Join();
        await Eventually.TrueAsync(() => box.Published == 10);
        Assert.Equal(_origin.Bytes, box.MediaBytes);
    }

    [Fact]
    public async Task What_no_list_holds_any_more_is_left_out_with_a_discontinuity()
    {
        (_origin.Keep, _origin.HasRecording) = (TimeSpan.Zero, false);
        await using LiveBox box = await LiveBox.StartAsync(_link.Port);
        _origin.Publish(_segments[0]);
        await Eventually.TrueAsync(() => box.Published == 1);
        _link.Sever();
        foreach (TsSegment segment in _segments.Skip(1))
            _origin.Publish(segment);
        _link.Join();
        await Eventually.TrueAsync(() => box.Published == 7); // 0, then 4 to 9
        Assert.Equal([false, true, false, false, false, false, false], (await box.PlaylistAsync())!.Segments.Select(segment => segment.Discontinuity));
    }

    [Fact]
    public async Task Paid_once_a_transfer_that_broke_inside_a_segment_goes_on_where_it_stopped()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("ParallelFetches", "1"));
        _origin.Publish(_segments[0]);
        await Eventually.TrueAsync(() => box.Published == 1);
        long before = _link.DownBytes;
        const int cuts = 4;
        for (int i = 1; i <= cuts; i++)
        {
            // Somewhere inside this segment.
            _link.SeverAfter(_segments[i].Bytes.Length / 2);
            _origin.Publish(_segments[i]);
            await Eventually.TrueAsync(async () =>
            {
                _link.Join();
                await Task.Yield();
                return box.Published == i + 1;
            });
        }
        long media = _segments.Skip(1).Take(cuts).Sum(segment => (long)segment.Bytes.Length);
        long paid = _link.DownBytes - before;
        // The rest are lists and heads of answers, a few hundred bytes each; one cut segment fetched anew would be 50 kB more.
        Assert.InRange(paid, media, media + 40_000);
        Assert.Equal(_origin.Bytes, box.MediaBytes);
    }

    [Fact]
    public async Task Paid_once_over_the_wide_link_whatever_the_number_of_viewers()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("PollInterval", "00:00:01"));
        foreach (TsSegment segment in _segments)
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => box.Published == 10);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => Assert.Equal(_origin.Bytes, await box.WatchAsync())));
        Assert.InRange(_link.DownBytes, _origin.Bytes.Length, (long)(_origin.Bytes.Length * 1.03));
    }

    [Fact]
    public async Task A_playlist_with_garbage_changes_nothing()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port);
        _origin.Publish(_segments[0]);
        await Eventually.TrueAsync(() => box.Published == 1);
        string before = await box.Http.GetStringAsync("/live/fractions/index.m3u8");
        foreach (string garbage in (string[])["<html>", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:-1,\n0.ts\n", "", "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:2,\nhttp://elsewhere/1.ts\n#EXT-X-ENDLIST\n"])
        {
            _origin.Garbage = garbage;
            long asked = _link.UpBytes;
            await Eventually.TrueAsync(() => _link.UpBytes > asked + 300);
            Assert.Equal(before, await box.Http.GetStringAsync("/live/fractions/index.m3u8"));
        }
        _origin.Garbage = null;
        _origin.Publish(_segments[1]);
        await Eventually.TrueAsync(() => box.Published == 2);
    }

    [Fact]
    public async Task Nothing_damaged_is_shown_it_is_fetched_again()
    {
        int served = 0;
        _origin.Served = (_, bytes) =>
        {
            if (Interlocked.Increment(ref served) > 3)
                return bytes;
            byte[] damaged = bytes.ToArray();
            damaged[5000] ^= 1;
            return damaged;
        };
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("ParallelFetches", "1"));
        _origin.Publish(_segments[0]);
        await Eventually.TrueAsync(() => box.Published == 1);
        Assert.Equal(_origin.Bytes, await box.WatchAsync());
        Assert.Equal(4, served);
    }

    [Fact]
    public async Task A_segment_that_stays_damaged_is_given_up_and_the_lesson_goes_on()
    {
        _origin.Served = (sequence, bytes) => sequence == 1 ? bytes[188..] : bytes;
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("SegmentTries", "2"));
        foreach (TsSegment segment in _segments.Take(4))
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => box.Published == 3);
        Assert.Equal([false, true, false], (await box.PlaylistAsync())!.Segments.Select(segment => segment.Discontinuity));
    }

    [Fact]
    public async Task A_relay_that_restarts_is_followed_on()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port);
        _origin.Publish(_segments[0]);
        await Eventually.TrueAsync(() => box.Published == 1);
        await _origin.StopAsync();
        await _origin.StartAgainAsync();
        _origin.Publish(_segments[1], broken: true);
        await Eventually.TrueAsync(() => box.Published == 2);
        Assert.True((await box.PlaylistAsync())!.Segments[1].Discontinuity);
    }

    [Fact]
    public async Task A_relay_that_lost_its_store_begins_anew_and_our_numbers_go_on()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port);
        foreach (TsSegment segment in _segments.Take(3))
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => box.Published == 3);
        _origin.Forget("origin-2");
        foreach (TsSegment segment in _segments.Skip(3).Take(2))
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => box.Published == 5);
        MediaPlaylist list = (await box.PlaylistAsync())!;
        Assert.Equal([0, 1, 2, 3, 4], list.Segments.Select(segment => segment.Sequence));
        Assert.Equal([false, false, false, true, false], list.Segments.Select(segment => segment.Discontinuity));
    }

    [Fact]
    public async Task An_end_that_only_one_list_told_of_is_no_end()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port);
        _origin.Publish(_segments[0]);
        await Eventually.TrueAsync(() => box.Published == 1);
        _link.Sever();
        _link.Join();
        Assert.False((await box.PlaylistAsync())!.Ended);
        Assert.False(box.Lessons.IsComplete(LiveBox.Lesson));
    }

    [Fact]
    public async Task A_lesson_missed_altogether_is_fetched_afterwards()
    {
        foreach (TsSegment segment in _segments)
            _origin.Publish(segment);
        _origin.End();
        await using LiveBox box = await LiveBox.StartAsync(_link.Port);
        box.Plan = LiveBox.PlanWith(LessonStage.Ended);
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        Assert.Equal(_origin.Bytes, box.MediaBytes);
    }

    [Fact]
    public async Task Under_the_disk_reserve_nothing_is_fetched()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("ReserveBytes", "1000000000000"));
        _origin.Publish(_segments[0]);
        long asked = _link.UpBytes;
        await Eventually.TrueAsync(() => _link.UpBytes > asked + 2000);
        Assert.Equal(0, box.Published);
    }

    [Fact]
    public async Task Viewers_get_ranges_from_memory_and_from_disk_and_unknown_things_are_not_found()
    {
        await using LiveBox box = await LiveBox.StartAsync(_link.Port, ("MemoryBytes", "250000"));
        foreach (TsSegment segment in _segments)
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => box.Published == 10);
        Assert.Null(box.Recording!.Find(0)!.Value.Bytes);
        Assert.NotNull(box.Recording.Find(9)!.Value.Bytes);
        foreach (int sequence in (int[])[0, 9])
        {
            byte[] whole = _segments[sequence].Bytes.ToArray();
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/live/fractions/{sequence}.ts") { Headers = { { "Range", "bytes=1000-1999" } } };
            using HttpResponseMessage part = await box.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal($"bytes 1000-1999/{whole.Length}", part.Content.Headers.ContentRange!.ToString());
            Assert.Equal(whole[1000..2000], await part.Content.ReadAsByteArrayAsync());
            using var beyond = new HttpRequestMessage(HttpMethod.Get, $"/live/fractions/{sequence}.ts") { Headers = { { "Range", "bytes=99999999-" } } };
            Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, (await box.Http.SendAsync(beyond)).StatusCode);
            using var known = new HttpRequestMessage(HttpMethod.Get, $"/live/fractions/{sequence}.ts") { Headers = { { "If-None-Match", $"\"{ChunkId.Of(whole)}\"" } } };
            Assert.Equal(HttpStatusCode.NotModified, (await box.Http.SendAsync(known)).StatusCode);
        }
        foreach (string path in (string[])["/live/fractions/10.ts", "/live/fractions/-1.ts", "/live/other/index.m3u8", "/live/other/0.ts", "/live/other/recording.ts", "/live/..%2f..%2fetc/index.m3u8"])
            Assert.Equal(HttpStatusCode.NotFound, (await box.Http.GetAsync(path)).StatusCode);
    }
}
