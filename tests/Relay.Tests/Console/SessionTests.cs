using System.Net;
using Xunit;

namespace Relay.Tests.Console;

public sealed class SessionTests : IAsyncLifetime
{
    private ConsoleHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ConsoleHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("/")]
    [InlineData("/schools")]
    [InlineData("/packs")]
    [InlineData("/lessons")]
    [InlineData("/lessons/new")]
    [InlineData("/feedback")]
    [InlineData("/nowhere")]
    [InlineData("/schools/revoke/b0000000000")]
    public async Task Without_the_key_every_page_leads_to_the_login(string path)
    {
        using HttpResponseMessage response = await _host.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/login", response.Headers.Location!.AbsolutePath);
    }

    [Fact]
    public async Task A_form_without_the_key_changes_nothing()
    {
        string code = await _host.BoxWaitsAsync();
        using HttpResponseMessage response = await _host.PostAsync("/schools/claim", ("code", code), ("school", "Baiyun"));
        Assert.Equal("/login", response.Headers.Location!.AbsolutePath);
        Assert.Empty(_host.Get<Relay.Fleet.FleetStore>().Schools());
    }

    [Fact]
    public async Task The_key_signs_in_and_leads_back_to_the_page_asked_for()
    {
        using HttpResponseMessage response = await _host.PostAsync("/login", ("key", _host.StaffKey), ("returnUrl", "/schools?link=silent"));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal("/schools?link=silent", response.Headers.Location!.OriginalString);
        Assert.Contains("<h1>", await _host.PageAsync("/schools"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_with_the_key_signs_in_and_leaves_the_address_at_once()
    {
        using HttpResponseMessage response = await _host.Http.GetAsync("/login?key=" + _host.StaffKey);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal("/", response.Headers.Location!.OriginalString);
        await _host.PageAsync("/");
    }

    [Theory]
    [InlineData("https://elsewhere.example/")]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example/")]
    [InlineData("schools")]
    public async Task Signing_in_never_leads_elsewhere(string returnUrl)
    {
        using HttpResponseMessage response = await _host.PostAsync("/login", ("key", _host.StaffKey), ("returnUrl", returnUrl));
        Assert.Equal("/", response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_wrong_key_is_said_and_opens_nothing()
    {
        using HttpResponseMessage wrong = await _host.PostAsync("/login", ("key", "wrong"));
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Contains("密钥不正确", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using HttpResponseMessage link = await _host.Http.GetAsync("/login?key=wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, link.StatusCode);
        using HttpResponseMessage page = await _host.Http.GetAsync("/");
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
    }

    [Fact]
    public async Task Signing_out_closes_the_console()
    {
        using HttpResponseMessage inside = await _host.PostAsync("/login", ("key", _host.StaffKey));
        using HttpResponseMessage outside = await _host.PostAsync("/logout");
        Assert.Equal("/login", outside.Headers.Location!.OriginalString);
        using HttpResponseMessage page = await _host.Http.GetAsync("/");
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
    }

    [Fact]
    public async Task A_form_sent_from_another_site_or_port_is_refused()
    {
        using HttpResponseMessage inside = await _host.PostAsync("/login", ("key", _host.StaffKey));
        foreach (string site in (string[])["cross-site", "same-site"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/schools/claim") { Content = new FormUrlEncodedContent([KeyValuePair.Create("code", "7KQ2")]), Headers = { { "Sec-Fetch-Site", site } } };
            using HttpResponseMessage response = await _host.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Fact]
    public async Task The_language_is_the_browsers_until_one_is_chosen()
    {
        _host.Http.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en-GB,en;q=0.9");
        Assert.Contains("<html lang=\"en\"", await _host.PageAsync("/login"), StringComparison.Ordinal);
        using HttpResponseMessage chosen = await _host.PostAsync("/language", ("lang", "zh-Hans"), ("back", "/login"));
        Assert.Equal("/login", chosen.Headers.Location!.OriginalString);
        Assert.Contains("<html lang=\"zh-Hans\"", await _host.PageAsync("/login"), StringComparison.Ordinal);
    }
}
