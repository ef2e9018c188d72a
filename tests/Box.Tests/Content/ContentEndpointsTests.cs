using System.Net;
using System.Net.Http.Headers;
using Edge.Box.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TestKit;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>The feature as the box runs it: its own loop fetches, its endpoints serve.</summary>
public sealed class ContentEndpointsTests : ContentTest
{
    private static readonly byte[] Video = Noise.Of(1_500_000, 3);

    private WebApplication _box = null!;
    private HttpClient _http = null!;
    private Uri _tools = null!;

    protected override async ValueTask PrepareAsync()
    {
        Origin.AddPack("fractions", 1, ("video/第一课.mp4", Video), ("tool/index.html", "<script>1</script>"u8.ToArray()), ("tool/a.js", "1"u8.ToArray()), ("picture.svg", "<svg/>"u8.ToArray()), ("notes.txt", "notes"u8.ToArray()));
        Origin.Publish(Wanted("fractions", 1));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, ToolSite.MarkAsTools);
        });
        builder.Services.AddSingleton(_ => new ToolSite(() => _tools.Port));
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Func<double>>(() => 0.5);
        var relay = new HttpClient { BaseAddress = Origin.Url };
        builder.Services.AddContent(Folder["content"], _ => new ContentPorts(() => relay, () => relay, () => Origin.Keys.Root, () => Origin.School, () => false));
        _box = builder.Build();
        _box.UseRouting();
        ToolSite.UseGate(_box);
        _box.MapContent();
        _box.MapTools();
        await _box.Services.StartContentAsync(default);
        await _box.StartAsync();
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(_box.Urls.First()) };
        _tools = new Uri(_box.Urls.Last());
        PackLibrary library = _box.Services.GetRequiredService<PackLibrary>();
        for (int i = 0; i < 1_000 && library.Find("fractions") is null; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        Assert.NotNull(library.Find("fractions"));
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _box.StopAsync();
        await _box.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_video_plays_and_seeks_with_the_relay_gone()
    {
        await Origin.DisposeAsync();
        Assert.Equal(Video, await _http.GetByteArrayAsync("/library/fractions/video/第一课.mp4"));
        foreach ((int from, int to) in ((int, int)[])[(0, 0), (131_000, 131_100), (700_000, 1_499_999), (1_499_999, 1_499_999)])
        {
            using HttpResponseMessage part = await AskAsync("/library/fractions/video/第一课.mp4", request => request.Headers.Range = new RangeHeaderValue(from, to));
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal("video/mp4", part.Content.Headers.ContentType!.ToString());
            Assert.Equal(Video[from..(to + 1)], await part.Content.ReadAsByteArrayAsync());
        }
        using HttpResponseMessage beyond = await AskAsync("/library/fractions/video/第一课.mp4", request => request.Headers.Range = new RangeHeaderValue(1_500_000, null));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
    }

    [Fact]
    public async Task An_unchanged_file_is_not_sent_again()
    {
        using HttpResponseMessage first = await _http.GetAsync("/library/fractions/notes.txt");
        Assert.Equal("text/plain; charset=utf-8", first.Content.Headers.ContentType!.ToString());
        Assert.Equal(["nosniff"], first.Headers.GetValues("X-Content-Type-Options"));
        using HttpResponseMessage second = await AskAsync("/library/fractions/notes.txt", request => request.Headers.IfNoneMatch.Add(first.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        using HttpResponseMessage head = await AskAsync("/library/fractions/notes.txt", request => request.Method = HttpMethod.Head);
        Assert.Equal(5, head.Content.Headers.ContentLength);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task The_address_of_a_state_gives_its_files_and_may_be_kept()
    {
        using HttpResponseMessage now = await _http.GetAsync("/library/fractions/@1/notes.txt");
        Assert.Equal("notes", await now.Content.ReadAsStringAsync());
        Assert.Equal(TimeSpan.FromHours(1), now.Headers.CacheControl!.MaxAge);
        foreach (string other in (string[])["@2", "@1.1", "@01", "@", "@1x"])
            Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync($"/library/fractions/{other}/notes.txt")).StatusCode);
    }

    [Fact]
    public async Task What_can_run_scripts_is_on_the_site_only_an_address_of_the_tools_port_or_inert()
    {
        using HttpResponseMessage page = await _http.GetAsync("/library/fractions/tool/index.html");
        Assert.Equal($"http://127.0.0.1:{_tools.Port}/fractions/@1/tool/index.html", page.Headers.Location!.ToString());
        using HttpResponseMessage picture = await _http.GetAsync("/library/fractions/picture.svg");
        Assert.StartsWith("sandbox; default-src 'none'", picture.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("image/svg+xml", picture.Content.Headers.ContentType!.ToString());
        using HttpResponseMessage script = await _http.GetAsync("/library/fractions/tool/a.js");
        Assert.Equal("text/plain; charset=utf-8", script.Content.Headers.ContentType!.ToString());
        Assert.Equal(["nosniff"], script.Headers.GetValues("X-Content-Type-Options"));
    }

    [Fact]
    public async Task A_tool_runs_under_a_rule_that_names_its_own_pack_and_no_other_place()
    {
        using var http = new HttpClient { BaseAddress = _tools };
        using HttpResponseMessage response = await http.GetAsync("/fractions/@1/tool/index.html");
        Assert.Equal("<script src=\"/tool.js\"></script><script>1</script>", await response.Content.ReadAsStringAsync());
        string rule = response.Headers.GetValues("Content-Security-Policy").Single();
        string own = $"http://127.0.0.1:{_tools.Port}/fractions/@1/";
        Assert.StartsWith("sandbox allow-scripts ", rule, StringComparison.Ordinal);
        Assert.Contains($"default-src {own} ", rule, StringComparison.Ordinal);
        Assert.Contains($"frame-src {own};", rule, StringComparison.Ordinal);
        Assert.Contains("form-action 'none'", rule, StringComparison.Ordinal);
        Assert.DoesNotContain("allow-same-origin", rule, StringComparison.Ordinal);
        Assert.DoesNotContain("allow-popups", rule, StringComparison.Ordinal);
        Assert.DoesNotContain("allow-top-navigation", rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hill.local", "http://hill.local:")]
    [InlineData("[fe80::1]", "http://[fe80::1]:")]
    [InlineData("box;script-src *", null)]
    public async Task The_rule_follows_the_name_that_the_phone_typed_and_a_forged_one_cannot_widen_it(string host, string? origin)
    {
        using var http = new HttpClient { BaseAddress = _tools };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/fractions/@1/tool/index.html");
        request.Headers.TryAddWithoutValidation("Host", host);
        using HttpResponseMessage response = await http.SendAsync(request);
        if (origin is null)
        {
            Assert.NotEqual(HttpStatusCode.OK, response.StatusCode);
            return;
        }
        Assert.Contains($"frame-src {origin}{_tools.Port}/fractions/@1/;", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/library/fractions/notes.txt")]
    [InlineData("/fractions/tool/index.html")]
    [InlineData("/fractions/@2/tool/index.html")]
    [InlineData("/fractions/@1/..%2f..%2fother/@1/a.html")]
    [InlineData("/")]
    public async Task The_tools_port_has_nothing_but_files_by_the_address_of_their_state(string path)
    {
        using var http = new HttpClient { BaseAddress = _tools };
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync("/fractions/@1/tool/index.html")).StatusCode);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><p>", 15)]
    [InlineData(" \n<!-- a > b --><!doctype html SYSTEM 'x'>\n<p>", 42)]
    [InlineData("<?xml version='1.0'?><!DOCTYPE html><p>", 36)]
    [InlineData("<html><p>", 0)]
    [InlineData("<!-- a --!><!doctype html><script>1</script>-->", 26)]
    [InlineData("<!-- a --!><script>1</script>--><!doctype html>", 0)]
    [InlineData("<!---->\n<!--><!doctype html>", 28)]
    [InlineData("<!-- never closed <!doctype html>", 0)]
    [InlineData("", 0)]
    public void The_helper_goes_behind_the_document_type(string head, int place) =>
        Assert.Equal(place, ToolEndpoints.PlaceForHelper(System.Text.Encoding.UTF8.GetBytes(head)));

    [Fact]
    public void A_page_in_16_bit_letters_stays_as_it_is() => Assert.Equal(-1, ToolEndpoints.PlaceForHelper(System.Text.Encoding.Unicode.GetPreamble()));

    [Theory]
    [InlineData("/library/none/a.txt")]
    [InlineData("/library/fractions/none.txt")]
    [InlineData("/library/fractions/../../lists/plan.list")]
    [InlineData("/library/fractions/..%2f..%2flists%2fplan.list")]
    [InlineData("/library/fractions/NOTES.txt")]
    public async Task What_is_not_in_the_pack_is_not_found(string path) => Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(path)).StatusCode);

    [Fact]
    public async Task A_damaged_file_asks_the_reader_to_come_back_and_heals_by_itself()
    {
        string store = Folder["content/store/000000.chunks"];
        await using (FileStream file = File.OpenWrite(store))
        {
            file.Position = 500_000;
            file.Write(new byte[2_000]);
        }
        Task<byte[]> broken = _http.GetByteArrayAsync("/library/fractions/video/第一课.mp4");
        await Assert.ThrowsAsync<HttpRequestException>(() => broken);
        HttpStatusCode status = default;
        for (int i = 0; i < 1_000 && status != HttpStatusCode.OK; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
            using HttpResponseMessage again = await _http.GetAsync("/library/fractions/video/第一课.mp4");
            status = again.StatusCode;
            if (status == HttpStatusCode.OK)
                Assert.Equal(Video, await again.Content.ReadAsByteArrayAsync());
            else
                Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        }
        Assert.Equal(HttpStatusCode.OK, status);
    }

    private Task<HttpResponseMessage> AskAsync(string path, Action<HttpRequestMessage> with)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        with(request);
        return _http.SendAsync(request);
    }
}
