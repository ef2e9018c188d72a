using EndToEnd.World;
using Microsoft.Playwright;
using TestKit.Processes;
using Xunit;

namespace EndToEnd;

/// <summary>Takes the README's pictures from the running system: <c>tools/screenshots.sh</c>.</summary>
public sealed class Screenshots
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Pages_of_a_running_lesson()
    {
        string folder = Environment.GetEnvironmentVariable("EDGE_SCREENSHOTS") ?? Path.Combine(Repository.Root, "artifacts", "screenshots");
        Directory.CreateDirectory(folder);
        await using TwoSchools schools = await TwoSchools.StartRelayAsync(Token);
        await schools.Baiyun.StartAsync(Token);
        await schools.Xueshan.StartAsync(Token);
        await schools.ClaimAsync(Token);
        await schools.PublishPackAsync(videoSeconds: 30, Token);
        await using Camera camera = await schools.StartLessonAsync(Token);
        await GiveAsync(schools.Baiyun, "question", ("text", "为什么 3/4 比 1/2 大？"), ("class", "3A"), ("seat", "12"), ("second", "9"));
        await GiveAsync(schools.Xueshan, "question", ("text", "分母可以是 1 吗？"), ("class", "3A"), ("seat", "4"), ("second", "14"));
        for (int seat = 1; seat <= 17; seat++)
            await GiveAsync(seat % 3 == 0 ? schools.Xueshan : schools.Baiyun, "poll/poll-1", ("option", seat % 5 == 0 ? "1" : "0"), ("class", "3A"), ("seat", $"{seat}"));

        await using Browser browser = await Browser.StartAsync();
        await using (Visit staff = await browser.VisitAsync(schools.Relay.Console, width: 1180, language: "zh-CN"))
        {
            await staff.Page.GotoAsync($"/login?key={schools.Relay.StaffKey}");
            await staff.Page.GotoAsync($"/lessons/{TwoSchools.Lesson}");
            await Assertions.Expect(staff.Page.GetByText("分母可以是 1 吗？").First).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 30_000 });
            ILocator card = staff.Page.Locator("article:has-text('3/4 比 1/2')").First;
            await card.Locator("details summary").ClickAsync();
            await card.Locator("textarea").FillAsync("四份里的三份，比两份里的一份多。画一个圆试试看！");
            await card.Locator("button[name=do][value=answer]").ClickAsync();
            foreach ((string name, string path) in new[] { ("console", $"/lessons/{TwoSchools.Lesson}"), ("console-overview", "/"), ("console-schools", "/schools"), ("console-packs", "/packs"), ("console-feedback", "/feedback") })
                await TakeAsync(staff, path, Path.Combine(folder, name + ".png"), fullPage: name != "console");
        }
        await using (Visit phone = await browser.VisitAsync(schools.Baiyun.Site, width: 412, language: "zh-CN"))
        {
            await phone.Page.GotoAsync($"/lesson/{TwoSchools.Lesson}");
            await phone.Page.WaitForFunctionAsync("() => document.querySelector('#lesson').dataset.mode === 'playing'");
            await Assertions.Expect(phone.Page.Locator(".questions .answer")).ToBeVisibleAsync(new LocatorAssertionsToBeVisibleOptions { Timeout = 30_000 });
            await phone.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "lesson-phone.png"), FullPage = true });
            foreach (string page in (string[])["library", "pack/fractions", "exercise/fractions/exercises/compare.xml", "ask", "status", "panel", "problem"])
                await TakeAsync(phone, "/" + page, Path.Combine(folder, page.Replace('/', '-') + ".png"), fullPage: true);
        }
        await using (Visit desk = await browser.VisitAsync(schools.Baiyun.Site, width: 1180, language: "zh-CN"))
        {
            await TakeAsync(desk, "/", Path.Combine(folder, "school.png"), fullPage: false);
            await desk.Page.GotoAsync($"/lesson/{TwoSchools.Lesson}");
            await desk.Page.WaitForFunctionAsync("() => document.querySelector('#lesson').dataset.mode === 'playing'");
            await desk.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "lesson.png") });
            await TakeAsync(desk, "/screen", Path.Combine(folder, "screen-idle.png"), fullPage: false);
            await schools.Baiyun.Http.PostAsync("/panel/press/start", null, Token);
            await desk.Page.WaitForFunctionAsync("() => document.querySelector('#picture').currentTime > 0");
            await desk.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "screen-live.png") });
            await schools.Baiyun.Http.PostAsync("/panel/press/help?hold=true", null, Token);
            await Assertions.Expect(desk.Page.Locator("#qr")).ToBeVisibleAsync();
            await desk.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "screen-qr.png") });
        }
    }

    /// <summary>Library, viewers, status, classroom screen and the console's pages about packs, each on a phone and on a desk: to look at before a release.</summary>
    [Fact(Explicit = true)]
    public async Task Pages_about_packs_on_a_phone_and_on_a_desk()
    {
        string folder = Path.Combine(Environment.GetEnvironmentVariable("EDGE_SCREENSHOTS") ?? Path.Combine(Repository.Root, "artifacts", "screenshots"), "packs");
        Directory.CreateDirectory(folder);
        await using TwoSchools schools = await TwoSchools.StartRelayAsync(Token);
        await schools.Baiyun.StartAsync(Token);
        await schools.Xueshan.StartAsync(Token);
        await schools.ClaimAsync(Token);
        await schools.PublishPackAsync(videoSeconds: 10, Token);
        RelayNode relay = schools.Relay;
        schools.Folder.Write("shapes/pack.json", """{"id":"shapes","title":{"zh-Hans":"三角形和四边形","en":"Triangles and squares"},"subject":"数学","grade":"3","stage":"小学","languages":["zh-Hans","en"],"collections":["三年级上册"]}""");
        schools.Folder.Write("shapes/notes.txt", "三角形有三条边、三个角。\n四边形有四条边、四个角。\n");
        schools.Folder.Write("shapes/slides.odp", "slides");
        schools.Folder.Write("shapes/picture.svg", """<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300"><path fill="#0b5f4c" d="M0 300 200 0 400 300z"/></svg>""");
        schools.Folder.Write("shapes/book.pdf", SmallBook.Pdf("Triangles", "Squares"));
        schools.Folder.Write("shapes/film.mp4", await File.ReadAllBytesAsync(Path.Combine(schools.PackFolder, "video.mp4"), Token));
        schools.Folder.Write("shapes/film.zh-Hans.vtt", "WEBVTT\n\n00:00.000 --> 00:09.000\n这是三角形。\n");
        schools.Folder.Write("shapes/tool/index.html", "<!DOCTYPE html><meta charset=utf-8><body style='font:32px sans-serif;text-align:center'><p>3 + 4 = ?</p><button style='font:inherit'>7</button> <button style='font:inherit'>8</button>");
        schools.Folder.Write("songs/pack.json", """{"id":"songs","title":{"zh-Hans":"山歌十首","en":"Ten songs"},"subject":"音乐","grade":"5","languages":["zh-Hans"],"collections":["三年级上册","音乐之声"]}""");
        schools.Folder.Write("songs/words.txt", "山歌好比春江水");
        schools.Folder.Write("heavy/pack.json", """{"id":"heavy","title":{"zh-Hans":"初二物理全部视频","en":"Physics, all films"},"subject":"物理","grade":"8"}""");
        schools.Folder.Write("heavy/all.mp4", TestKit.Noise.Of(40_000_000, 8));
        foreach (string pack in (string[])["shapes", "songs"])
        {
            await relay.CliAsync(Token, "pack", "build", schools.Folder[pack]);
            await relay.CliAsync(Token, "pack", "publish", pack, "--to", "all", "--due", "tomorrow 08:00");
        }
        await relay.CliAsync(Token, "pack", "erratum", "shapes", "--path", "film.mp4", "--at", "0:05", "--text", "zh-Hans=这里说的是三个角，不是四个角。", "--text", "en=Three corners, not four.");
        await relay.CliAsync(Token, "pack", "erratum", "fractions", "--text", "zh-Hans=第二页的 2/4 应为 3/4。", "--text", "en=On page two, 2/4 should read 3/4.");
        string school = (await schools.Baiyun.StatusAsync(Token)).GetProperty("school").GetString()!;
        await relay.CliAsync(Token, "pack", "pin", "shapes", "--for", school);
        foreach (BoxNode box in schools.Boxes)
        {
            await TestKit.Eventually.Async(async () => (await box.StatusAsync(Token)).GetProperty("packs").EnumerateArray().Count(pack => pack.GetProperty("state").GetString() == "Verified") == 3
                && (await box.Http.GetStringAsync("/library?q=山歌", Token)).Contains("pack-songs", StringComparison.Ordinal), "three packs are there", Token, evidence: () => box.Output);
        }
        await relay.CliAsync(Token, "school", "link", school, "--rates", "22:00-06:00 full, 256k", "--day", "20M", "--month", "300M");
        await relay.CliAsync(Token, "pack", "build", schools.Folder["heavy"]);
        await relay.CliAsync(Token, "pack", "publish", "heavy", "--to", "all", "--due", "tomorrow 08:00");
        await relay.CliAsync(Token, "lesson", "schedule", "--id", "shapes-3a", "--title", "zh-Hans=三角形", "--title", "en=Triangles", "--class", "3A", "--subject", "数学", "--start", "now", "--minutes", "30", "--kit", "fractions");
        await TestKit.Eventually.Async(async () => (await relay.GetAsync("/api/boxes", Token)).ToString().Contains("\"outlook\"", StringComparison.OrdinalIgnoreCase), "a forecast is told", Token, evidence: () => schools.Baiyun.Output);

        await using Browser browser = await Browser.StartAsync();
        foreach (int width in (int[])[360, 1280])
        {
            await using (Visit staff = await browser.VisitAsync(relay.Console, width: width, language: "zh-CN"))
            {
                await staff.Page.GotoAsync($"/login?key={relay.StaffKey}");
                foreach ((string name, string path) in new[] { ("console-schools", "/schools"), ("console-school", $"/schools/{school}"), ("console-packs", "/packs"), ("console-pack", "/packs/shapes"), ("console-heavy", "/packs/heavy"), ("console-approvals", "/approvals"), ("console-audit", "/audit") })
                    await TakeAsync(staff, path, Path.Combine(folder, $"{name}-{width}.png"), fullPage: true);
                await staff.Page.GotoAsync($"/schools/{school}");
                await staff.Page.Locator("#until-0").FillAsync("");
                await staff.Page.Locator("#link button").ClickAsync();
                await staff.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"console-school-fault-{width}.png"), FullPage = true });
            }
            await using (Visit visit = await browser.VisitAsync(schools.Baiyun.Site, width: width, language: "zh-CN"))
            {
                foreach ((string name, string path) in new[]
                {
                    ("library", "/library"), ("library-search", "/library?q=三角"), ("library-filter", "/library?subject=数学"), ("pack", "/pack/shapes"), ("video", "/pack/shapes/film.mp4"), ("picture", "/pack/shapes/picture.svg"),
                    ("text", "/pack/shapes/notes.txt"), ("save", "/pack/shapes/slides.odp"), ("tool", "/pack/shapes/tool/index.html"), ("status", "/status"), ("panel", "/panel"), ("lesson", "/lesson/shapes-3a"), ("teacher", "/teacher"),
                })
                    await TakeAsync(visit, path, Path.Combine(folder, $"{name}-{width}.png"), fullPage: true);
                await visit.Page.GotoAsync("/pack/shapes/book.pdf");
                await visit.Page.WaitForFunctionAsync("() => document.querySelector('#page-1 canvas')");
                await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"pdf-{width}.png"), FullPage = true });
                await visit.Page.GotoAsync("/pack/shapes/film.mp4");
                await visit.Page.EvaluateAsync("() => { const v = document.querySelector('video'); v.muted = true; return v.play(); }");
                await visit.Page.WaitForFunctionAsync("() => document.querySelector('video').currentTime > 0.5");
                await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"video-plays-{width}.png") });
                await TakeAsync(visit, "/screen", Path.Combine(folder, $"screen-{width}.png"), fullPage: false);
            }
        }
        await schools.Baiyun.Http.PostAsync("/panel/press/start", null, Token);
        await using Visit screen = await browser.VisitAsync(schools.Baiyun.Site, width: 1280, language: "zh-CN");
        await screen.Page.GotoAsync("/screen");
        await screen.Page.WaitForFunctionAsync("() => document.querySelector('#errata .strip')");
        await screen.Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "screen-lesson.png") });
    }

    private static async Task GiveAsync(BoxNode box, string what, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using HttpResponseMessage answer = await box.Http.PostAsync($"/lesson/{TwoSchools.Lesson}/{what}", form, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private static async Task TakeAsync(Visit visit, string path, string file, bool fullPage)
    {
        await visit.Page.GotoAsync(path);
        await visit.Page.ScreenshotAsync(new PageScreenshotOptions { Path = file, FullPage = fullPage });
    }
}
