using System.Collections.Immutable;
using Edge.Box.Live;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Sync;
using Edge.Core.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TestKit.Disk;

namespace Edge.Box.Tests.Live;

/// <summary>The box's live feature on real Kestrel and real files, looking at a relay on a port of this machine; may be stopped and started on the same folder.</summary>
internal sealed class LiveBox : IAsyncDisposable
{
    public const string Lesson = "fractions";

    private readonly TempFolder _folder = new();
    private readonly Dictionary<string, string?> _settings;
    private readonly HttpClient _relay;
    private WebApplication? _app;

    private LiveBox(int relayPort, Dictionary<string, string?> settings)
    {
        _settings = settings;
        _relay = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = new Uri($"http://127.0.0.1:{relayPort}"), Timeout = Timeout.InfiniteTimeSpan };
    }

    public SitePlan? Plan { get; set; }

    /// <summary>What the box takes for the time.</summary>
    public DateTimeOffset? Now { get; set; } = DateTimeOffset.Parse("2026-03-02T08:00:00Z");

    /// <summary>What the rules of the link say to what is not live.</summary>
    public Func<int, LinkAnswer> Grant { get; set; } = wanted => new LinkAnswer(wanted, TimeSpan.Zero, LinkHold.None);

    public HttpClient Http { get; private set; } = null!;

    public string RecordingFolder => Path.Combine(_folder.Path, Lesson);

    public LiveLessons Lessons => _app!.Services.GetRequiredService<LiveLessons>();

    public LessonRecording? Recording => Lessons.Recording(Lesson);

    public long Published => Recording?.Window.Next ?? 0;

    public byte[] MediaBytes => File.ReadAllBytes(Path.Combine(RecordingFolder, "media.ts"));

    public static SitePlan PlanWith(LessonStage stage) => new(1, "north", LocalText.Of("en", "North"), [],
    [
        new PlannedLesson(Lesson, LocalText.Of("en", "Fractions"), "3A", "maths", DateTimeOffset.Parse("2026-03-02T08:00:00Z"), TimeSpan.FromMinutes(45), null, true, stage, []),
    ]);

    public static Task<LiveBox> StartAsync(int relayPort, params (string Name, string Value)[] settings) => StartAsync(relayPort, PlanWith(LessonStage.Running), settings);

    private static async Task<LiveBox> StartAsync(int relayPort, SitePlan? plan, (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string?> { ["Live:PollInterval"] = "00:00:00.100", ["Live:IdleTimeout"] = "00:00:01", ["Live:MaxRetryDelay"] = "00:00:00.300", ["Live:ReserveBytes"] = "0" };
        foreach ((string name, string value) in settings)
            all[name.Contains(':', StringComparison.Ordinal) ? name : $"Live:{name}"] = value;
        var box = new LiveBox(relayPort, all) { Plan = plan };
        await box.StartAgainAsync();
        return box;
    }

    /// <summary>A box that knows what its link carries before the lesson is planned.</summary>
    public static async Task<LiveBox> StartOnLinkAsync(int relayPort, long bitsPerSecond)
    {
        LiveBox box = await StartAsync(relayPort, null, []);
        box.Lessons.LinkBitsPerSecond = bitsPerSecond;
        box.Plan = PlanWith(LessonStage.Running);
        return box;
    }

    public async Task StartAgainAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(_settings);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Func<double>>(() => 0.5);
        builder.Services.AddLive(_ => new LivePorts(_folder.Path, () => Plan, () => _relay) { Now = () => Now, Grant = (wanted, _) => Task.FromResult(Grant(wanted)) });
        _app = builder.Build();
        _app.MapLive();
        MapTestPage(_app);
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    /// <summary>The smallest page that lesson.js plays in: what its head asks for, and nothing else.</summary>
    private static void MapTestPage(WebApplication app)
    {
        app.MapGet("/test", () => Results.Content($$"""
            <!doctype html><html lang="en"><title>lesson</title>
            <div id="lesson" data-list="/live/{{Lesson}}/index.m3u8" data-state="/live/{{Lesson}}/state.json" data-kit="/test/kit.json" data-hls="/test/lib/hls.light.min.js"
                 data-sounds="/live/{{Lesson}}/sounds.json" data-main="/live/{{Lesson}}/main.m3u8" data-hls-full="/test/lib/hls.min.js" data-text-sounds="language"
                 data-captions="/live/{{Lesson}}/captions.json" data-text-captions="captions" data-text-captions-off="no captions"
                 data-text-waiting="not begun" data-text-loading="loading" data-text-stored="stored copy, live will return" data-text-unplayable="cannot play">
              <video id="lesson-video" playsinline muted width="320"></video><div id="lesson-kit" hidden></div><p id="lesson-caption" hidden></p><p id="lesson-note" role="status"></p>
              <button data-act="play">play</button><button data-act="start">start</button><button data-act="back">back</button><button data-act="live">live</button>
            </div>
            <a href="/live/{{Lesson}}/index.m3u8#t=5" data-second="5"><strong>0:05</strong></a><input type="hidden" data-lesson-second><script src="/test/js/lesson.js"></script></html>
            """, "text/html; charset=utf-8"));
        app.MapGet("/test/kit.json", () => new { pictures = new[] { new { src = "/test/slide.svg?0", second = 0 }, new { src = "/test/slide.svg?4", second = 4 }, new { src = "/test/slide.svg?900", second = 900 } } });
        app.MapGet("/test/slide.svg", () => Results.Content("""<svg xmlns="http://www.w3.org/2000/svg" width="320" height="180"><rect width="320" height="180" fill="teal"/></svg>""", "image/svg+xml"));
        app.MapGet("/test/{folder}/{file}", (string folder, string file) =>
            Results.File(Path.Combine(AppContext.BaseDirectory, "wwwroot", Path.GetFileName(folder), Path.GetFileName(file)), "text/javascript"));
    }

    public async Task StopAsync()
    {
        Http.Dispose();
        await _app!.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>The playlist as a viewer gets it; null on 503.</summary>
    public async Task<MediaPlaylist?> PlaylistAsync()
    {
        using HttpResponseMessage response = await Http.GetAsync($"/live/{Lesson}/index.m3u8");
        if (!response.IsSuccessStatusCode)
            return null;
        if (!PlaylistText.TryRead(await response.Content.ReadAsByteArrayAsync(), out MediaPlaylist list, out PlaylistFault fault))
            throw new InvalidDataException(fault.ToString());
        return list;
    }

    /// <summary>All segments as a viewer gets them, joined.</summary>
    public async Task<byte[]> WatchAsync()
    {
        ImmutableArray<ListedSegment> entries = (await PlaylistAsync())?.Segments ?? [];
        using var all = new MemoryStream();
        foreach (ListedSegment entry in entries)
            all.Write(await Http.GetByteArrayAsync($"/live/{Lesson}/{entry.Uri}"));
        return all.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await StopAsync();
        _relay.Dispose();
        _folder.Dispose();
    }
}
