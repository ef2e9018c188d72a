using System.Collections.Immutable;
using Edge.Core.Live;
using Microsoft.Playwright;
using TestKit;
using TestKit.Link;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

/// <summary>lesson.js in a real browser.</summary>
public sealed class LessonPlayerTests
{
    [Fact]
    public async Task The_lesson_plays_in_a_browser_through_an_outage_without_a_reload()
    {
        ImmutableArray<TsSegment> segments = SimulatedOrigin.Cut(await TestVideo.MakeAsync(60, keyFrameEvery: 50));
        await using SimulatedOrigin origin = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        await using ImpairedProxy link = ImpairedProxy.To(origin.Port);
        await using LiveBox box = await LiveBox.StartAsync(link.Port, ("LostAfter", "00:00:03"));
        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        });
        IPage page = await browser.NewPageAsync();
        var errors = new List<string>();
        var foreign = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(box.Http.BaseAddress!.ToString()) && !request.Url.StartsWith("blob:"))
                foreign.Add(request.Url);
        };

        // The page is opened before the lesson begins.
        await page.GotoAsync(new Uri(box.Http.BaseAddress!, "/test").ToString());
        await Eventually.TrueAsync(async () => await ModeAsync(page) == "waiting");
        Assert.Equal("not begun", await page.TextContentAsync("#lesson-note"));

        // The camera: a segment every two seconds.
        using var stop = new CancellationTokenSource();
        Task camera = PublishAsync(origin, segments, stop.Token);
        await Eventually.TrueAsync(async () => await TimeAsync(page) > 2);
        Assert.Equal("playing", await ModeAsync(page));

        // Twelve seconds without the link: the buffer, then at most two seconds of frozen picture, then the kit at the cue point.
        link.Cut();
        double frozenAt = await FreezeAsync(page);
        long frozen = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(async () => await ModeAsync(page) == "kit", TimeSpan.FromSeconds(10));
        Assert.True(TimeProvider.System.GetElapsedTime(frozen) < TimeSpan.FromSeconds(2));
        Assert.True(await page.IsVisibleAsync("#lesson-kit"));
        Assert.Equal("stored copy, live will return", await page.TextContentAsync("#lesson-kit .strip"));
        Assert.Equal("/test/slide.svg?4", await page.GetAttributeAsync("#lesson-kit img", "src"));

        link.Join();
        await Eventually.TrueAsync(async () => await ModeAsync(page) == "playing");
        Assert.False(await page.IsVisibleAsync("#lesson-kit"));
        double resumedAt = await TimeAsync(page);
        Assert.InRange(resumedAt, frozenAt, frozenAt + 3); // nothing was skipped
        await Eventually.TrueAsync(async () => await TimeAsync(page) > frozenAt + 4);

        // Back to the start and to live again.
        await page.ClickAsync("[data-act=start]");
        await Eventually.TrueAsync(async () => await TimeAsync(page) is > 0.2 and < 4);
        Assert.Equal("no", await page.GetAttributeAsync("#lesson", "data-live"));
        // A chapter's link goes there on the page.
        await page.ClickAsync("[data-second] strong");
        await Eventually.TrueAsync(async () => await TimeAsync(page) is >= 5 and < 8);
        Assert.EndsWith("/test", page.Url, StringComparison.Ordinal);
        await page.ClickAsync("[data-act=live]");
        await Eventually.TrueAsync(async () => await TimeAsync(page) > frozenAt + 2);
        await Eventually.TrueAsync(async () => double.Parse(await page.InputValueAsync("[data-lesson-second]")) >= frozenAt);

        await stop.CancelAsync();
        await camera;
        origin.End();
        await Eventually.TrueAsync(async () => await page.GetAttributeAsync("#lesson", "data-stage") == "ended");
        Assert.Empty(errors);
        Assert.Empty(foreign);
    }

    private static async Task PublishAsync(SimulatedOrigin origin, ImmutableArray<TsSegment> segments, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2), TimeProvider.System);
        try
        {
            foreach (TsSegment segment in segments)
            {
                origin.Publish(segment);
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The lesson is over.
        }
    }

    /// <summary>Waits until the picture stands; returns where.</summary>
    private static async Task<double> FreezeAsync(IPage page)
    {
        double time = -1;
        await Eventually.TrueAsync(async () =>
        {
            double former = time;
            time = await TimeAsync(page);
            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System);
            return time == former;
        });
        return time;
    }

    private static Task<double> TimeAsync(IPage page) => page.EvaluateAsync<double>("document.getElementById('lesson-video').currentTime");

    private static Task<string?> ModeAsync(IPage page) => page.GetAttributeAsync("#lesson", "data-mode");
}
