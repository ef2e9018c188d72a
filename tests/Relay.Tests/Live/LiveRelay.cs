using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Live;
using Edge.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Live;
using TestKit;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>The relay's live feature on real Kestrel, a real database and real files; may be stopped and started on the same folder.</summary>
internal sealed class LiveRelay : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("live-relay-").FullName;
    private readonly Dictionary<string, string?> _settings;
    private WebApplication? _app;

    private LiveRelay(Dictionary<string, string?> settings) => _settings = settings;

    public HttpClient Http { get; private set; } = null!;

    public string Folder => Path.Combine(_folder, "live");

    public int PlanChanges { get; private set; }

    public T Get<T>() where T : notnull => _app!.Services.GetRequiredService<T>();

    public static async Task<LiveRelay> StartAsync(params (string Name, string Value)[] settings)
    {
        // Lower rungs only where a test is about them: each ladder is half a core.
        var all = new Dictionary<string, string?> { ["Ladder:Rungs"] = "" };
        foreach ((string name, string value) in settings)
            all[name.Contains(':', StringComparison.Ordinal) ? name : $"Live:{name}"] = value;
        var relay = new LiveRelay(all);
        await relay.StartAgainAsync();
        return relay;
    }

    /// <summary>With segments of a second, so that tests need not wait for long ones.</summary>
    /// <param name="roads">Settings of section <c>Ingest</c>.</param>
    public static Task<LiveRelay> StartWithRoadsAsync((string Name, string Value)[] roads, params (string Name, string Value)[] settings) =>
        StartAsync([("SegmentDuration", "00:00:01"), .. settings, .. roads.Select(road => ($"Ingest:{road.Name}", road.Value))]);

    public async Task StartAgainAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(_settings);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new JsonStringEnumConverter()));
        builder.Services.AddSingleton(_ => new DurableDatabase(Path.Combine(_folder, "relay.db"), LiveTables.Schema));
        builder.Services.AddLive(_ => new LivePorts(Folder, _ =>
        {
            PlanChanges++;
            return Task.CompletedTask;
        }));
        _app = builder.Build();
        _app.MapLessons();
        _app.MapCaptions();
        _app.MapCameras();
        _app.MapIngest();
        _app.MapLiveOrigin(context => context.Request.Headers["X-School"].FirstOrDefault() ?? "north");
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
    }

    public async Task StopAsync()
    {
        Http.Dispose();
        await _app!.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    /// <summary>Schedules a lesson that starts now; returns where its encoder sends to.</summary>
    public Task<string> ScheduleAsync(string id, params string[] schools) => ScheduleAsync(id, DateTimeOffset.Parse("2026-03-02T08:00:00Z"), null, schools);

    /// <summary>Schedules a lesson that the relay fetches from <paramref name="source"/>, beginning now.</summary>
    public Task ScheduleFetchedAsync(string id, string source) => ScheduleAsync(id, TimeProvider.System.GetUtcNow(), source, []);

    private async Task<string> ScheduleAsync(string id, DateTimeOffset start, string? source, string[] schools)
    {
        JsonElement answer = await PostAsync("/api/lessons", new
        {
            id,
            title = new { en = "Fractions" },
            @class = "3A",
            subject = "maths",
            start,
            duration = TimeSpan.FromMinutes(45),
            schools,
            source,
        });
        return answer.GetProperty("ingest").GetString()!;
    }

    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using HttpResponseMessage response = await Http.PostAsJsonAsync(path, body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public ImmutableArray<CameraState> Cameras(string lesson) => Get<IngestDesk>().Cameras(Get<LessonStore>().Find(lesson)!);

    public long Published(string lesson) => Get<LiveOrigin>().Window(Get<LessonStore>().Find(lesson)!).Next;

    public Task PublishedAsync(string lesson, long segments) => Eventually.TrueAsync(() => Published(lesson) >= segments);

    /// <summary>Sends a stream as an encoder does, and waits for the relay's answer.</summary>
    public async Task<HttpResponseMessage> SendAsync(string ingest, params byte[][] parts)
    {
        using var content = new PartsContent(parts);
        return await Http.PostAsync(ingest, content);
    }

    public Lesson Lesson(string id) => Get<LessonStore>().Find(id)!;

    public async Task<MediaPlaylist> ListAsync(string lesson, string list = "index.m3u8")
    {
        byte[] text = await Http.GetByteArrayAsync($"/live/{lesson}/{list}");
        Assert.True(PlaylistText.TryRead(text, out MediaPlaylist playlist, out PlaylistFault fault), fault.ToString());
        return playlist;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        // It was stopped at once: what was being written may be there a moment later.
        await Eventually.TrueAsync(() =>
        {
            Directory.Delete(_folder, recursive: true);
            return true;
        });
    }

    /// <summary>A body without a known length.</summary>
    private sealed class PartsContent(byte[][] parts) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            foreach (byte[] part in parts)
            {
                await stream.WriteAsync(part);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
