using System.Net;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Relay.Fleet;
using Xunit;

namespace Relay.Tests.Console;

public sealed class SchoolsPageTests : IAsyncLifetime
{
    private ConsoleHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ConsoleHost.SignedInAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_claim_adds_the_school_and_says_so_once()
    {
        string code = await _host.BoxWaitsAsync();
        using HttpResponseMessage response = await _host.PostAsync("/schools/claim", ("code", code), ("school", "白云小学"));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        FleetBox box = Assert.Single(_host.Get<FleetStore>().Boxes());
        string page = await _host.PageAsync("/schools");
        Assert.Contains($"Box {box.Id} now belongs to 白云小学.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("now belongs", await _host.PageAsync("/schools"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1234", "is no claim code")]
    [InlineData("7KQ2-9F4M-22", "is no claim code")]
    public async Task A_claim_with_a_bad_code_says_why_keeps_what_was_typed_and_changes_nothing(string code, string why)
    {
        using HttpResponseMessage response = await _host.PostAsync("/schools/claim", ("code", code), ("school", "Hill <School>"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        string page = await response.Content.ReadAsStringAsync();
        Assert.Contains(why, page, StringComparison.Ordinal);
        Assert.Contains($"value=\"{code}\"", page, StringComparison.Ordinal);
        Assert.Contains("value=\"Hill &lt;School&gt;\"", page, StringComparison.Ordinal);
        Assert.Empty(_host.Get<FleetStore>().Schools());
        Assert.Empty(_host.Get<FleetStore>().Boxes());
    }

    [Fact]
    public async Task Unknown_and_used_codes_are_told_apart()
    {
        using HttpResponseMessage unknown = await _host.PostAsync("/schools/claim", ("code", ClaimCode.New()), ("school", "Hill"));
        Assert.Contains("No box shows this claim code", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        string code = await _host.BoxWaitsAsync();
        using HttpResponseMessage first = await _host.PostAsync("/schools/claim", ("code", code), ("school", "Hill"));
        using HttpResponseMessage second = await _host.PostAsync("/schools/claim", ("code", code), ("school", "Valley"));
        Assert.Contains("This claim code was used", await second.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Single(_host.Get<FleetStore>().Schools());
    }

    [Fact]
    public async Task A_box_shows_its_link_and_what_it_reported()
    {
        BoxId box = await _host.AddBoxAsync("hill", "山上小学", "Hill School");
        Assert.Contains("Not heard of yet", await _host.PageAsync("/schools"), StringComparison.Ordinal);
        await _host.ReportAsync(box, new StatusReport(1, "0.1.0", TimeSpan.FromHours(3),
            [new PackReport("fractions", 2, PackHolding.Fetching, 500, 1000)], [], 12345, 41_000_000_000, new ListVersions(1, 2, 3)));
        string page = await _host.PageAsync("/schools");
        foreach (string shown in (string[])["Hill School", box.ToString(), "Connected", "0.1.0", "12,345", "41 GB", "0 of 1 complete", "fractions @ 2", "50 %"])
            Assert.Contains(shown, page, StringComparison.Ordinal);
        await _host.LastHeardAsync(box, TimeSpan.FromHours(23));
        Assert.Contains("Working from store", await _host.PageAsync("/schools"), StringComparison.Ordinal);
        await _host.LastHeardAsync(box, TimeSpan.FromHours(25));
        Assert.Contains("Silent", await _host.PageAsync("/schools"), StringComparison.Ordinal);
        Assert.Contains(box.ToString(), await _host.PageAsync("/schools?link=silent&q=hill"), StringComparison.Ordinal);
        Assert.Contains("Nothing matches", await _host.PageAsync("/schools?link=silent&q=valley"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_box_is_revoked_only_after_a_second_look()
    {
        BoxId box = await _host.AddBoxAsync("hill", "山上小学", "Hill School");
        Assert.Contains("cannot be undone", await _host.PageAsync($"/schools/revoke/{box}"), StringComparison.Ordinal);
        Assert.False(_host.Get<FleetStore>().Box(box)!.Revoked);
        using HttpResponseMessage response = await _host.PostAsync($"/schools/revoke/{box}");
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.True(_host.Get<FleetStore>().Box(box)!.Revoked);
        Assert.Contains($"Box {box} is revoked.", await _host.PageAsync("/schools"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_list_comes_in_pages()
    {
        await using ConsoleHost host = await ConsoleHost.SignedInAsync("en", "--Console:PageRows=5");
        for (int i = 0; i < 7; i++)
            await host.AddBoxAsync($"school-{i}", $"学校{i}", $"School {i}");
        Assert.Contains("1–5 of 7", await host.PageAsync("/schools"), StringComparison.Ordinal);
        string last = await host.PageAsync("/schools?page=99");
        Assert.Contains("6–7 of 7", last, StringComparison.Ordinal);
        Assert.Contains("School 6", last, StringComparison.Ordinal);
    }
}
