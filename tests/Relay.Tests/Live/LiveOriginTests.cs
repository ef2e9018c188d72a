using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Edge.Core.Content;
using Edge.Core.Live;
using Relay.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Relay.Tests.Live;

public sealed class LiveOriginTests
{
    [Fact]
    public async Task The_lesson_plays_from_a_real_encoder_with_lengths_and_hashes_that_are_true()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await relay.Http.GetAsync("/live/fractions/index.m3u8")).StatusCode);
        await TestVideo.RunAsync("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=7",
            "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-f", "mpegts", "-method", "POST", new Uri(relay.Http.BaseAddress!, ingest).ToString());
        // ffmpeg does not wait for the answer to its request.
        await Eventually.TrueAsync(() => relay.Get<LiveOrigin>().Window(relay.Get<LessonStore>().Find("fractions")!).Next == 4);

        MediaPlaylist list = await relay.ListAsync("fractions");
        Assert.Equal([2.0, 2.0, 2.0, 1.0], list.Segments.Select(segment => Math.Round(segment.Duration.TotalSeconds, 2)));
        Assert.Equal(TimeSpan.FromSeconds(4), list.TargetDuration);
        Assert.False(list.Ended);
        foreach (ListedSegment entry in list.Segments)
        {
            byte[] bytes = await relay.Http.GetByteArrayAsync($"/live/fractions/{entry.Uri}");
            Assert.Equal((entry.LengthBytes, entry.Hash), (bytes.Length, ChunkId.Of(bytes)));
            Assert.Equal(SegmentFault.None, SegmentCheck.Check(bytes));
        }
        Assert.Equal(LessonStage.Running, relay.Get<LessonStore>().Find("fractions")!.Stage);
        Assert.Equal(2, relay.PlanChanges); // scheduled, begun
    }

    [Fact]
    public async Task An_encoder_that_comes_back_continues_the_lesson_after_a_discontinuity()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        byte[] video = await TestVideo.MakeAsync(5, keyFrameEvery: 50);
        await relay.SendAsync(ingest, video);
        await relay.SendAsync(ingest, video);
        MediaPlaylist list = await relay.ListAsync("fractions");
        Assert.Equal([false, false, false, true, false, false], list.Segments.Select(segment => segment.Discontinuity));
        Assert.Equal([0, 1, 2, 3, 4, 5], list.Segments.Select(segment => segment.Sequence));
        AssertDatesRise(list);
    }

    [Fact]
    public async Task The_last_connection_wins_over_one_that_hangs()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        byte[] video = await TestVideo.MakeAsync(5, keyFrameEvery: 50);
        using var hanging = new HangingContent(video);
        Task first = relay.Http.PostAsync(ingest, hanging).ContinueWith(_ => { }, TaskScheduler.Default);
        await Eventually.TrueAsync(() => relay.Get<LiveOrigin>().Window(relay.Get<LessonStore>().Find("fractions")!).Next == 2);
        Assert.Equal(HttpStatusCode.OK, (await relay.SendAsync(ingest, video)).StatusCode);
        await first;
        Assert.Equal([false, false, false, true, false, false], (await relay.ListAsync("fractions")).Segments.Select(segment => segment.Discontinuity));
    }

    [Fact]
    public async Task A_silent_encoder_is_cut_off_and_what_it_sent_is_kept()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync(("EncoderSilence", "00:00:01"));
        string ingest = await relay.ScheduleAsync("fractions");
        using var hanging = new HangingContent(await TestVideo.MakeAsync(5, keyFrameEvery: 50));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => relay.Http.PostAsync(ingest, hanging));
        Assert.Equal(3, (await relay.ListAsync("fractions")).Segments.Length);
    }

    [Fact]
    public async Task Ending_a_lesson_closes_its_lists_for_good()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        await relay.SendAsync(ingest, await TestVideo.MakeAsync(5, keyFrameEvery: 50));
        await relay.PostAsync("/api/lessons/fractions/end", new { });
        Assert.True((await relay.ListAsync("fractions")).Ended);
        Assert.True((await relay.ListAsync("fractions", "recording.m3u8")).Ended);
        Assert.Equal(HttpStatusCode.Gone, (await relay.SendAsync(ingest, [])).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await relay.Http.PostAsync("/api/lessons/fractions/end", null)).StatusCode);
        Assert.Equal(3, relay.PlanChanges);
    }

    [Fact]
    public async Task A_lesson_whose_time_is_over_and_whose_encoder_is_gone_ends_by_itself()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync(("EndGrace", "00:00:01"));
        string ingest = await relay.ScheduleAsync("fractions");
        await relay.SendAsync(ingest, await TestVideo.MakeAsync(3, keyFrameEvery: 50));
        await Eventually.TrueAsync(() => relay.Get<LessonStore>().Find("fractions")!.Stage == LessonStage.Ended);
        Assert.True((await relay.ListAsync("fractions")).Ended);
    }

    [Fact]
    public async Task Unplug_at_any_instant_and_the_numbering_continues_with_whole_segments_only()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        byte[] video = await TestVideo.MakeAsync(5, keyFrameEvery: 50);
        await relay.SendAsync(ingest, video);
        MediaPlaylist before = await relay.ListAsync("fractions");
        await relay.StopAsync();
        // What a power cut leaves: half a segment under its temporary name, and a whole one that the index never heard of.
        await using (FileStream torn = File.Create(Path.Combine(relay.Folder, "fractions", "3.ts.tmp")))
            torn.SetLength(777);
        File.Copy(Path.Combine(relay.Folder, "fractions", "0.ts"), Path.Combine(relay.Folder, "fractions", "3.ts"));
        await relay.StartAgainAsync();

        MediaPlaylist after = await relay.ListAsync("fractions");
        Assert.Equal(before.Segments.AsEnumerable(), after.Segments);
        Assert.Equal(before.Origin, after.Origin);
        Assert.Equal(HttpStatusCode.NotFound, (await relay.Http.GetAsync("/live/fractions/3.ts")).StatusCode);
        await relay.SendAsync(ingest, video);
        after = await relay.ListAsync("fractions");
        Assert.Equal([0, 1, 2, 3, 4, 5], after.Segments.Select(segment => segment.Sequence));
        Assert.True(after.Segments[3].Discontinuity);
        AssertDatesRise(after);
        foreach (ListedSegment entry in after.Segments)
            Assert.Equal(entry.Hash, ChunkId.Of(await relay.Http.GetByteArrayAsync($"/live/fractions/{entry.Uri}")));
    }

    [Fact]
    public async Task Boxes_get_lists_compressed_unchanged_ones_not_again_and_segments_by_range()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        await relay.SendAsync(ingest, await TestVideo.Lesson20sAsync());
        using var ask = new HttpRequestMessage(HttpMethod.Get, "/live/fractions/index.m3u8") { Headers = { AcceptEncoding = { new StringWithQualityHeaderValue("gzip") } } };
        using HttpResponseMessage packed = await relay.Http.SendAsync(ask);
        Assert.Equal("gzip", packed.Content.Headers.ContentEncoding.Single());
        using var again = new HttpRequestMessage(HttpMethod.Get, "/live/fractions/index.m3u8");
        again.Headers.AcceptEncoding.ParseAdd("gzip");
        again.Headers.IfNoneMatch.Add(packed.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await relay.Http.SendAsync(again)).StatusCode);

        byte[] whole = await relay.Http.GetByteArrayAsync("/live/fractions/4.ts");
        using var rest = new HttpRequestMessage(HttpMethod.Get, "/live/fractions/4.ts");
        rest.Headers.Range = new RangeHeaderValue(1000, null);
        rest.Headers.IfRange = new RangeConditionHeaderValue($"\"{ChunkId.Of(whole)}\"");
        using HttpResponseMessage part = await relay.Http.SendAsync(rest);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(whole[1000..], await part.Content.ReadAsByteArrayAsync());
        Assert.Contains("immutable", part.Headers.CacheControl!.ToString());
    }

    [Fact]
    public async Task A_lesson_for_other_schools_does_not_exist_for_a_box()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions", "south");
        await relay.SendAsync(ingest, await TestVideo.MakeAsync(3, keyFrameEvery: 50));
        foreach (string path in (string[])["index.m3u8", "recording.m3u8", "0.ts"])
            Assert.Equal(HttpStatusCode.NotFound, (await relay.Http.GetAsync($"/live/fractions/{path}")).StatusCode);
        Assert.Empty(relay.Get<LessonStore>().LessonsOf("north"));
        Assert.Equal("fractions", Assert.Single(relay.Get<LessonStore>().LessonsOf("south")).Id);
    }

    [Theory]
    [InlineData("""{"title":{"en":"x"},"class":"3A","subject":"m","start":"2026-03-02T08:00:00Z","duration":"00:00:00"}""")]
    [InlineData("""{"title":{},"class":"3A","subject":"m","start":"2026-03-02T08:00:00Z","duration":"00:45:00"}""")]
    [InlineData("""{"id":"../etc","title":{"en":"x"},"class":"3A","subject":"m","start":"2026-03-02T08:00:00Z","duration":"00:45:00"}""")]
    [InlineData("""{"title":{"en":"x"},"class":"","subject":"m","start":"2026-03-02T08:00:00Z","duration":"00:45:00"}""")]
    [InlineData("""{"title":{"en":"x"},"class":"3A","subject":"m","start":"2026-03-02T08:00:00Z","duration":"00:45:00","polls":[{"question":{"en":"q"},"options":[{"en":"a"}]}]}""")]
    [InlineData("""{"title":{"en":"x"},"class":"3A","subject":"m","start":"2026-03-02T08:00:00Z","duration":"00:45:00","kit":"../kit"}""")]
    [InlineData("{")]
    public async Task A_lesson_that_makes_no_sense_is_refused_and_changes_nothing(string request)
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        using var body = new StringContent(request, null, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await relay.Http.PostAsync("/api/lessons", body)).StatusCode);
        Assert.Empty(relay.Get<LessonStore>().All());
    }

    [Fact]
    public async Task A_lesson_to_come_may_be_changed_and_keeps_its_ingest_address()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        Assert.Equal(ingest, await relay.ScheduleAsync("fractions", "south"));
        Assert.Equal(["south"], relay.Get<LessonStore>().Find("fractions")!.Schools!.Value.AsEnumerable());
        JsonElement lesson = (await relay.Http.GetFromJsonAsync<JsonElement>("/api/lessons"))[0];
        Assert.Equal("Planned", lesson.GetProperty("lesson").GetProperty("stage").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await relay.SendAsync("/ingest/nobody", [])).StatusCode);
    }

    [Fact]
    public async Task Rubbish_from_an_encoder_publishes_nothing()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        byte[] rubbish = new byte[1_000_000];
        Array.Fill(rubbish, (byte)0x47);
        Assert.Equal(HttpStatusCode.OK, (await relay.SendAsync(ingest, rubbish)).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await relay.Http.GetAsync("/live/fractions/index.m3u8")).StatusCode);
    }

    private static void AssertDatesRise(MediaPlaylist list)
    {
        ImmutableArray<ListedSegment> entries = list.Segments;
        for (int i = 1; i < entries.Length; i++)
            Assert.True(entries[i].ProgramTime >= entries[i - 1].ProgramTime + entries[i - 1].Duration - TimeSpan.FromMilliseconds(2));
    }

    /// <summary>An encoder that sends and then hangs on the line.</summary>
    private sealed class HangingContent(byte[] bytes) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes);
            await stream.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
