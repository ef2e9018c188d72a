using System.Net;
using System.Net.Http.Headers;
using Edge.Box.Content;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TestKit;
using TestKit.Content;
using TestKit.Disk;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>The feature as the box runs it: its own loop fetches, its endpoints serve.</summary>
public sealed class ContentEndpointsTests : IAsyncLifetime
{
    private static readonly byte[] Video = Noise.Of(1_500_000, 3);

    private readonly TempFolder _folder = new();
    private ContentOrigin _origin = null!;
    private WebApplication _box = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _origin = await ContentOrigin.StartAsync();
        _origin.AddPack("fractions", 1, ("video/第一课.mp4", Video), ("tool/index.html", "<script>1</script>"u8.ToArray()), ("picture.svg", "<svg/>"u8.ToArray()), ("notes.txt", "notes"u8.ToArray()));
        _origin.Publish(Wanted("fractions", 1));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Func<double>>(() => 0.5);
        var relay = new HttpClient { BaseAddress = _origin.Url };
        builder.Services.AddContent(_folder["content"], _ => new ContentPorts(() => relay, () => relay, () => _origin.Keys.Root, () => _origin.School, () => false));
        _box = builder.Build();
        _box.MapContent();
        await _box.Services.StartContentAsync(default);
        await _box.StartAsync();
        _http = new HttpClient { BaseAddress = new Uri(_box.Urls.First()) };
        PackLibrary library = _box.Services.GetRequiredService<PackLibrary>();
        for (int i = 0; i < 1_000 && library.Find("fractions") is null; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        Assert.NotNull(library.Find("fractions"));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _box.StopAsync();
        await _box.DisposeAsync();
        await _origin.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_video_plays_and_seeks_with_the_relay_gone()
    {
        await _origin.DisposeAsync();
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

    [Theory]
    [InlineData("tool/index.html", true)]
    [InlineData("picture.svg", true)]
    [InlineData("notes.txt", false)]
    public async Task What_can_run_scripts_runs_in_a_sandbox_that_reaches_its_own_pack_only(string path, bool sandboxed)
    {
        using HttpResponseMessage response = await _http.GetAsync("/library/fractions/" + path);
        Assert.Equal(sandboxed, response.Headers.TryGetValues("Content-Security-Policy", out IEnumerable<string>? rules));
        if (!sandboxed)
            return;
        string rule = rules!.Single();
        Assert.StartsWith("sandbox allow-scripts", rule, StringComparison.Ordinal);
        Assert.Contains($"default-src {_http.BaseAddress}library/fractions/ ", rule, StringComparison.Ordinal);
        Assert.Contains("form-action 'none'", rule, StringComparison.Ordinal);
        Assert.DoesNotContain("allow-same-origin", rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forged_host_cannot_widen_the_sandbox()
    {
        using HttpResponseMessage response = await AskAsync("/library/fractions/tool/index.html", request => request.Headers.Host = "evil.example");
        Assert.DoesNotContain("'self' data", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

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
        string store = _folder["content/store/000000.chunks"];
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
