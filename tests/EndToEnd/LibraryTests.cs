using System.Diagnostics;
using System.Text.Json;
using EndToEnd.World;
using Microsoft.Playwright;
using TestKit;
using TestKit.Processes;
using Xunit;

namespace EndToEnd;

/// <summary>The library as pupils and teachers use it: search, open each kind, adapt, and be told when the centre corrects what was adapted. Real relay, box and Chromium on a small phone.</summary>
public sealed class LibraryTests : IAsyncLifetime
{
    private const string Pin = "246810";

    private readonly School _school = new();
    private Browser _browser = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _school.StartAsync(Token);
        _browser = await Browser.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        await _school.DisposeAsync();
    }

    [Fact]
    public async Task A_pack_is_found_opened_adapted_corrected_and_put_back()
    {
        await PublishAsync("notes of the centre", 1);
        await SearchFindsItWithAndWithoutScriptAsync();
        await EachKindOpensAsync();
        await ATeacherReplacesAndAddsAsync();
        await ACorrectionInWordsShowsAndGoesAsync();
        await ACorrectionClashesOnceAsync();
        await AllCanBeUndoneAsync();
        await OnTheClassroomScreenAsync();
    }

    private async Task SearchFindsItWithAndWithoutScriptAsync()
    {
        foreach (bool script in (bool[])[true, false])
        {
            await using Visit visit = await _browser.VisitAsync(_school.Box.Site, script: script);
            await Eventually.Async(async () =>
            {
                await visit.Page.GotoAsync("/library");
                return await visit.Page.Locator("#pack-shapes").CountAsync() == 1;
            }, "the pack is entered", Token, TimeSpan.FromSeconds(30), () => _school.Evidence);
            await visit.Page.Locator("input[type=search]").FillAsync("三角");
            await visit.Page.Locator(".search button").ClickAsync();
            await Assertions.Expect(visit.Page.Locator("#pack-shapes")).ToBeVisibleAsync();
            await visit.Page.Locator(".narrow summary").ClickAsync();
            await visit.Page.Locator("a.chip", new PageLocatorOptions { HasTextString = "数学" }).ClickAsync();
            await Assertions.Expect(visit.Page.Locator("#pack-shapes")).ToBeVisibleAsync();
            await Assertions.Expect(visit.Page.Locator(".chip.on")).ToContainTextAsync("数学");
            await visit.Page.Locator("input[type=search]").FillAsync("nothing has this");
            await visit.Page.Locator(".search button").ClickAsync();
            await Assertions.Expect(visit.Page.Locator("#pack-shapes")).ToHaveCountAsync(0);
            Assert.Empty(visit.Foreign);
        }
    }

    private async Task EachKindOpensAsync()
    {
        await using Visit visit = await _browser.VisitAsync(_school.Box.Site);
        IPage page = visit.Page;
        await OpenAsync(page, "film.mp4");
        await page.EvaluateAsync("() => { const v = document.querySelector('video'); v.muted = true; return v.play(); }");
        await page.WaitForFunctionAsync("() => document.querySelector('video').currentTime > 0.2");
        await page.WaitForFunctionAsync("() => [...document.querySelector('video').textTracks].some(t => t.mode === 'showing' && t.cues && t.cues.length > 0)");
        await OpenAsync(page, "sound.wav");
        await page.WaitForFunctionAsync("() => document.querySelector('audio').readyState > 0 || document.querySelector('audio').load()");
        await OpenAsync(page, "picture.svg");
        await page.WaitForFunctionAsync("() => document.querySelector('.show img').naturalWidth > 0");
        await OpenAsync(page, "notes.txt");
        await Assertions.Expect(page.Locator("pre.text")).ToContainTextAsync("notes of the centre");
        await OpenAsync(page, "book.pdf");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('.sheet').length === 2 && document.querySelector('#page-1 canvas')", options: new PageWaitForFunctionOptions { Timeout = 20_000 });
        // Something was drawn: the sheet is not all white.
        Assert.True(await page.EvaluateAsync<bool>("() => { const c = document.querySelector('#page-1 canvas'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v < 100); }"));
        await OpenAsync(page, "slides.odp");
        await Assertions.Expect(page.Locator("a[download]")).ToBeVisibleAsync();
        Task<IDownload> saving = page.WaitForDownloadAsync();
        await page.Locator("a[download]").ClickAsync();
        Assert.Equal("slides.odp", (await saving).SuggestedFilename);
        Assert.Empty(visit.Foreign);
        Assert.Empty(visit.Errors);
    }

    private async Task ATeacherReplacesAndAddsAsync()
    {
        (int exitCode, _, string error) = await RunBoxAsync("pin", Pin, "--data-folder", _school.Box.Folder);
        Assert.True(exitCode == 0, error);
        // Without script: as on the oldest phone.
        await using Visit visit = await _browser.VisitAsync(_school.Box.Site, script: false);
        IPage page = visit.Page;
        await OpenAsync(page, "notes.txt");
        await Assertions.Expect(page.Locator("#replace")).ToHaveCountAsync(0);
        await SignInAsync(page);
        await OpenAsync(page, "notes.txt");
        await page.Locator("#replace input[type=file]").SetInputFilesAsync(new FilePayload { Name = "mine.txt", MimeType = "text/plain", Buffer = "notes of our school"u8.ToArray() });
        await page.Locator("#replace button").ClickAsync();
        await Assertions.Expect(page.Locator("#changes li")).ToHaveCountAsync(1);
        await page.Locator("#add input[type=text]").FillAsync("藏语词表");
        await page.Locator("#add input[type=file]").SetInputFilesAsync(new FilePayload { Name = "glossary.txt", MimeType = "text/plain", Buffer = "words"u8.ToArray() });
        await page.Locator("#add button").ClickAsync();
        await Assertions.Expect(page.Locator("#changes li")).ToHaveCountAsync(2);
        await Assertions.Expect(page.Locator(".strip.bad")).ToHaveCountAsync(0);
        Assert.Equal("notes of our school", await _school.Box.Http.GetStringAsync("/library/shapes/notes.txt", Token));
        Assert.Equal("notes of the centre", await _school.Box.Http.GetStringAsync("/library/shapes/@1/notes.txt", Token));
        Assert.Equal("words", await _school.Box.Http.GetStringAsync("/library/shapes/glossary.txt", Token));
        // It is still there after the plug was pulled.
        await _school.Box.KillAsync();
        await _school.Box.StartAsync(Token);
        Assert.Equal("notes of our school", await _school.Box.Http.GetStringAsync("/library/shapes/notes.txt", Token));
    }

    private async Task ACorrectionInWordsShowsAndGoesAsync()
    {
        JsonElement made = await _school.Relay.CliAsync(Token, "pack", "erratum", "shapes", "--path", "film.mp4", "--at", "0:01", "--text", "en=Three corners, not four", "--text", "zh-Hans=三个角，不是四个");
        await using Visit visit = await _browser.VisitAsync(_school.Box.Site);
        await Eventually.Async(async () =>
        {
            await visit.Page.GotoAsync("/pack/shapes");
            return await visit.Page.Locator(".erratum", new PageLocatorOptions { HasTextString = "Three corners, not four" }).CountAsync() == 1;
        }, "the erratum shows", Token, TimeSpan.FromSeconds(20), () => _school.Evidence);
        await visit.Page.GotoAsync("/pack/shapes/film.mp4");
        await Assertions.Expect(visit.Page.Locator(".erratum")).ToContainTextAsync("0:01");
        await visit.Page.GotoAsync("/pack/shapes/book.pdf");
        await Assertions.Expect(visit.Page.Locator(".erratum")).ToHaveCountAsync(0);
        // Taken back, and another that the next version makes good.
        await _school.Relay.CliAsync(Token, "pack", "erratum", "shapes", "--withdraw", made.GetProperty("id").GetString()!);
        await _school.Relay.CliAsync(Token, "pack", "erratum", "shapes", "--text", "The notes will be corrected");
        await Eventually.Async(async () =>
        {
            await visit.Page.GotoAsync("/pack/shapes");
            string[] said = [.. await visit.Page.Locator(".erratum").AllTextContentsAsync()];
            return said.Length == 1 && said[0].Contains("will be corrected", StringComparison.Ordinal);
        }, "one went, the other came", Token, TimeSpan.FromSeconds(20), () => _school.Evidence);
    }

    /// <summary>What HDMI shows: before the lesson that the pack is the kit of, while it is on, and never over the help.</summary>
    private async Task OnTheClassroomScreenAsync()
    {
        await using Visit screen = await _browser.VisitAsync(_school.Box.Site, width: 1280);
        ILocator strip = screen.Page.Locator("#errata .strip");
        await screen.Page.GotoAsync("/screen");
        await Assertions.Expect(strip).ToHaveCountAsync(0);
        JsonElement made = await _school.Relay.CliAsync(Token, "pack", "erratum", "shapes", "--path", "film.mp4", "--at", "0:01", "--text", "en=Three corners, not four", "--text", "zh-Hans=三个角，不是四个");
        await _school.Relay.CliAsync(Token, "lesson", "schedule", "--id", "shapes-3a", "--title", "Shapes", "--class", "3A", "--start", "now", "--kit", "shapes");
        // The panel begins in Chinese.
        await Assertions.Expect(strip).ToContainTextAsync("三个角，不是四个", new LocatorAssertionsToContainTextOptions { Timeout = 40_000 });
        await Assertions.Expect(strip).ToContainTextAsync("film.mp4 · 0:01");
        await _school.Box.Http.PostAsync("/panel/press/start", null, Token);
        await Assertions.Expect(screen.Page.Locator("body")).ToHaveAttributeAsync("data-lesson", "shapes-3a");
        await Assertions.Expect(strip).ToBeVisibleAsync();
        await _school.Box.Http.PostAsync("/panel/press/language", null, Token);
        await Assertions.Expect(strip).ToContainTextAsync("Three corners, not four");
        await _school.Box.Http.PostAsync("/panel/press/help", null, Token);
        await Assertions.Expect(screen.Page.Locator("#help")).ToBeVisibleAsync();
        Assert.False(await strip.EvaluateAsync<bool>("e => { const r = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)); }"));
        Assert.Empty(screen.Errors);
        await _school.Relay.CliAsync(Token, "pack", "erratum", "shapes", "--withdraw", made.GetProperty("id").GetString()!);
        await Assertions.Expect(strip).ToHaveCountAsync(0, new LocatorAssertionsToHaveCountOptions { Timeout = 40_000 });
    }

    private async Task ACorrectionClashesOnceAsync()
    {
        await PublishAsync("notes of the centre, corrected", 2);
        await using Visit visit = await _browser.VisitAsync(_school.Box.Site);
        IPage page = visit.Page;
        await SignInAsync(page);
        await page.GotoAsync("/pack/shapes");
        await Assertions.Expect(page.Locator(".erratum")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator(".clash")).ToHaveCountAsync(1);
        Assert.Equal("notes of our school", await _school.Box.Http.GetStringAsync("/library/shapes/notes.txt", Token));
        // Both can be looked at.
        await page.GotoAsync("/pack/shapes/notes.txt?original");
        await Assertions.Expect(page.Locator("pre.text")).ToContainTextAsync("corrected");
        await page.GotoAsync("/pack/shapes");
        await page.Locator(".clash button[value=keep]").ClickAsync();
        await Assertions.Expect(page.Locator(".clash")).ToHaveCountAsync(0);
        await page.GotoAsync("/pack/shapes");
        await Assertions.Expect(page.Locator(".clash")).ToHaveCountAsync(0);
        Assert.Equal("notes of our school", await _school.Box.Http.GetStringAsync("/library/shapes/notes.txt", Token));
    }

    private async Task AllCanBeUndoneAsync()
    {
        await using Visit visit = await _browser.VisitAsync(_school.Box.Site);
        await SignInAsync(visit.Page);
        await visit.Page.GotoAsync("/pack/shapes");
        for (int left = 2; left > 0; left--)
        {
            await Assertions.Expect(visit.Page.Locator("#changes li")).ToHaveCountAsync(left);
            await visit.Page.Locator("#changes button[value=undo]").First.ClickAsync();
        }
        await Assertions.Expect(visit.Page.Locator("#changes")).ToHaveCountAsync(0);
        Assert.Equal("notes of the centre, corrected", await _school.Box.Http.GetStringAsync("/library/shapes/notes.txt", Token));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await _school.Box.Http.GetAsync("/library/shapes/glossary.txt", Token)).StatusCode);
    }

    private static async Task SignInAsync(IPage page)
    {
        await page.GotoAsync("/teacher?back=/pack/shapes");
        await page.Locator("input[name=pin]").FillAsync(Pin);
        await page.Locator("form[action='/teacher'] button").ClickAsync();
        await Assertions.Expect(page.Locator("#add")).ToBeVisibleAsync();
    }

    private static async Task OpenAsync(IPage page, string path)
    {
        await page.GotoAsync($"/pack/shapes/{path}");
        int wide = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth");
        Assert.True(wide <= 360, $"{path} is {wide} px wide on a phone of 360 px");
    }

    private async Task PublishAsync(string notes, long version)
    {
        _school.Folder.Write("shapes/pack.json", """{"id":"shapes","title":{"zh-Hans":"三角形","en":"Triangles"},"subject":"数学","grade":"3","languages":["zh-Hans"]}""");
        _school.Folder.Write("shapes/notes.txt", notes);
        _school.Folder.Write("shapes/slides.odp", "not really slides");
        _school.Folder.Write("shapes/picture.svg", """<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><path d="M0 30 20 0 40 30z"/></svg>""");
        _school.Folder.Write("shapes/book.pdf", SmallBook.Pdf("Page one", "Page two"));
        _school.Folder.Write("shapes/film.en.vtt", "WEBVTT\n\n00:00.000 --> 00:02.000\nA triangle\n");
        if (version == 1)
        {
            foreach (string[] make in (string[][])[["-f", "lavfi", "-i", "testsrc=d=2:s=160x120:r=10", "-pix_fmt", "yuv420p", _school.Folder["shapes/film.mp4"]], ["-f", "lavfi", "-i", "sine=d=1", _school.Folder["shapes/sound.wav"]]])
            {
                using Process ffmpeg = Process.Start(new ProcessStartInfo("ffmpeg", ["-loglevel", "error", "-y", .. make]))!;
                await ffmpeg.WaitForExitAsync(Token);
                Assert.Equal(0, ffmpeg.ExitCode);
            }
        }
        await _school.Relay.CliAsync(Token, "pack", "build", _school.Folder["shapes"]);
        await _school.Relay.CliAsync(Token, "pack", "publish", "shapes", "--to", "all", "--version", $"{version}");
        await Eventually.Async(async () => (await _school.Box.StatusAsync(Token)).GetProperty("packs").EnumerateArray()
            .Any(pack => pack.GetProperty("state").GetString() == "Verified" && pack.GetProperty("version").GetInt64() == version), "the pack shows", Token, TimeSpan.FromSeconds(60), () => _school.Evidence);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunBoxAsync(params string[] arguments)
    {
        using Process box = Process.Start(new ProcessStartInfo("dotnet", [Repository.Program("edge/Box", "box"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = await box.StandardOutput.ReadToEndAsync(Token), error = await box.StandardError.ReadToEndAsync(Token);
        await box.WaitForExitAsync(Token);
        return (box.ExitCode, output, error);
    }
}
