using System.Net;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Relay.Content;
using Xunit;

namespace Relay.Tests.Console;

public sealed class PackPagesTests : PackPageTest
{
    [Fact]
    public async Task The_funnel_counts_places_from_plan_to_library_and_names_who_is_missing()
    {
        BoxId hill = await Host.AddBoxAsync("hill", "山上小学", "Hill School"), valley = await Host.AddBoxAsync("valley", "山谷小学", "Valley School");
        await Host.AddBoxAsync("shore", "海边小学", "Shore School");
        Assert.Contains("Draft", await Host.PageAsync("/packs"), StringComparison.Ordinal);
        using HttpResponseMessage response = await PublishAsync(("version", "1"), ("to", "all"), ("due", "2036-03-02T08:00"));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        await ReportAsync(hill, PackHolding.Verified, 1000);
        await ReportAsync(valley, PackHolding.Delivered, 1000);
        string page = await Host.PageAsync("/packs/fractions");
        foreach (string shown in (string[])["fractions @ 1 is published.", "<b>3</b> published", "<b>2</b> delivered", "<b>1</b> verified", "2 do not show it yet", "due 2036-03-02 08:00", "Valley School", "Shore School", "Not begun", "On its way"])
            Assert.Contains(shown, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("to", "some", "at least one school")]
    [InlineData("version", "7", "no such version")]
    [InlineData("due", "soon", "no due time")]
    [InlineData("priority", "high", "whole number")]
    public async Task Publishing_what_cannot_be_says_why_and_changes_nothing(string field, string value, string why)
    {
        using HttpResponseMessage response = await PublishAsync((field, value));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains(why, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(Host.Get<PackRegistry>().Targets());
    }

    [Fact]
    public async Task A_version_is_withdrawn_only_after_a_second_look()
    {
        using HttpResponseMessage published = await PublishAsync(("to", "all"));
        Assert.Contains("cannot be undone", await Host.PageAsync("/packs/fractions/withdraw/1"), StringComparison.Ordinal);
        Assert.Null(Host.Get<PackRegistry>().Find("fractions", 1)!.Withdrawn);
        using HttpResponseMessage withdrawn = await Host.PostAsync("/packs/fractions/withdraw/1");
        Assert.NotNull(Host.Get<PackRegistry>().Find("fractions", 1)!.Withdrawn);
        Assert.Contains("fractions @ 1 is withdrawn.", await Host.PageAsync("/packs/fractions"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/packs/none")]
    [InlineData("/packs/fractions/withdraw/9")]
    [InlineData("/lessons/none")]
    [InlineData("/feedback/99")]
    [InlineData("/schools/revoke/none")]
    public async Task What_is_not_there_says_so(string path)
    {
        using HttpResponseMessage response = await Host.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("There is no such page", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> PublishAsync(params (string Name, string Value)[] fields) => Host.PostAsync("/packs/fractions/publish",
        [.. ((string Name, string Value)[])[("version", "1"), ("to", "all"), ("due", ""), ("priority", "0")] is var usual ? usual.Where(pair => fields.All(field => field.Name != pair.Name)) : [], .. fields]);

    private Task ReportAsync(BoxId box, PackHolding state, long have) => Host.ReportAsync(box,
        new StatusReport(1, "0.1.0", TimeSpan.Zero, [new PackReport("fractions", 1, state, have, 1000)], [], 0, 1, new ListVersions(1, 1, 1)));
}
