using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dapper;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Feedback;
using Relay.Sync;
using TestKit.Disk;
using TestKit.Identity;
using TestKit.Mosquitto;
using TestKit.Processes;
using Xunit;

namespace Relay.Tests.Sync;

/// <summary>The relay's end of the link, real but for fleet and identity: broker, ingest, feedback on a database in a folder of its own.</summary>
internal sealed class RelayEnd : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly BrokerKind _kind;
    private MosquittoBroker? _mosquitto;
    private WebApplication? _app;

    private RelayEnd(BrokerKind kind) => _kind = kind;

    public TestCertificates Certificates { get; } = new();

    public int Port { get; private set; }

    /// <summary>Box to school; one that is not here is unknown or revoked.</summary>
    public ConcurrentDictionary<BoxId, string> Schools { get; } = [];

    public ConcurrentDictionary<BoxId, StatusReport> Reports { get; } = [];

    public ConcurrentDictionary<BoxId, bool> Connected { get; } = [];

    public FeedbackStore Feedback => _app!.Services.GetRequiredService<FeedbackStore>();

    public IServiceProvider Services => _app!.Services;

    public DurableDatabase Database => _app!.Services.GetRequiredService<DurableDatabase>();

    public static async Task<RelayEnd> StartAsync(BrokerKind kind, CancellationToken cancellationToken)
    {
        bool mustRun = Environment.GetEnvironmentVariable("CI") is "true";
        Assert.SkipWhen(kind == BrokerKind.External && !MosquittoBroker.IsInstalled && !mustRun, "mosquitto is not installed");
        var end = new RelayEnd(kind);
        if (kind == BrokerKind.External)
            end._mosquitto = await MosquittoBroker.StartAsync(end.Certificates, cancellationToken);
        end.Port = end._mosquitto?.Port ?? FreePort.Take();
        await end.RunAsync(cancellationToken);
        return end;
    }

    public BoxId AddBox(string school = "school-1")
    {
        BoxId box = BoxId.New();
        Schools[box] = school;
        return box;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Sync:Broker"] = _kind.ToString(),
            ["Sync:BrokerAddress"] = "127.0.0.1",
            ["Sync:BrokerPort"] = Port.ToString(),
            ["Sync:MaxRetry"] = "00:00:00.500",
            ["Sync:DownPatience"] = "00:00:01",
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Func<double>>(() => 0.5);
        builder.Services.AddSingleton(_ => new DurableDatabase(_folder["relay.db"], SyncTables.Schema, FeedbackTables.Schema));
        builder.Services.AddSync(_kind, await RelayGeneration.NextAsync(_folder["generation"], TimeProvider.System, cancellationToken), _ => new SyncPorts(
            () => Certificates.Server(),
            () => Certificates.Client("relay"),
            () => Certificates.Authority,
            certificate => Certificates.IsOurs(certificate) && BoxId.TryParse(certificate.GetNameInfo(System.Security.Cryptography.X509Certificates.X509NameType.SimpleName, false), out BoxId box) ? box : null,
            box => Schools.GetValueOrDefault(box),
            (box, connected, _) =>
            {
                Connected[box] = connected;
                return Task.CompletedTask;
            },
            (box, report, _, _) =>
            {
                Reports[box] = report;
                return Task.CompletedTask;
            },
            (connection, transaction, arrived) =>
                FeedbackStore.Add(connection, transaction, arrived.Box, arrived.School, arrived.Epoch, arrived.Sequence, arrived.Item, TimeProvider.System.GetUtcNow())));
        builder.Services.AddFeedback(
            services => services.GetRequiredService<DownQueue>().Add,
            services => box => services.GetRequiredService<DownQueue>().Wake(box));
        builder.Services.AddAttachments(_folder["attachments"]);
        _app = builder.Build();
        // Who calls is a matter of the box API's gate; here the client says it.
        _app.MapLinkForBoxes(context => BoxId.Parse(context.Request.Headers["box"].ToString()));
        _app.MapAttachmentsForBoxes(context => BoxId.Parse(context.Request.Headers["box"].ToString()));
        await _app.StartAsync(cancellationToken);
    }

    public async Task StopAsync()
    {
        if (_app is null)
            return;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _app = null;
    }

    /// <summary>The way in over HTTP for a box.</summary>
    public HttpClient HttpFor(BoxId box) => new() { BaseAddress = new Uri(_app!.Urls.First(url => url.StartsWith("http:", StringComparison.Ordinal))), DefaultRequestHeaders = { { "box", box.ToString() } } };

    /// <summary>What came from a box, oldest first.</summary>
    public ImmutableArray<string> ContentsOf(BoxId box) => Database.Read(connection =>
        connection.Query<string>("SELECT content FROM feedback WHERE box = @box ORDER BY number", new { box = box.ToString() }).ToImmutableArray());

    public long Count(string table) => Database.Read(connection => connection.ExecuteScalar<long>($"SELECT count(*) FROM {table}"));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_mosquitto is not null)
            await _mosquitto.DisposeAsync();
        Certificates.Dispose();
        _folder.Dispose();
    }
}
