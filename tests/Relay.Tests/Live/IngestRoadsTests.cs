using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Edge.Core.Live;
using Relay.Live;
using Relay.Live.Srt;
using TestKit;
using TestKit.Live;
using TestKit.Processes;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>Real encoders by each road.</summary>
public sealed class IngestRoadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_encoder_sends_by_rtmp_with_its_stream_key()
    {
        int port = FreePort.Take();
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([("Address", "127.0.0.1"), ("RtmpPort", $"{port}")]);
        string key = KeyOf(await relay.ScheduleAsync("fractions"));
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, "-f", "flv", $"rtmp://127.0.0.1:{port}/live/{key}");
        await relay.PublishedAsync("fractions", 3);
        MediaPlaylist list = await relay.ListAsync("fractions");
        Assert.All(list.Segments, segment => Assert.InRange(segment.Duration.TotalSeconds, 0.9, 1.1));
        Assert.All(list.Segments, segment => Assert.False(segment.Discontinuity));
        CameraState camera = Assert.Single(relay.Cameras("fractions"));
        Assert.Equal((CameraStage.Good, true), (camera.Stage, camera.OnAir));
        Assert.Equal([0x0F, 0x1B], camera.Program!.Tracks.Select(track => (int)track.StreamType).Order());
    }

    [Fact]
    public async Task A_stream_key_that_nobody_has_is_refused()
    {
        int port = FreePort.Take();
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([("Address", "127.0.0.1"), ("RtmpPort", $"{port}")]);
        await relay.ScheduleAsync("fractions");
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: false, "-f", "flv", $"rtmp://127.0.0.1:{port}/live/guessed");
        await Eventually.TrueAsync(() => !encoder.Running, Patience);
        Assert.Contains("no lesson has this stream key", encoder.Said);
    }

    [Fact]
    public async Task An_encoder_sends_by_srt_with_its_key_as_stream_id()
    {
        int port = FreePort.Take();
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([("Address", "127.0.0.1"), ("SrtPort", $"{port}"), ("SrtPassphrase", "alessonforall")]);
        string key = KeyOf(await relay.ScheduleAsync("fractions"));
        await using LiveEncoder encoder = await CallAsync(port, key, "&passphrase=alessonforall");
        await relay.PublishedAsync("fractions", 3);
        Assert.Equal(CameraStage.Good, Assert.Single(relay.Cameras("fractions")).Stage);
        await Eventually.TrueAsync(() => relay.Get<SrtGate>().Of(key) is { Received: > 0 }, Patience);
        // Its own wish was 120 ms.
        Assert.Equal(SrtLatency.Least, relay.Get<SrtGate>().Of(key)!.Value.Latency);
        // Staff see how its way is.
        await Eventually.TrueAsync(async () => (await relay.Http.GetFromJsonAsync<JsonElement>("/api/lessons/fractions")).GetProperty("cameras")[0].GetProperty("srt") is { ValueKind: JsonValueKind.Object } shown
            && shown.GetProperty("latencyMilliseconds").GetDouble() == 1000 && shown.GetProperty("roundTripMilliseconds").GetDouble() > 0 && shown.GetProperty("lostPercent").GetDouble() >= 0, Patience);
    }

    [Fact]
    public async Task An_srt_stream_id_that_nobody_has_is_let_go()
    {
        int port = FreePort.Take();
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([("Address", "127.0.0.1"), ("SrtPort", $"{port}")]);
        await relay.ScheduleAsync("fractions");
        await using LiveEncoder encoder = await CallAsync(port, "guessed", "");
        await Eventually.TrueAsync(() => !encoder.Running, Patience);
        Assert.Equal(0, relay.Published("fractions"));
    }

    [Theory]
    [InlineData("udp", "-f mpegts udp://127.0.0.1:{0}?pkt_size=1316")]
    [InlineData("rtp", "-f rtp_mpegts rtp://127.0.0.1:{0}?pkt_size=1328")]
    public async Task The_relay_listens_for_datagrams(string scheme, string to)
    {
        int port = FreePort.Take();
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        await relay.ScheduleFetchedAsync("fractions", $"{scheme}://127.0.0.1:{port}");
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, string.Format(CultureInfo.InvariantCulture, to, port).Split(' '));
        await relay.PublishedAsync("fractions", 3);
        Assert.All((await relay.ListAsync("fractions")).Segments.Skip(1), segment => Assert.False(segment.Discontinuity));
    }

    [Fact]
    public async Task The_relay_fetches_hls()
    {
        await using LiveRelay school = await LiveRelay.StartWithRoadsAsync([]);
        string ingest = await school.ScheduleAsync("assembly");
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, "-f", "mpegts", "-method", "POST", new Uri(school.Http.BaseAddress!, ingest).ToString());
        await school.PublishedAsync("assembly", 3);
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        await relay.ScheduleFetchedAsync("fractions", $"{school.Http.BaseAddress}live/assembly/index.m3u8");
        await relay.PublishedAsync("fractions", 3);
    }

    [Theory]
    [InlineData("srt", "-f mpegts {0}?mode=listener")]
    [InlineData("rtmp", "-f flv -listen 1 {0}")]
    public async Task The_relay_calls_an_encoder_that_listens(string scheme, string to)
    {
        string source = $"{scheme}://127.0.0.1:{FreePort.Take()}/lesson";
        await using LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, string.Format(CultureInfo.InvariantCulture, to, source).Split(' '));
        // It listens once only: a call that is broken off on a slow machine would be the last.
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([], ("EncoderSilence", "00:01:00"));
        await relay.ScheduleFetchedAsync("fractions", source);
        await relay.PublishedAsync("fractions", 3);
        Assert.All((await relay.ListAsync("fractions")).Segments.Skip(1), segment => Assert.False(segment.Discontinuity));
    }

    [Fact]
    public async Task The_relay_fetches_from_a_camera_that_speaks_rtsp()
    {
        await using RtspCamera camera = await RtspCamera.StartAsync(await TestVideo.MakeAsync(30, keyFrameEvery: 25));
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        await relay.ScheduleFetchedAsync("fractions", camera.Address);
        await relay.PublishedAsync("fractions", 3);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("concat:/etc/passwd|http://x/")]
    [InlineData("udp://239.1.1.1")]
    [InlineData("http://x/ -f null")]
    [InlineData("ftp://x/y.ts")]
    public async Task A_source_that_is_no_stream_is_refused(string source)
    {
        await using LiveRelay relay = await LiveRelay.StartWithRoadsAsync([]);
        using HttpResponseMessage answer = await relay.Http.PostAsJsonAsync("/api/lessons", new
        {
            title = new { en = "x" },
            @class = "3A",
            subject = "m",
            start = "2026-03-02T08:00:00Z",
            duration = "00:45:00",
            source,
        });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    /// <summary>A caller that comes before the listener is up goes away: it is called again, as encoders do.</summary>
    private static async Task<LiveEncoder> CallAsync(int port, string key, string more)
    {
        while (true)
        {
            LiveEncoder encoder = await LiveEncoder.StartAsync(sound: true, "-f", "mpegts", $"srt://127.0.0.1:{port}?streamid={key}&latency=120000{more}");
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
            if (encoder.Running || !encoder.Said.Contains("Connection", StringComparison.Ordinal))
                return encoder;
            await encoder.DisposeAsync();
        }
    }

    private static string KeyOf(string ingest) => ingest[(ingest.LastIndexOf('/') + 1)..];
}
