using System.Net;
using System.Net.Http.Headers;
using Edge.Box.Usage;
using Edge.Core.Feedback;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Usage;

/// <summary>What counts as what, through a real server.</summary>
public sealed class UsageCountingTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly UsageBook _book;
    private WebApplication _app = null!;
    private HttpClient _http = null!;

    public UsageCountingTests() => _book = new UsageBook(_folder["usage.json"], () => new DateOnly(2026, 3, 2));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(_time).AddSingleton(_book).AddSingleton<UsageCounting>();
        _app = builder.Build();
        _app.UseRouting();
        UsageCounting.Use(_app);
        _app.MapGet("/", () => Results.Content("<p>", "text/html")).WithMetadata(new CountsAs(UsageKey.Visits));
        _app.MapGet("/gone", () => Results.NotFound()).WithMetadata(new CountsAs(UsageKey.Visits));
        _app.MapGet("/else", () => Results.Content("<p>", "text/html"));
        foreach (string list in (string[])["index", "main"])
            _app.MapMethods($"/live/{{lesson}}/{list}.m3u8", [HttpMethods.Get, HttpMethods.Head], (string lesson) => Results.Content("#EXTM3U", "application/vnd.apple.mpegurl")).WithMetadata(new CountsAs(UsageKey.Plays, Once: true));
        _app.MapGet("/file/{type}/{kind}/{name}", (string type, string kind, string name) => Results.Bytes(new byte[5000], $"{type}/{kind}", enableRangeProcessing: true)).WithMetadata(new CountsAs(UsageKey.Downloads));
        _app.MapGet("/tool/{name}", (string name) => Results.Content("x", name.EndsWith(".html", StringComparison.Ordinal) ? "text/html" : "text/javascript")).WithMetadata(new CountsAs(UsageKey.Applications, Once: true));
        await _app.StartAsync(Token);
        _http = new HttpClient { BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Pages_count_each_time_and_only_when_they_are_there()
    {
        await GetAsync("/", "/", "/gone", "/else");
        await AssertAsync(visits: 2);
    }

    [Fact]
    public async Task A_lesson_is_played_once_however_often_its_list_is_asked_for_and_again_in_the_afternoon()
    {
        await GetAsync("/live/maths/index.m3u8", "/live/maths/index.m3u8", "/live/maths/main.m3u8", "/live/physics/index.m3u8");
        using var head = new HttpRequestMessage(HttpMethod.Head, "/live/music/index.m3u8");
        await _http.SendAsync(head, Token);
        await AssertAsync(plays: 2);
        _time.Advance(TimeSpan.FromHours(4));
        await GetAsync("/live/maths/index.m3u8");
        await AssertAsync(plays: 3);
    }

    [Fact]
    public async Task A_film_is_a_play_a_paper_a_download_and_a_picture_neither()
    {
        await GetAsync("/file/video/mp4/a", "/file/video/mp4/a", "/file/audio/mpeg/b", "/file/application/pdf/c", "/file/application/pdf/c", "/file/image/png/d");
        Assert.Equal(HttpStatusCode.PartialContent, await RangeAsync("/file/video/mp4/a", 1000));
        Assert.Equal(HttpStatusCode.PartialContent, await RangeAsync("/file/application/pdf/c", 0));
        Assert.Equal(HttpStatusCode.PartialContent, await RangeAsync("/file/application/pdf/c", 1000));
        await AssertAsync(plays: 2, downloads: 3);
    }

    [Fact]
    public async Task A_tool_is_opened_by_its_page_and_not_by_its_parts()
    {
        await GetAsync("/tool/atom.html", "/tool/atom.js", "/tool/atom.html", "/tool/lens.html");
        await AssertAsync(applications: 2);
    }

    private async Task GetAsync(params string[] paths)
    {
        foreach (string path in paths)
            (await _http.GetAsync(path, Token)).Dispose();
    }

    private async Task<HttpStatusCode> RangeAsync(string path, int from)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Range = new RangeHeaderValue(from, null) } };
        using HttpResponseMessage answer = await _http.SendAsync(request, Token);
        return answer.StatusCode;
    }

    /// <summary>The count is taken when the answer has gone, a moment after the asker has it.</summary>
    private async Task AssertAsync(long visits = 0, long plays = 0, long downloads = 0, long applications = 0)
    {
        long[] expected = [visits, plays, downloads, applications];
        await TestKit.Eventually.Async(() => Task.FromResult(_book.Owed() is [var day] && day.Counts.SequenceEqual(expected)), string.Join(' ', expected), Token, evidence: () => _book.Owed() is [var day] ? day.ToText() : "");
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        Assert.Equal(expected, _book.Owed().Single().Counts);
    }
}
