using System.Text.Json;
using EndToEnd.World;
using Microsoft.Playwright;
using TestKit;
using Xunit;

namespace EndToEnd;

/// <summary>C053 with real processes: what is counted at a school is what the centre reads, whatever is killed between.</summary>
public sealed class UsageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counts_of_a_box_and_the_centre_agree_through_kills()
    {
        await using var school = new School(boxSettings: _ => new() { ["Usage__KeepEvery"] = "00:00:01", ["Usage__SendEvery"] = "00:00:01" });
        await school.StartAsync(Token);
        await VisitAsync(school, 5);
        await AgreedAsync(school, 5);
        await school.Box.KillAsync();
        await school.Box.StartAsync(Token);
        await VisitAsync(school, 3);
        await AgreedAsync(school, 8);
        await school.Relay.KillAsync();
        await VisitAsync(school, 2);
        await school.Relay.StartAsync(Token);
        await AgreedAsync(school, 10);
        JsonElement row = Assert.Single((await school.Relay.CliAsync(Token, "usage")).EnumerateArray());
        Assert.Equal((School.Id, 0L, 0L), (row.GetProperty("school").GetString(), row.GetProperty("plays").GetInt64(), row.GetProperty("applications").GetInt64()));
        Assert.Empty((await school.Relay.GetAsync("/api/feedback", Token)).EnumerateArray());

        await using Browser browser = await Browser.StartAsync();
        await using Visit staff = await browser.VisitAsync(school.Relay.Console);
        await staff.Page.GotoAsync($"/login?key={school.Relay.StaffKey}");
        await staff.Page.GotoAsync("/schools");
        await staff.Page.GetByText("What schools use").ClickAsync();
        await Assertions.Expect(staff.Page.Locator("tbody tr").Filter(new LocatorFilterOptions { HasText = School.Name })).ToContainTextAsync("10");
        Assert.Equal(360, await staff.Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth"));
    }

    /// <summary>Pages count; what is not there, heads and what pages are made of do not.</summary>
    private static async Task VisitAsync(School school, int pages)
    {
        for (int page = 0; page < pages; page++)
            await school.Box.Http.GetStringAsync(page % 2 == 0 ? "/" : "/library", Token);
        await school.Box.Http.GetAsync("/pack/nothing", Token);
        await school.Box.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/"), Token);
        await school.Box.Http.GetAsync("/status.json", Token);
    }

    private static Task AgreedAsync(School school, long visits) => Eventually.Async(
        async () => (await school.Relay.GetAsync("/api/usage", Token)).GetProperty("sum").GetProperty("visits").GetInt64() == visits, $"{visits} visits at the relay", Token, TimeSpan.FromSeconds(40), () => school.Evidence);
}
