using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using Edge.Core.Content;
using Edge.Core.Live;
using TestKit;
using TestKit.Live;
using TestKit.Processes;
using Xunit;

namespace Edge.Box.Tests.Live;

/// <summary>Lessons that a school takes in by itself, from real senders.</summary>
public sealed class LessonInputTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-03-02T08:00:00Z", CultureInfo.InvariantCulture);

    /// <summary>RTP too is in the relay's tests: the socket is the same.</summary>
    public static TheoryData<string, string> Datagrams => Fuzz.IsLong ? new() { Udp, { "rtp", "-f rtp_mpegts rtp://127.0.0.1:{0}?pkt_size=1328" } } : new() { Udp };

    private static (string, string) Udp => ("udp", "-f mpegts udp://127.0.0.1:{0}?pkt_size=1316");

    [Theory, MemberData(nameof(Datagrams))]
    public async Task The_lesson_plays_from_datagrams_and_ends_as_a_recording(string scheme, string to)
    {
        int port = FreePort.Take();
        await using LiveBox box = await StartAsync($"{scheme}://127.0.0.1:{port}");
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, string.Format(CultureInfo.InvariantCulture, to, port).Split(' '));
        await Eventually.TrueAsync(() => box.Published >= 3);
        MediaPlaylist list = (await box.PlaylistAsync())!;
        Assert.All(list.Segments, segment => Assert.False(segment.Discontinuity));
        Assert.All(list.Segments, segment => Assert.InRange(segment.Duration.TotalSeconds, 0.9, 1.1));
        Assert.Equal(LiveStage.Live, box.Lessons.State(LiveBox.Lesson).Stage);
        Assert.InRange((await TestVideo.PictureTimesAsync(await box.WatchAsync())).Count, 50, int.MaxValue);
        // Its time is over.
        box.Now = Start + TimeSpan.FromMinutes(45) + RestreamChoice.Overrun;
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        Assert.True((await box.PlaylistAsync())!.Ended);
        var summary = Assert.Single(box.Lessons.Recordings);
        Assert.Equal((true, TimeSpan.Zero), (summary.Filled, summary.Missing));
    }

    public static TheoryData<string, string> Encoders => Fuzz.IsLong ? new() { Srt, { "rtmp", "-f flv -listen 1 {0}" } } : new() { Srt };

    private static (string, string) Srt => ("srt", "-f mpegts {0}?mode=listener");

    [Theory, MemberData(nameof(Encoders))]
    public async Task The_lesson_plays_from_an_encoder_that_is_called(string scheme, string to)
    {
        string source = $"{scheme}://127.0.0.1:{FreePort.Take()}/lesson";
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, string.Format(CultureInfo.InvariantCulture, to, source).Split(' '));
        // It listens once only: a call that is broken off on a slow machine would be the last.
        await using LiveBox box = await StartAsync(source, ("Input:Patience", "00:01:00"));
        await Eventually.TrueAsync(() => box.Published >= 3);
        Assert.All((await box.PlaylistAsync())!.Segments.Skip(1), segment => Assert.False(segment.Discontinuity));
    }

    [Fact]
    public async Task The_lesson_plays_from_a_camera_that_speaks_rtsp()
    {
        await using RtspCamera camera = await RtspCamera.StartAsync(await TestVideo.MakeAsync(30, keyFrameEvery: 25));
        await using LiveBox box = await StartAsync(camera.Address, ("Input:Patience", "00:00:10"));
        await Eventually.TrueAsync(() => box.Published >= 3);
    }

    [Fact]
    public async Task The_lesson_plays_from_a_satellite_receiver()
    {
        await using SatIpServer receiver = SatIpServer.Start(await TestVideo.MakeAsync(20, keyFrameEvery: 25), TimeSpan.FromSeconds(20));
        await using LiveBox box = await StartAsync(receiver.Address, ("Input:Patience", "00:00:10"));
        await Eventually.TrueAsync(() => box.Published >= 3);
        Assert.Contains("freq=11494&pol=h&msys=dvbs2&sr=22000&pids=all", receiver.Asked);
        Assert.All((await box.PlaylistAsync())!.Segments, segment => Assert.False(segment.Discontinuity));
    }

    [Fact]
    public async Task A_lost_source_holds_the_lesson_and_it_goes_on_after_one_break_over_a_restart_of_the_box()
    {
        int port = FreePort.Take();
        string[] to = ["-f", "mpegts", $"udp://127.0.0.1:{port}?pkt_size=1316"];
        await using LiveBox box = await StartAsync($"udp://127.0.0.1:{port}", ("LostAfter", "00:00:02"));
        await using (LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, to))
            await Eventually.TrueAsync(() => box.Published >= 3);
        await Eventually.TrueAsync(() => box.Lessons.State(LiveBox.Lesson).Stage == LiveStage.Lost);
        MediaPlaylist held = (await box.PlaylistAsync())!;
        Assert.False(held.Ended);
        await box.StopAsync();
        await box.StartAgainAsync();
        MediaPlaylist kept = (await box.PlaylistAsync())!;
        Assert.Equal(held.Segments, kept.Segments.Take(held.Segments.Length));
        // What was open when the source went is published when the box stops.
        Assert.InRange(kept.Segments.Length - held.Segments.Length, 0, 1);
        held = kept;
        await using (LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, to))
        {
            await Eventually.TrueAsync(() => box.Published >= held.Next + 2);
            await Eventually.TrueAsync(() => box.Lessons.State(LiveBox.Lesson).Stage == LiveStage.Live);
        }
        MediaPlaylist list = (await box.PlaylistAsync())!;
        Assert.Equal(held.Segments, list.Segments.Take(held.Segments.Length));
        Assert.Equal(Enumerable.Range(0, list.Segments.Length).Select(number => (long)number), list.Segments.Select(segment => segment.Sequence));
        Assert.Equal([held.Next], list.Segments.Where(segment => segment.Discontinuity).Select(segment => segment.Sequence));
    }

    public static TheoryData<string> Faults => Fuzz.IsLong ? ["closes", "silent", "garbage", "hangs", "dies"] : ["garbage"];

    [Theory, MemberData(nameof(Faults))]
    public async Task A_source_that_fails_is_asked_anew_and_the_list_goes_on_after_one_break(string fault)
    {
        await using StreamServer source = StreamServer.Start(await TestVideo.MakeAsync(60, keyFrameEvery: 25), TimeSpan.FromSeconds(60));
        await using LiveBox box = await StartAsync(source.Address);
        await Eventually.TrueAsync(() => box.Published >= 2);
        int calls = source.Calls;
        byte[] noise = RandomNumberGenerator.GetBytes(20_000);
        source.Served = bytes => source.Calls != calls ? bytes : fault switch { "closes" => null, "silent" => ReadOnlyMemory<byte>.Empty, "garbage" => noise, _ => bytes };
        int process = source.FetchingProcess();
        if (fault is "hangs" or "dies")
            await TestVideo.RunAsync("kill", fault == "hangs" ? "-STOP" : "-KILL", $"{process}");
        await Eventually.TrueAsync(async () => (await box.PlaylistAsync())!.Segments is var segments && segments.Any(segment => segment.Discontinuity) && !segments.TakeLast(2).Any(segment => segment.Discontinuity));
        MediaPlaylist list = (await box.PlaylistAsync())!;
        Assert.Single(list.Segments, segment => segment.Discontinuity);
        Assert.NotEqual(process, source.FetchingProcess());
    }

    [Fact]
    public async Task A_picture_that_browsers_cannot_show_is_not_published()
    {
        byte[] old = await TestVideo.EncodeAsync("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=8", "-c:v", "mpeg2video", "-g", "25");
        await using StreamServer source = StreamServer.Start(old, TimeSpan.FromSeconds(8));
        await using LiveBox box = await StartAsync(source.Address);
        await Eventually.TrueAsync(() => source.Calls >= 2);
        Assert.Equal(0, box.Published);
    }

    [Fact]
    public async Task A_dead_source_gives_way_to_the_relays_copy_until_it_is_good_again()
    {
        await using SimulatedOrigin relay = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        ImmutableArray<TsSegment> segments = SimulatedOrigin.Cut(await TestVideo.Lesson20sAsync());
        await using StreamServer source = StreamServer.Start(await TestVideo.MakeAsync(60, keyFrameEvery: 25), TimeSpan.FromSeconds(60));
        await using LiveBox box = await StartAsync(source.Address, relay.Port, ("Input:RelayAfter", "00:00:02"), ("Input:ReturnAfter", "00:00:02"), ("MostBehind", "12:00:00"));
        await Eventually.TrueAsync(() => box.Published >= 2);
        source.Served = _ => null;
        relay.Publish(segments[0]);
        relay.Publish(segments[1]);
        await Eventually.TrueAsync(() => box.Recording!.Entries.Any(entry => entry.Origin == relay.Origin));
        source.Served = bytes => bytes;
        await Eventually.TrueAsync(() => box.Recording!.Entries[^1].Origin != relay.Origin);
        ImmutableArray<JournalEntry> entries = box.Recording!.Entries;
        for (int i = 1; i < entries.Length; i++)
            Assert.True(entries[i].Segment.Discontinuity || entries[i].Origin == entries[i - 1].Origin);
    }

    [Fact]
    public async Task Nothing_is_published_before_the_bell()
    {
        int port = FreePort.Take();
        await using LiveBox box = await StartAsync($"udp://127.0.0.1:{port}");
        box.Now = Start - TimeSpan.FromSeconds(60);
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: false, "-f", "mpegts", $"udp://127.0.0.1:{port}?pkt_size=1316");
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        Assert.Equal(0, box.Published);
        box.Now = Start;
        await Eventually.TrueAsync(() => box.Published >= 1);
        Assert.Equal(Start, box.Recording!.Window.Segments[0].ProgramTime, TimeSpan.FromSeconds(2));
    }

    private static Task<LiveBox> StartAsync(string source, params (string Name, string Value)[] settings) => StartAsync(source, 1, settings);

    /// <param name="relayPort">1: no relay answers there.</param>
    private static async Task<LiveBox> StartAsync(string source, int relayPort, params (string Name, string Value)[] settings)
    {
        LiveBox box = await LiveBox.StartAsync(relayPort, [("Input:SegmentDuration", "00:00:01"), ("Input:Patience", "00:00:02"), .. settings]);
        box.Plan = PlanWith(LessonStage.Planned, source);
        return box;
    }

    private static SitePlan PlanWith(LessonStage stage, string? source)
    {
        SitePlan plan = LiveBox.PlanWith(stage);
        return plan with { Lessons = [plan.Lessons[0] with { Source = source }] };
    }
}
