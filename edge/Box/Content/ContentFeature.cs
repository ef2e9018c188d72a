using Edge.Core.Identity;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>What the content feature needs of others.</summary>
/// <param name="Relay">Client of the relay's box API; null until the box was claimed.</param>
/// <param name="Bulk">Another, for the bytes of packs.</param>
/// <param name="PinnedRoot">The root list that came with the claim; null until then.</param>
/// <param name="School">The school this box works for; null until the claim.</param>
/// <param name="LiveNeedsLink">A live lesson runs: packs wait.</param>
/// <param name="IsInUse">Whether a pack is being taught with now, so that it must not change; null: never.</param>
public sealed record ContentPorts(Func<HttpClient?> Relay, Func<HttpClient?> Bulk, Func<SignedList?> PinnedRoot, Func<string?> School, Func<bool> LiveNeedsLink, Func<string, bool>? IsInUse = null);

/// <summary>Packs: signed lists, store, fetching, library.</summary>
public static class ContentFeature
{
    /// <param name="services">Where to add it.</param>
    /// <param name="folder">Folder of lists, store files and their index. The index has a database of its own: it is large, and it can be made anew from the files.</param>
    /// <param name="ports">What other features give.</param>
    public static IServiceCollection AddContent(this IServiceCollection services, string folder, Func<IServiceProvider, ContentPorts> ports)
    {
        services.AddOptionsWithValidateOnStart<ContentOptions, ContentOptionsValidator>().BindConfiguration("Content");
        services.AddSingleton(ports);
        services.AddSingleton(provider =>
        {
            ContentPorts given = provider.GetRequiredService<ContentPorts>();
            return new ListStore(Path.Combine(folder, "lists"), given.PinnedRoot, given.School, provider.GetRequiredService<ILogger<ListStore>>());
        });
        services.AddSingleton(provider => new ErrataStore(
            Path.Combine(folder, "lists"), () => provider.GetRequiredService<ListStore>().Current?.Root, provider.GetRequiredService<ILogger<ErrataStore>>()));
        services.AddSingleton(provider => new ContentDatabase(folder, provider.GetRequiredService<ILogger<DiskChunkStore>>()));
        services.AddSingleton(provider => DiskChunkStore.Open(Path.Combine(folder, "store"), provider.GetRequiredService<ContentDatabase>().Database,
            provider.GetRequiredService<IOptions<ContentOptions>>().Value, () => new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace, provider.GetRequiredService<ILogger<DiskChunkStore>>()));
        services.AddSingleton(provider => new PackHold(
            provider.GetRequiredService<ContentPorts>().IsInUse ?? (_ => false), provider.GetRequiredService<IOptions<ContentOptions>>().Value.LongestHold, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new PackLibrary(
            provider.GetRequiredService<DiskChunkStore>(), provider.GetRequiredService<ContentDatabase>().Database, provider.GetRequiredService<PackHold>(), provider.GetRequiredService<ILogger<PackLibrary>>()));
        services.AddSingleton(provider => new LibrarySearch(
            Path.Combine(folder, "search.db"), provider.GetRequiredService<PackLibrary>(), provider.GetRequiredService<ILogger<LibrarySearch>>(), provider.GetRequiredService<LocalLayers>()));
        services.AddHostedService<LibrarySearchLoop>();
        services.AddOptionsWithValidateOnStart<LayerOptions, LayerOptionsValidator>().BindConfiguration("Layer");
        services.AddSingleton(provider => new LocalFiles(Path.Combine(folder, "local"), provider.GetRequiredService<IOptions<LayerOptions>>().Value,
            provider.GetRequiredService<IOptions<ContentOptions>>().Value.ReserveBytes, () => new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace));
        services.AddSingleton(provider => new LocalLayers(Path.Combine(folder, "local"), provider.GetRequiredService<LocalFiles>(), provider.GetRequiredService<ILogger<LocalLayers>>()));
        services.AddSingleton<PackViews>();
        services.AddSingleton(provider => new RelayContent(
            provider.GetRequiredService<ContentPorts>().Relay, provider.GetRequiredService<ContentPorts>().Bulk, provider.GetRequiredService<LinkGate>().Heard,
            provider.GetRequiredService<IOptions<ContentOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddOptionsWithValidateOnStart<LinkOptions, LinkOptionsValidator>().BindConfiguration("Link");
        services.AddSingleton(provider => new LinkGate(Path.Combine(folder, "link.json"), () => provider.GetRequiredService<ListStore>().Current?.Plan,
            provider.GetRequiredService<ContentPorts>().LiveNeedsLink, provider.GetRequiredService<IOptions<LinkOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => PartialStore.Open(Path.Combine(folder, "partial"), provider.GetRequiredService<IOptions<ContentOptions>>().Value.PartialBytes));
        services.AddSingleton(provider => new Transfer(provider.GetRequiredService<RelayContent>(), provider.GetRequiredService<PartialStore>(), provider.GetRequiredService<LinkGate>(),
            provider.GetRequiredService<IOptions<ContentOptions>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new PackRoom(provider.GetRequiredService<DiskChunkStore>(), provider.GetRequiredService<PackLibrary>(),
            () => provider.GetRequiredService<ListStore>().Current?.Plan, provider.GetRequiredService<ILogger<PackRoom>>()));
        services.AddHostedService<StoreCareLoop>();
        services.AddSingleton<PackFetcher>();
        services.AddSingleton(provider => new UsbBundleImport(provider.GetRequiredService<ListStore>(), provider.GetRequiredService<ErrataStore>(), provider.GetRequiredService<DiskChunkStore>(),
            provider.GetRequiredService<PackRoom>(), provider.GetRequiredService<PackLibrary>(), provider.GetRequiredService<ContentPorts>().School, provider.GetRequiredService<ILogger<UsbBundleImport>>()));
        services.AddSingleton<PackOutlooks>();
        services.AddSingleton<FetchLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<FetchLoop>());
        return services;
    }

    /// <summary>Before the site answers: what was shown when the box went off shows again at the first request.</summary>
    public static Task StartContentAsync(this IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<PackLibrary>().LoadAsync(cancellationToken);
}

/// <summary>The content feature's own database file.</summary>
internal sealed class ContentDatabase : IDisposable
{
    public ContentDatabase(string folder, ILogger log)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "content.db");
        try
        {
            Database = new DurableDatabase(path, ContentTables.Schema, FormerTables.Schema);
        }
        catch (SqliteException e) when (DatabaseFile.IsDamage(e))
        {
            // The chunks are in the store files, and the lists say what to show: nothing has to come over the link again.
            log.IndexDamaged(e.Message);
            DatabaseFile.Delete(path);
            Database = new DurableDatabase(path, ContentTables.Schema, FormerTables.Schema);
        }
    }

    public DurableDatabase Database { get; }

    public void Dispose() => Database.Dispose();
}
