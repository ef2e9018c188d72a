using System.Net;
using Edge.Core.Content;
using Relay.Content;
using Xunit;

namespace Relay.Tests.Console;

public sealed class ErrataFormTests : PackPageTest
{
    [Fact]
    public async Task A_correction_is_made_shown_and_taken_back()
    {
        using HttpResponseMessage made = await SendAsync(("zh", "是三，不是四 <b>"), ("en", "three, not four"), ("path", "notes.txt"), ("page", "7"));
        Assert.Equal(HttpStatusCode.SeeOther, made.StatusCode);
        Erratum erratum = Assert.Single(Host.Get<ErrataDesk>().All());
        Assert.Equal(("fractions", 1L, "notes.txt", 7, (int?)null), (erratum.Pack, erratum.Through, erratum.Path, erratum.Page, erratum.Second));
        Assert.Equal("是三，不是四 <b>", erratum.Text.In("zh-Hans"));
        string page = await Host.PageAsync("/packs/fractions");
        foreach (string shown in (string[])["goes to all schools with their next contact", "three, not four", "notes.txt", "versions up to 1"])
            Assert.Contains(shown, page, StringComparison.Ordinal);
        using HttpResponseMessage gone = await Host.PostAsync($"/packs/fractions/errata/{erratum.Id}/withdraw");
        Assert.Equal(HttpStatusCode.SeeOther, gone.StatusCode);
        Assert.True(Assert.Single(Host.Get<ErrataDesk>().All()).Withdrawn);
        Assert.DoesNotContain($"/errata/{erratum.Id}/withdraw", await Host.PageAsync("/packs/fractions"), StringComparison.Ordinal);
        using HttpResponseMessage none = await Host.PostAsync("/packs/fractions/errata/e9/withdraw");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task Two_hundred_Chinese_letters_fit_and_one_more_does_not_and_nothing_typed_is_lost()
    {
        using HttpResponseMessage longest = await SendAsync(("zh", new string('数', 200)));
        Assert.Equal(HttpStatusCode.SeeOther, longest.StatusCode);
        string zh = new('数', 150);
        using HttpResponseMessage over = await SendAsync(("zh", zh), ("en", new string('x', 151)), ("path", "notes.txt"), ("at", "12:30"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, over.StatusCode);
        string page = await over.Content.ReadAsStringAsync();
        foreach (string shown in (string[])["This is too long", zh, new string('x', 151), "value=\"notes.txt\"", "value=\"12:30\""])
            Assert.Contains(shown, page, StringComparison.Ordinal);
        Assert.Single(Host.Get<ErrataDesk>().All());
    }

    [Theory]
    [InlineData("zh", "", "Write what is right")]
    [InlineData("zh", "   ", "Write what is right")]
    [InlineData("path", "none.txt", "no such file")]
    [InlineData("path", "../notes.txt", "no such file")]
    [InlineData("at", "soon", "Write a time such as 12:30")]
    [InlineData("page", "0", "Write a time such as 12:30")]
    [InlineData("page", "seven", "Write a time such as 12:30")]
    public async Task What_makes_no_sense_is_said_beside_its_field_and_changes_nothing(string field, string value, string why)
    {
        (string, string)[] fields = [.. ((string Name, string Value)[])[("zh", "三"), ("path", "notes.txt"), (field, value)]];
        using HttpResponseMessage response = await SendAsync([.. fields.GroupBy(pair => pair.Item1).Select(pair => pair.Last())]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        string page = await response.Content.ReadAsStringAsync();
        Assert.Contains(why, page, StringComparison.Ordinal);
        Assert.Contains("aria-invalid=\"true\"", page, StringComparison.Ordinal);
        Assert.Empty(Host.Get<ErrataDesk>().All());
    }

    [Fact]
    public async Task A_place_without_a_file_is_no_place()
    {
        using HttpResponseMessage response = await SendAsync(("zh", "三"), ("at", "12:30"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Empty(Host.Get<ErrataDesk>().All());
    }

    [Fact]
    public async Task An_unknown_pack_is_not_there()
    {
        using HttpResponseMessage response = await Host.PostAsync("/packs/none/errata", ("zh", "三"));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(Host.Get<ErrataDesk>().All());
    }

    [Fact]
    public async Task Who_is_not_signed_in_and_a_form_of_another_site_change_nothing()
    {
        using HttpClient stranger = Host.Browser();
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("zh", "三")]);
        using HttpResponseMessage sent = await stranger.PostAsync("/packs/fractions/errata", form);
        Assert.Equal(HttpStatusCode.Redirect, sent.StatusCode);
        Assert.StartsWith("/login", sent.Headers.Location!.IsAbsoluteUri ? sent.Headers.Location.PathAndQuery : sent.Headers.Location.ToString(), StringComparison.Ordinal);
        foreach (string site in (string[])["cross-site", "same-site"])
        {
            using var foreign = new HttpRequestMessage(HttpMethod.Post, "/packs/fractions/errata") { Content = new FormUrlEncodedContent([KeyValuePair.Create("zh", "三")]), Headers = { { "Sec-Fetch-Site", site } } };
            using HttpResponseMessage refused = await Host.Http.SendAsync(foreign);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
        Assert.Empty(Host.Get<ErrataDesk>().All());
    }

    [Fact]
    public async Task In_Chinese_the_reason_is_Chinese()
    {
        await using ConsoleHost host = await ConsoleHost.SignedInAsync("zh-Hans");
        await host.AddPackAsync("fractions", "Fractions", "one");
        using HttpResponseMessage response = await host.PostAsync("/packs/fractions/errata", ("zh", new string('数', 201)));
        Assert.Contains("最多 200 个汉字", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> SendAsync(params (string Name, string Value)[] fields) => Host.PostAsync("/packs/fractions/errata", fields);
}
