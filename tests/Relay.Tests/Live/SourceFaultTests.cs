using System.Security.Cryptography;
using Edge.Core.Live;
using Relay.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>Sources that misbehave in the middle of a lesson. Each fault is seen within the patience, the fetching process is started anew, and the playlist goes on with one discontinuity.</summary>
public sealed class SourceFaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task A_source_that_closes_is_fetched_again()
    {
        await using var lesson = await FetchedLesson.StartAsync();
        int calls = lesson.Source.Calls;
        lesson.Source.Served = bytes => lesson.Source.Calls == calls ? null : bytes;
        await lesson.GoesOnWithOneDiscontinuityAsync();
    }

    [Fact]
    public async Task A_source_that_falls_silent_on_an_open_connection_is_fetched_again()
    {
        await using var lesson = await FetchedLesson.StartAsync();
        int calls = lesson.Source.Calls;
        lesson.Source.Served = bytes => lesson.Source.Calls == calls ? ReadOnlyMemory<byte>.Empty : bytes;
        await lesson.GoesOnWithOneDiscontinuityAsync();
    }

    [Fact]
    public async Task A_source_that_sends_garbage_is_fetched_again()
    {
        await using var lesson = await FetchedLesson.StartAsync();
        int calls = lesson.Source.Calls;
        var noise = new byte[20_000];
        RandomNumberGenerator.Fill(noise);
        lesson.Source.Served = bytes => lesson.Source.Calls == calls ? noise : bytes;
        await lesson.GoesOnWithOneDiscontinuityAsync();
    }

    [Fact]
    public async Task A_fetching_process_that_hangs_is_killed_and_replaced()
    {
        await using var lesson = await FetchedLesson.StartAsync();
        int process = lesson.Source.FetchingProcess();
        await TestVideo.RunAsync("kill", "-STOP", $"{process}");
        await lesson.GoesOnWithOneDiscontinuityAsync();
        Assert.NotEqual(process, lesson.Source.FetchingProcess());
    }

    [Fact]
    public async Task A_fetching_process_that_dies_is_replaced()
    {
        await using var lesson = await FetchedLesson.StartAsync();
        await TestVideo.RunAsync("kill", "-KILL", $"{lesson.Source.FetchingProcess()}");
        await lesson.GoesOnWithOneDiscontinuityAsync();
    }

    [Fact]
    public async Task A_source_that_flaps_is_asked_less_and_less_often()
    {
        await using var lesson = await FetchedLesson.StartAsync();
        int calls = lesson.Source.Calls;
        lesson.Source.Served = _ => null;
        await Task.Delay(TimeSpan.FromSeconds(8), TimeProvider.System);
        // After 0.5, 1, 2 and 4 s, each with the time that ffmpeg takes.
        Assert.InRange(lesson.Source.Calls - calls, 2, 5);
        lesson.Source.Served = bytes => bytes;
        await lesson.GoesOnWithOneDiscontinuityAsync();
    }

    [Fact]
    public async Task A_picture_that_browsers_cannot_show_is_refused_and_said_so()
    {
        byte[] old = await TestVideo.EncodeAsync("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=8", "-c:v", "mpeg2video", "-g", "25");
        await using StreamServer source = StreamServer.Start(old, TimeSpan.FromSeconds(8));
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([], ("EncoderSilence", "00:00:04"));
        await relay.ScheduleFetchedAsync("fractions", source.Address);
        await Eventually.TrueAsync(() => relay.Cameras("fractions")[0].Stage == CameraStage.WrongCodec);
        await Eventually.TrueAsync(() => source.Calls >= 2);
        Assert.Equal(0, relay.Published("fractions"));
    }

    [Fact]
    public async Task A_stream_of_26_hours_turns_its_clock_over_without_a_break()
    {
        byte[] aged = await TestVideo.MakeAsync(10, keyFrameEvery: 25, startSeconds: "95440.7");
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        string ingest = await relay.ScheduleAsync("fractions");
        await relay.SendAsync(ingest, aged);
        MediaPlaylist list = await relay.ListAsync("fractions");
        Assert.All(list.Segments, segment => Assert.False(segment.Discontinuity));
        Assert.Equal(10.0, list.Segments.Sum(segment => segment.Duration.TotalSeconds), tolerance: 0.05);
    }

    private sealed class FetchedLesson : IAsyncDisposable
    {
        private FetchedLesson(StreamServer source, LiveRelay relay) => (Source, Relay) = (source, relay);

        public StreamServer Source { get; }

        public LiveRelay Relay { get; }

        public static async Task<FetchedLesson> StartAsync()
        {
            byte[] stream = await TestVideo.MakeAsync(60, keyFrameEvery: 25);
            var lesson = new FetchedLesson(StreamServer.Start(stream, TimeSpan.FromSeconds(60)), await LiveRelay.StartWithRoadsAsync([], ("EncoderSilence", Patience.ToString())));
            await lesson.Relay.ScheduleFetchedAsync("fractions", lesson.Source.Address);
            await lesson.Relay.PublishedAsync("fractions", 2);
            return lesson;
        }

        public async Task GoesOnWithOneDiscontinuityAsync()
        {
            long before = Relay.Published("fractions");
            await Eventually.TrueAsync(async () => (await Relay.ListAsync("fractions")).Segments.Skip((int)before - 1).Any(segment => segment.Discontinuity));
            await Relay.PublishedAsync("fractions", Relay.Published("fractions") + 2);
            Assert.Equal(1, (await Relay.ListAsync("fractions")).Segments.Count(segment => segment.Discontinuity));
        }

        public async ValueTask DisposeAsync()
        {
            await Relay.DisposeAsync();
            await Source.DisposeAsync();
        }
    }
}
