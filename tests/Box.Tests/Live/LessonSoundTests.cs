using System.Collections.Immutable;
using System.Net;
using Edge.Core.Live;
using Microsoft.Playwright;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

/// <summary>A lesson in two languages: from an encoder's two sound tracks to a press in the browser. Chinese is a low tone, English a high one.</summary>
public sealed class LessonSoundTests : IAsyncLifetime
{
    private SimulatedOrigin _origin = null!;
    private LiveBox _box = null!;

    public async ValueTask InitializeAsync()
    {
        _origin = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        _box = await LiveBox.StartAsync(_origin.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task Each_language_is_a_rendition_and_the_first_stays_in_the_segments()
    {
        await PublishAsync(await BilingualAsync());
        Assert.Equal("""[{"language":"chi","name":"中文"},{"language":"eng","name":"English"}]""", System.Text.RegularExpressions.Regex.Unescape(await _box.Http.GetStringAsync("/live/fractions/sounds.json")));
        string main = await _box.Http.GetStringAsync("/live/fractions/main.m3u8");
        Assert.Contains("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"中文\",LANGUAGE=\"zh\",AUTOSELECT=YES,DEFAULT=YES\n", main, StringComparison.Ordinal);
        Assert.Contains("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"sound\",NAME=\"English\",LANGUAGE=\"en\",AUTOSELECT=YES,DEFAULT=NO,URI=\"sound-eng.m3u8\"\n", main, StringComparison.Ordinal);
        Assert.EndsWith(",AUDIO=\"sound\"\nindex.m3u8\n", main, StringComparison.Ordinal);

        Assert.True(PlaylistText.TryRead(await _box.Http.GetByteArrayAsync("/live/fractions/sound-eng.m3u8"), out MediaPlaylist list, out _));
        MediaPlaylist pictures = (await _box.PlaylistAsync())!;
        // The same cuts, times and numbers.
        Assert.Equal(pictures.Segments.Select(entry => entry with { Uri = "" }), list.Segments.Select(entry => entry with { Uri = "" }));
        Assert.Equal("0-eng.ts", list.Segments[0].Uri);
        byte[] sound = await _box.Http.GetByteArrayAsync("/live/fractions/0-eng.ts");
        Assert.Equal(SegmentFault.None, SegmentCheck.Check(sound));
        Assert.InRange(sound.Length, 5_000, 40_000);
        Assert.Equal(["eng"], TsAudio.Of(sound).Select(track => track.Language));
        Assert.Equal(HttpStatusCode.NotFound, (await _box.Http.GetAsync("/live/fractions/sound-fra.m3u8")).StatusCode);
    }

    [Fact]
    public async Task A_lesson_in_one_language_has_nothing_to_choose()
    {
        await PublishAsync(await TestVideo.Lesson20sAsync());
        Assert.Equal("[]", await _box.Http.GetStringAsync("/live/fractions/sounds.json"));
        Assert.DoesNotContain("EXT-X-MEDIA:", await _box.Http.GetStringAsync("/live/fractions/main.m3u8"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_press_changes_the_language_and_the_lesson_goes_on()
    {
        await PublishAsync(await BilingualAsync());
        _origin.End();
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        });
        IPage page = await browser.NewPageAsync();
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        await page.GotoAsync(new Uri(_box.Http.BaseAddress!, "/test").ToString());
        await page.EvaluateAsync("""
            () => {
              const video = document.getElementById('lesson-video'), context = new AudioContext(), ear = context.createAnalyser();
              video.muted = false;
              ear.fftSize = 4096;
              context.createMediaElementSource(video).connect(ear);
              ear.connect(context.destination);
              window.tone = () => {
                const bins = new Uint8Array(ear.frequencyBinCount);
                ear.getByteFrequencyData(bins);
                const loudest = bins.indexOf(Math.max(...bins));
                return bins[loudest] > 50 ? loudest * context.sampleRate / ear.fftSize : 0;
              };
            }
            """);
        await Eventually.TrueAsync(async () => await ToneAsync(page) is > 250 and < 350);
        Assert.Equal("true", await page.GetAttributeAsync("#lesson-sounds button[lang=chi]", "aria-pressed"));
        await page.ClickAsync("#lesson-sounds button[lang=eng]");
        await Eventually.TrueAsync(async () => await ToneAsync(page) is > 850 and < 950, TimeSpan.FromSeconds(15));
        double at = await page.EvaluateAsync<double>("document.getElementById('lesson-video').currentTime");
        await Eventually.TrueAsync(async () => await page.EvaluateAsync<double>("document.getElementById('lesson-video').currentTime") > at + 1);
        await page.ClickAsync("#lesson-sounds button[lang=chi]");
        await Eventually.TrueAsync(async () => await ToneAsync(page) is > 250 and < 350, TimeSpan.FromSeconds(15));
        Assert.Empty(errors);
    }

    private static Task<double> ToneAsync(IPage page) => page.EvaluateAsync<double>("window.tone()");

    private static Task<byte[]> BilingualAsync() => TestVideo.EncodeAsync(
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=60", "-f", "lavfi", "-i", "sine=frequency=300:sample_rate=48000:duration=60", "-f", "lavfi", "-i", "sine=frequency=900:sample_rate=48000:duration=60",
        "-map", "0:v", "-map", "1:a", "-map", "2:a", "-metadata:s:a:0", "language=chi", "-metadata:s:a:1", "language=eng",
        "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-b:v", "200k", "-c:a", "aac", "-b:a", "48k");

    private async Task PublishAsync(byte[] stream)
    {
        ImmutableArray<TsSegment> segments = SimulatedOrigin.Cut(stream);
        foreach (TsSegment segment in segments)
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => _box.Published == segments.Length);
    }
}
