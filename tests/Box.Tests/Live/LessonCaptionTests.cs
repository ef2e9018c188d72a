using System.Collections.Immutable;
using System.Net;
using Edge.Core.Live;
using Microsoft.Playwright;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

/// <summary>Captions of a lesson: from the relay's lines to words on the page.</summary>
public sealed class LessonCaptionTests : IAsyncLifetime
{
    private SimulatedOrigin _origin = null!;
    private LiveBox _box = null!;

    public async ValueTask InitializeAsync()
    {
        _origin = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        _box = await LiveBox.StartAsync(_origin.Port, ("CaptionInterval", "00:00:00.100"));
    }

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task Captions_are_a_rendition_beside_the_pictures_and_survive_a_restart()
    {
        _origin.Captions = [Line(1, "en", 1, 5, "a <half>"), Line(2, "zh-Hans", 1, 5, "一半")];
        await PublishAsync(await TestVideo.Lesson20sAsync());
        await Eventually.TrueAsync(() => _box.Lessons.Captions(LiveBox.Lesson)!.Last == 2);
        _origin.End();
        await Eventually.TrueAsync(() => _box.Recording!.Window.Ended);
        string main = await _box.Http.GetStringAsync("/live/fractions/main.m3u8");
        Assert.Contains("#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"English\",LANGUAGE=\"en\",AUTOSELECT=YES,DEFAULT=NO,FORCED=NO,URI=\"captions/en/index.m3u8\"\n", main, StringComparison.Ordinal);
        Assert.EndsWith(",SUBTITLES=\"captions\"\nindex.m3u8\n", main, StringComparison.Ordinal);
        Assert.Empty(PlaylistChecker.Multivariant(main));

        string list = await _box.Http.GetStringAsync("/live/fractions/captions/en/index.m3u8");
        var checker = new PlaylistChecker();
        checker.Take(list);
        Assert.Empty(checker.Violations);
        MediaPlaylist pictures = (await _box.PlaylistAsync())!;
        Assert.True(PlaylistText.TryRead(System.Text.Encoding.UTF8.GetBytes(list), out MediaPlaylist captions, out _));
        Assert.Equal(pictures.Segments.Select(entry => entry with { Uri = "" }), captions.Segments.Select(entry => entry with { Uri = "" }));

        var texts = new List<string>();
        foreach (ListedSegment entry in captions.Segments)
        {
            string text = await _box.Http.GetStringAsync($"/live/fractions/captions/en/{entry.Uri}");
            long stamp = TsSegmentHead.Read(await _box.Http.GetByteArrayAsync($"/live/fractions/{entry.Sequence}.ts"))!.StartTime;
            Assert.Empty(PlaylistChecker.Captions(text, stamp));
            texts.Add(text);
        }
        // Whatever was listed when it came shows nothing of it; from then on it is there for as long as it was meant.
        Assert.Contains(texts, text => text.Contains("\na &lt;half&gt;\n", StringComparison.Ordinal));
        Assert.DoesNotContain(texts, text => text.Contains("一半", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await _box.Http.GetAsync("/live/fractions/captions/bo/index.m3u8")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _box.Http.GetAsync($"/live/fractions/captions/en/{captions.Segments.Length}.vtt")).StatusCode);

        await _box.StopAsync();
        // A power cut left a line half.
        await File.AppendAllTextAsync(Path.Combine(_box.RecordingFolder, "captions"), "[3,\"en\",20");
        await _box.StartAgainAsync();
        Assert.Equal(list, await _box.Http.GetStringAsync("/live/fractions/captions/en/index.m3u8"));
        for (int i = 0; i < texts.Count; i++)
            Assert.Equal(texts[i], await _box.Http.GetStringAsync($"/live/fractions/captions/en/{i}.vtt"));
    }

    [Fact]
    public async Task One_press_shows_captions_and_the_phone_remembers_the_language()
    {
        _origin.Captions = [.. Enumerable.Range(0, 20).SelectMany(i => new[] { Line(2 * i + 1, "en", i, i + 1, $"<i>{i} half</i>"), Line(2 * i + 2, "zh-Hans", i, i + 1, $"{i} 一半") })];
        await PublishAsync(await TestVideo.Lesson20sAsync());
        await Eventually.TrueAsync(() => _box.Lessons.Captions(LiveBox.Lesson)!.Last == 40);
        _origin.End();
        await Eventually.TrueAsync(() => _box.Recording!.Window.Ended);
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
        await page.ClickAsync("#lesson-captions button[lang=en]");
        // Markup in a caption is words.
        await ShowsAsync(page, "<i>", "half</i>");
        await page.ClickAsync("#lesson-captions button[lang=zh-Hans]");
        await ShowsAsync(page, "", "一半");
        await page.ReloadAsync();
        await ShowsAsync(page, "", "一半");
        Assert.Equal("true", await page.GetAttributeAsync("#lesson-captions button[lang=zh-Hans]", "aria-pressed"));
        await page.ClickAsync("#lesson-captions button:last-child");
        await Eventually.TrueAsync(async () => await page.IsHiddenAsync("#lesson-caption"));
        Assert.Empty(errors);
    }

    /// <summary>From the start again and again: the lesson is short.</summary>
    private static Task ShowsAsync(IPage page, string begins, string ends) => Eventually.TrueAsync(async () =>
    {
        await page.EvaluateAsync("() => { const video = document.getElementById('lesson-video'); if (video.ended || video.currentTime > 15) { document.querySelector('[data-act=start]').click(); } }");
        string text = await page.IsVisibleAsync("#lesson-caption") ? await page.InnerTextAsync("#lesson-caption") : "";
        return text.StartsWith(begins, StringComparison.Ordinal) && text.EndsWith(ends, StringComparison.Ordinal) && text.Length > 0;
    }, TimeSpan.FromSeconds(30));

    private static Caption Line(long number, string language, double start, double end, string text) => new(number, language, TimeSpan.FromSeconds(start), TimeSpan.FromSeconds(end), text);

    private async Task PublishAsync(byte[] stream)
    {
        ImmutableArray<TsSegment> segments = SimulatedOrigin.Cut(stream);
        _origin.Publish(segments[0]);
        // The captions are there before what they belong to is listed.
        await Eventually.TrueAsync(() => _box.Lessons.Captions(LiveBox.Lesson) is { Last: > 0 });
        foreach (TsSegment segment in segments.Skip(1))
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => _box.Published == segments.Length);
    }
}
