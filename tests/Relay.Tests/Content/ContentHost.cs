using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Relay.Content;
using Relay.Identity;
using TestKit.Content;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Content;

/// <summary>The relay's content feature alone, on a free port, with real files and database.</summary>
internal sealed class ContentHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ContentHost(WebApplication app, TempFolder folder, ListKeys keys, FakeTimeProvider time)
    {
        _app = app;
        Folder = folder;
        Keys = keys;
        Time = time;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public TempFolder Folder { get; }

    public ListKeys Keys { get; }

    public HttpClient Http { get; }

    public List<PlannedSchool> Schools { get; } = [new("hill", LocalText.Of("en", "Hill")), new("valley", LocalText.Of("en", "Valley"))];

    public List<PlannedLesson> Lessons { get; } = [];

    public FakeTimeProvider Time { get; }

    public DurableDatabase Database => _app.Services.GetRequiredService<DurableDatabase>();

    public PackRegistry Registry => _app.Services.GetRequiredService<PackRegistry>();

    public ContentStore Store => _app.Services.GetRequiredService<ContentStore>();

    public PackIntake Intake => _app.Services.GetRequiredService<PackIntake>();

    public PackDesk Desk => _app.Services.GetRequiredService<PackDesk>();

    public ListPublisher Lists => _app.Services.GetRequiredService<ListPublisher>();

    public static async Task<ContentHost> StartAsync()
    {
        var folder = new TempFolder();
        var keys = new ListKeys();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        ContentHost? host = null;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<IListSigner>(new TestSigner(keys));
        builder.Services.AddSingleton(_ => new DurableDatabase(folder["relay.db"], ContentTables.Schema, ProposalTables.Schema, AuditLog.Schema));
        builder.Services.AddContent(folder["content"], _ => new PlanSources(() => [.. host!.Schools], _ => [.. host!.Lessons]));
        WebApplication app = builder.Build();
        app.MapContentForBoxes(context => context.Request.Headers["School"]);
        app.MapPacks((_, _) => new PackArrivals(2, 1), _ => Task.CompletedTask);
        await app.StartAsync();
        return host = new ContentHost(app, folder, keys, time);
    }

    /// <summary>What the command line gives the builder, without HTTP.</summary>
    public BuildTarget Target => new(
        async (pack, token) => Registry.Find(pack, null) is { } latest
            ? new LatestPack(Manifest.Read(await Store.ReadAsync(latest.Manifest, int.MaxValue, token), out _)!, latest.Withdrawn is not null) : null,
        (asked, _) => Task.FromResult(Registry.Known(asked)),
        async (id, bytes, token) => Assert.NotEqual(PutOutcome.WrongBytes, await Store.PutAsync(id, new MemoryStream(bytes.ToArray()), token)));

    public async Task<BuiltPack> BuildAsync(string folder)
    {
        BuiltPack built = await new PackBuilder(Target, Time, null).BuildAsync(folder, default);
        if (built.Changed)
            Assert.Null((await Intake.AcceptAsync(built.Id, default)).Refusal);
        return built;
    }

    public async Task<SitePlan> PlanAsync(string school) => SitePlan.Read(Checked(await Lists.PlanAsync(school, default)).Payload.Span)!;

    public async Task<Catalogue> CatalogueAsync() => Catalogue.Read(Checked(await Lists.CatalogueAsync(default)).Payload.Span)!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        Keys.Dispose();
        Folder.Dispose();
    }

    private SignedList Checked(byte[]? bytes)
    {
        Assert.True(SignedList.TryParse(bytes, out SignedList list));
        Assert.True(Keys.Trust.Trusts(list));
        return list;
    }
}
