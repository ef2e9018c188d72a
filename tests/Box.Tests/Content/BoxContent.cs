using Edge.Box.Content;
using Edge.Box.Identity;
using Edge.Core.Content;

using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TestKit.Content;
using Xunit;

namespace Edge.Box.Tests.Content;

/// <summary>The content feature over a folder, without the web. Dropping it and opening another over the same folder is what a power cut leaves.</summary>
internal sealed class BoxContent : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly ContentDatabase _database;

    private BoxContent(string folder, ContentOrigin origin, TimeProvider time, Func<long> freeBytes, CountingHandler handler, LinkOptions? link, long quotaBytes, NeighbourFetch? neighbours)
    {
        ContentOptions sizes = new() { CommitBytes = Options.CommitBytes, ReserveBytes = Options.ReserveBytes, StoreFileBytes = Options.StoreFileBytes, ListInterval = Options.ListInterval, QuotaBytes = quotaBytes };
        Link = handler;
        _http = new HttpClient(new ConnectionFaults(handler)) { BaseAddress = origin.Url, Timeout = Timeout.InfiniteTimeSpan };
        IOptions<ContentOptions> options = Microsoft.Extensions.Options.Options.Create(Options);
        Lists = new ListStore(Path.Combine(folder, "lists"), () => origin.Keys.Root, () => origin.School, NullLogger<ListStore>.Instance);
        Errata = new ErrataStore(Path.Combine(folder, "lists"), () => Lists.Current?.Root, NullLogger<ErrataStore>.Instance);
        _database = new ContentDatabase(folder, NullLogger.Instance);
        Store = DiskChunkStore.Open(Path.Combine(folder, "store"), _database.Database, sizes, freeBytes, NullLogger.Instance);
        Hold = new PackHold(pack => InUse.Contains(pack), Options.LongestHold, time);
        Library = new PackLibrary(Store, _database.Database, Hold, NullLogger<PackLibrary>.Instance);
        Layers = new LocalLayers(Path.Combine(folder, "local"), new LocalFiles(Path.Combine(folder, "local"), new LayerOptions(), Options.ReserveBytes, freeBytes), NullLogger<LocalLayers>.Instance);
        Views = new PackViews(Library, Layers);
        Relay = new RelayContent(() => _http, () => _http, relay => Gate!.Heard(relay), options, time);
        Partial = PartialStore.Open(Path.Combine(folder, "partial"), Options.PartialBytes);
        Gate = new LinkGate(Path.Combine(folder, "link.json"), () => Lists.Current?.Plan, () => LiveNeedsLink, Microsoft.Extensions.Options.Options.Create(link ?? new LinkOptions()), time);
        Transfer = new Transfer(Relay, Partial, Gate, options, time);
        Room = new PackRoom(Store, Library, () => Lists.Current?.Plan, NullLogger<PackRoom>.Instance);
        Fetcher = new PackFetcher(Lists, Errata, Store, Library, Relay, Transfer, Room, options, time, NullLogger<PackFetcher>.Instance, neighbours);
        Usb = new UsbBundleImport(Lists, Errata, Store, Room, Library, () => origin.School, NullLogger<UsbBundleImport>.Instance);
    }

    public static ContentOptions Options { get; } = new() { CommitBytes = 64 << 10, ReserveBytes = 1000, StoreFileBytes = 1 << 20, ListInterval = TimeSpan.FromSeconds(20) };

    /// <summary>Packs that a lesson shows.</summary>
    public HashSet<string> InUse { get; } = [];

    public PackHold Hold { get; }

    public LocalLayers Layers { get; }

    public PackViews Views { get; }

    public CountingHandler Link { get; }

    public ListStore Lists { get; }

    public ErrataStore Errata { get; }

    public DiskChunkStore Store { get; }

    public PackLibrary Library { get; }

    public RelayContent Relay { get; }

    public PartialStore Partial { get; }

    public LinkGate Gate { get; }

    public Transfer Transfer { get; }

    /// <summary>A live lesson runs.</summary>
    public bool LiveNeedsLink { get; set; }

    public PackRoom Room { get; }

    public PackFetcher Fetcher { get; }

    public UsbBundleImport Usb { get; }

    public static async Task<BoxContent> OpenAsync(string folder, ContentOrigin origin, TimeProvider? time = null, Func<long>? freeBytes = null, CountingHandler? handler = null, LinkOptions? link = null,
        long quotaBytes = 0, NeighbourFetch? neighbours = null)
    {
        var box = new BoxContent(folder, origin, time ?? TimeProvider.System, freeBytes ?? (() => long.MaxValue), handler ?? new CountingHandler(), link, quotaBytes, neighbours);
        await box.Library.LoadAsync(default);
        return box;
    }

    public Task<bool> FetchAsync() => Fetcher.RunAsync(default);

    /// <summary>A round over a link that may fail.</summary>
    public async Task<bool> TryFetchAsync()
    {
        try
        {
            return await FetchAsync();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return false;
        }
    }

    public async Task<byte[]> ReadAsync(string pack, string path)
    {
        (FileOpening opening, _, Stream? bytes) = await Library.OpenFileAsync(pack, path, default);
        Assert.Equal(FileOpening.Opened, opening);
        await using (bytes)
        {
            using var all = new MemoryStream();
            await bytes!.CopyToAsync(all);
            return all.ToArray();
        }
    }

    /// <summary>Every file of every shown pack reads whole and hashes right.</summary>
    public async Task AssertShownIsWholeAsync()
    {
        foreach (ShownVersion pack in Library.Shown)
        {
            foreach (PackFile file in Library.Find(pack.Pack)!.Manifest.Files)
                Assert.Equal(file.Sha256, ChunkId.Of(await ReadAsync(pack.Pack, file.Path)));
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        Lists.Dispose();
        Partial.Dispose();
        Gate.Dispose();
        Room.Dispose();
        Errata.Dispose();
        Layers.Dispose();
        Store.Dispose();
        _database.Dispose();
        SqliteConnection.ClearAllPools();
        return ValueTask.CompletedTask;
    }
}
