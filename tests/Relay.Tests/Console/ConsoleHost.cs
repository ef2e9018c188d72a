using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Relay.Content;
using Relay.Feedback;
using Relay.Fleet;
using Relay.Identity;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Console;

/// <summary>The whole relay on free ports with a folder of its own, and a browser without script.</summary>
internal sealed class ConsoleHost : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly WebApplication _app;
    private long _given;

    private ConsoleHost(TempFolder folder, WebApplication app)
    {
        _folder = folder;
        _app = app;
        Address = new Uri(app.Urls.First(url => url.StartsWith("http:", StringComparison.Ordinal)));
        Http = Browser();
    }

    public Uri Address { get; }

    /// <summary>Follows no redirect by itself; keeps cookies.</summary>
    public HttpClient Http { get; }

    public string DataFolder => _folder["data"];

    public string StaffKey => Get<RelayKeys>().StaffKey;

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public static async Task<ConsoleHost> StartAsync(params string[] settings)
    {
        var folder = new TempFolder();
        WebApplication app = await RelayServer.BuildAsync(
            ["--Relay:DataFolder=" + folder["data"], "--Relay:ConsolePort=0", "--Relay:BoxAddress=127.0.0.1", "--Relay:BoxPort=0", "--Sync:BrokerAddress=127.0.0.1", "--Sync:BrokerPort=0", "--Logging:LogLevel:Default=Error", .. settings],
            CancellationToken.None);
        await app.StartAsync();
        return new ConsoleHost(folder, app);
    }

    public static async Task<ConsoleHost> SignedInAsync(string language = "en", params string[] settings)
    {
        ConsoleHost host = await StartAsync(settings);
        host.Http.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        using HttpResponseMessage response = await host.Http.GetAsync("/login?key=" + host.StaffKey);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return host;
    }

    /// <summary>Another browser, not signed in.</summary>
    public HttpClient Browser() => new(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Address };

    public async Task<string> PageAsync(string path)
    {
        using HttpResponseMessage response = await Http.GetAsync(path);
        string page = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {page}");
        return page;
    }

    public Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) =>
        Http.PostAsync(path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    /// <summary>A claim code that a new box shows.</summary>
    public async Task<string> BoxWaitsAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string code = ClaimCode.New();
        string request = new CertificateRequest("CN=box", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        Assert.Equal(EnrolOutcome.Waiting, (await Get<EnrolmentDesk>().ApplyAsync(new EnrolRequest(code, request), default)).Outcome);
        return code;
    }

    /// <summary>A school with a claimed box.</summary>
    public async Task<BoxId> AddBoxAsync(string school, string chinese, string english)
    {
        School added = await Get<FleetStore>().AddSchoolAsync(school, LocalText.Of("zh-Hans", chinese).And("en", english), default);
        return (await Get<EnrolmentDesk>().ClaimAsync(await BoxWaitsAsync(), added, default)).Box;
    }

    public Task ReportAsync(BoxId box, StatusReport report) => Get<FleetStore>().ReportedAsync(box, report.Counter, report.ToJson(), default);

    /// <summary>The box was heard of last so long ago.</summary>
    public Task LastHeardAsync(BoxId box, TimeSpan ago) => Get<DurableDatabase>().WriteAsync((connection, transaction) => connection.Execute(
        "UPDATE boxes SET connected = 0, last_contact = @at WHERE id = @id",
        new { id = box.ToString(), at = (Get<TimeProvider>().GetUtcNow() - ago).ToUnixTimeMilliseconds() }, transaction), default);

    /// <summary>Something a seat of class 3A gave, as if it had come up the link.</summary>
    public Task GiveAsync(BoxId box, FeedbackKind kind, string? lesson, int? second, int seat, string? subject, string content) => Get<DurableDatabase>().WriteAsync((connection, transaction) =>
    {
        DateTimeOffset now = Get<TimeProvider>().GetUtcNow();
        var item = new FeedbackItem(new ItemId(1, (ulong)++_given), kind, FeedbackPriority.Normal, lesson, second, new Seat("3A", seat, SeatRole.Pupil), subject, content,
            new ItemTime(1, _given, now.ToUnixTimeMilliseconds(), TimeQuality.Relay));
        Assert.Equal(FeedbackFault.None, item.Fault());
        FeedbackStore.Add(connection, transaction, box, Get<FleetStore>().SchoolOf(box)!, 1, _given, item, now);
        return 0;
    }, default);

    /// <summary>The box has all that was queued for it.</summary>
    public Task DownReachedAsync(BoxId box) => Get<DurableDatabase>().WriteAsync((connection, transaction) => connection.Execute(
        "UPDATE down_items SET delivered = @at WHERE box = @id",
        new { id = box.ToString(), at = Get<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds() }, transaction), default);

    /// <summary>A built pack with one small file.</summary>
    public async Task AddPackAsync(string id, string english, string content)
    {
        using var pack = new TempFolder();
        pack.Write("pack.json", $$"""{ "id": "{{id}}", "title": { "en": "{{english}}" } }""");
        pack.Write("notes.txt", content);
        PackRegistry registry = Get<PackRegistry>();
        ContentStore store = Get<ContentStore>();
        var target = new BuildTarget(
            async (name, token) => registry.Find(name, null) is { } latest
                ? new LatestPack(Manifest.Read(await store.ReadAsync(latest.Manifest, int.MaxValue, token), out _)!, latest.Withdrawn is not null) : null,
            (asked, _) => Task.FromResult(registry.Known(asked)),
            async (chunk, bytes, token) => Assert.NotEqual(PutOutcome.WrongBytes, await store.PutAsync(chunk, new MemoryStream(bytes.ToArray()), token)));
        BuiltPack built = await new PackBuilder(target, Get<TimeProvider>(), null).BuildAsync(pack.Path, default);
        Assert.Null((await Get<PackIntake>().AcceptAsync(built.Id, default)).Refusal);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}
