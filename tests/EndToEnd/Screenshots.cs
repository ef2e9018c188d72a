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
