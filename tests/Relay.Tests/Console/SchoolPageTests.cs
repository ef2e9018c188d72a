using System.Net;
using System.Net.Http.Json;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Relay.Content;
using Relay.Fleet;
using Xunit;

namespace Relay.Tests.Console;

/// <summary>One school: forecast per pack, rules of the link, pins. As a browser without script sends it.</summary>
public sealed class SchoolPageTests : IAsyncLifetime
{
    private ConsoleHost _host = null!;
    private BoxId _box;

    public async ValueTask InitializeAsync()
    {
        _host = await ConsoleHost.SignedInAsync();
        _box = await _host.AddBoxAsync("hill", "山上小学", "Hill School");
        await _host.AddPackAsync("fractions", "Fractions", "one");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Rules_in_plain_words_become_those_of_the_plan_and_stand_in_the_form_again()
    {
        Assert.Contains("/schools/hill", await _host.PageAsync("/schools"), StringComparison.Ordinal);
        using HttpResponseMessage saved = await SendAsync(("from", "22：00"), ("until", "6:00"), ("rate", ""), ("from", "12:00"), ("until", "13:00"), ("rate", "0"), ("from", ""), ("until", ""), ("rate", ""),
            ("rest", "64"), ("day", "500"), ("month", "1.5"), ("cost", "expensive"));
        Assert.Equal(HttpStatusCode.SeeOther, saved.StatusCode);
        Assert.Equal(new LinkTerms("22:00-06:00 full, 12:00-13:00 off, 64k", 500_000_000, 1_500_000, LinkCost.Expensive), (await PlanAsync("hill")).Link);
        string page = await _host.PageAsync("/schools/hill");
        foreach (string shown in (string[])["The rules of Hill School are saved", "value=\"22:00\"", "value=\"13:00\"", "value=\"64\"", "value=\"500\"", "value=\"1.5\""])
            Assert.Contains(shown, page, StringComparison.Ordinal);
        Assert.Matches("value=\"expensive\" checked", page);
        using HttpResponseMessage cleared = await _host.PostAsync("/schools/hill/link", ("own", "no"), ("rest", "64"));
        Assert.Equal(HttpStatusCode.SeeOther, cleared.StatusCode);
        Assert.Null((await PlanAsync("hill")).Link);
    }

    [Theory]
    [InlineData("22:00", "", "", "", "", "", "Write both times")]
    [InlineData("", "06:00", "", "", "", "", "Write both times")]
    [InlineData("", "", "64", "", "", "", "Write both times")]
    [InlineData("22:00", "22:00", "", "", "", "", "let them differ")]
    [InlineData("22:61", "06:00", "", "", "", "", "Write both times")]
    [InlineData("22:00", "06:00", "fast", "", "", "", "Write a speed")]
    [InlineData("22:00", "06:00", "-1", "", "", "", "Write a speed")]
    [InlineData("22:00", "06:00", "0.5", "", "", "", "Write a speed")]
    [InlineData("", "", "", "99999999999999999999999999999999", "", "", "Write a speed")]
    [InlineData("", "", "", "", "much", "", "number of megabytes")]
    [InlineData("", "", "", "", "", "-5", "number of megabytes")]
    [InlineData("", "", "", "", "", "1e9", "number of megabytes")]
    public async Task What_is_no_rule_is_said_beside_its_field_keeps_what_was_typed_and_changes_nothing(string from, string until, string rate, string rest, string day, string month, string why)
    {
        using HttpResponseMessage response = await SendAsync(("from", from), ("until", until), ("rate", rate), ("rest", rest), ("day", day), ("month", month), ("cost", "metered"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        string page = await response.Content.ReadAsStringAsync();
        Assert.Contains(why, page, StringComparison.Ordinal);
        Assert.Contains("aria-invalid=\"true\"", page, StringComparison.Ordinal);
        foreach (string typed in ((string[])[from, until, rate, rest, day, month]).Where(typed => typed.Length > 0))
            Assert.Contains($"value=\"{typed}\"", page, StringComparison.Ordinal);
        Assert.Null(_host.Get<FleetStore>().FindSchool("hill")!.Link);
    }

    [Fact]
    public async Task More_windows_than_a_day_has_hours_are_left_out_and_a_form_without_fields_is_no_trouble()
    {
        (string, string)[] many = [.. Enumerable.Range(0, 60).SelectMany(i => ((string, string)[])[("from", $"{i % 24:D2}:00"), ("until", $"{i % 24:D2}:30"), ("rate", "64")])];
        using HttpResponseMessage response = await SendAsync(many);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal(LinkRules.MaxWindows, LinkRules.Of(_host.Get<FleetStore>().FindSchool("hill")!.Link!)!.Windows.Length);
        using HttpResponseMessage empty = await _host.PostAsync("/schools/hill/link", ("x", ""));
        Assert.Equal(HttpStatusCode.SeeOther, empty.StatusCode);
        Assert.Null(_host.Get<FleetStore>().FindSchool("hill")!.Link);
    }

    [Fact]
    public async Task Each_pack_says_whether_it_will_be_in_time_if_not_why_and_by_when()
    {
        await _host.AddPackAsync("songs", "Songs", "two");
        await PublishAsync("fractions", "2036-03-02 08:00");
        await PublishAsync("songs", null);
        Assert.Contains("Not begun", await _host.PageAsync("/schools/hill"), StringComparison.Ordinal);
        var due = new DateTimeOffset(2036, 3, 2, 8, 0, 0, TimeSpan.Zero);
        await _host.ReportAsync(_box, new StatusReport(1, "0.1.0", TimeSpan.Zero,
            [new PackReport("fractions", 1, PackHolding.Fetching, 300, 1000, new PackOutlook(ForecastWord.Caps, due, due.AddDays(1))), new PackReport("songs", 1, PackHolding.Verified, 9, 9)], [], 0, 1, new ListVersions(1, 1, 1)));
        string page = await _host.PageAsync("/schools/hill");
        foreach (string shown in (string[])["Fractions", "due 2036-03-02 08:00", "30 %", "late: the link’s byte limit stops it.", "Ready by 2036-03-03 08:00", "Songs", "Verified"])
            Assert.Contains(shown.Replace('’', '\''), page.Replace("&#x27;", "'", StringComparison.Ordinal).Replace("&#39;", "'", StringComparison.Ordinal), StringComparison.Ordinal);
        // As the boxes fetch: what is due comes first.
        Assert.True(page.IndexOf("Fractions", StringComparison.Ordinal) < page.IndexOf("Songs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pin_goes_out_with_the_plan_for_one_school_or_for_all_and_can_be_let_go()
    {
        await _host.AddBoxAsync("valley", "山谷小学", "Valley School");
        await PublishAsync("fractions", null);
        long before = (await PlanAsync("hill")).Version;
        using HttpResponseMessage pinned = await _host.PostAsync("/packs/fractions/pin", ("school", "hill"), ("do", "pin"));
        Assert.Equal("/schools/hill", pinned.Headers.Location!.ToString());
        Assert.Contains("goes last when boxes need room", await _host.PageAsync("/schools/hill"), StringComparison.Ordinal);
        Assert.Equal((true, false), (await IsPinnedAsync("hill"), await IsPinnedAsync("valley")));
        Assert.True((await PlanAsync("hill")).Version > before);

        using HttpResponseMessage all = await _host.PostAsync("/packs/fractions/pin", ("do", "pin"));
        Assert.Equal("/packs/fractions", all.Headers.Location!.ToString());
        Assert.Equal((true, true), (await IsPinnedAsync("hill"), await IsPinnedAsync("valley")));
        // A new version is pinned as the pack is.
        await _host.AddPackAsync("fractions", "Fractions", "two");
        await PublishAsync("fractions", null);
        Assert.True(await IsPinnedAsync("valley"));

        using HttpResponseMessage gone = await _host.PostAsync("/packs/fractions/pin", ("do", "unpin"));
        Assert.Equal((false, false), (await IsPinnedAsync("hill"), await IsPinnedAsync("valley")));
        foreach ((string Path, string School) none in ((string, string)[])[("/packs/none/pin", ""), ("/packs/fractions/pin", "none")])
        {
            using HttpResponseMessage missing = await _host.PostAsync(none.Path, ("school", none.School), ("do", "pin"));
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }
        Assert.Empty(_host.Get<PackRegistry>().Pins());
        Assert.Contains("no longer pins", await _host.PageAsync("/audit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_staff_API_pins_and_says_why_it_cannot()
    {
        using HttpClient program = _host.Browser();
        program.DefaultRequestHeaders.Authorization = new("Bearer", _host.StaffKey);
        foreach ((string Pack, object Body, HttpStatusCode Status) call in ((string, object, HttpStatusCode)[])
        [
            ("fractions", new { to = (string[])["all"] }, HttpStatusCode.OK),
            ("fractions", new { to = (string[])["hill"], pinned = false }, HttpStatusCode.Conflict),
            ("fractions", new { to = (string[])["none"] }, HttpStatusCode.NotFound),
            ("fractions", new { to = (string[])[] }, HttpStatusCode.BadRequest),
            ("none", new { to = (string[])["all"] }, HttpStatusCode.NotFound),
        ])
        {
            using HttpResponseMessage answer = await program.PutAsJsonAsync($"/api/packs/{call.Pack}/pin", call.Body);
            Assert.Equal(call.Status, answer.StatusCode);
        }
        Assert.Equal([new PackPin("fractions", PackTarget.AllSchools)], _host.Get<PackRegistry>().Pins());
    }

    [Fact]
    public async Task What_is_not_there_says_so_and_strangers_change_nothing()
    {
        using HttpResponseMessage none = await _host.Http.GetAsync("/schools/none");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        using HttpResponseMessage missing = await _host.PostAsync("/schools/none/link", ("own", "yes"), ("rest", "64"));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        using HttpClient stranger = _host.Browser();
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("own", "yes"), KeyValuePair.Create("rest", "64")]);
        using HttpResponseMessage refused = await stranger.PostAsync("/schools/hill/link", form);
        Assert.Equal(HttpStatusCode.Redirect, refused.StatusCode);
        Assert.Null(_host.Get<FleetStore>().FindSchool("hill")!.Link);
    }

    private Task<HttpResponseMessage> SendAsync(params (string Name, string Value)[] fields) => _host.PostAsync("/schools/hill/link", [("own", "yes"), .. fields]);

    private async Task PublishAsync(string pack, string? due) =>
        Assert.Equal(PublishOutcome.Published, (await _host.Get<PackDesk>().PublishAsync(pack, new PublishRequest(null, ["all"], due), default)).Outcome);

    private async Task<bool> IsPinnedAsync(string school) => Assert.Single((await PlanAsync(school)).Packs).Pinned;

    private async Task<SitePlan> PlanAsync(string school)
    {
        byte[] list = (await _host.Get<ListPublisher>().PlanAsync(school, default))!;
        Assert.True(SignedList.TryParse(list, out SignedList signed));
        return SitePlan.Read(signed.Payload.Span)!;
    }
}
