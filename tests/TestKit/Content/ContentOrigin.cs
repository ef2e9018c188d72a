using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TestKit.Content;

/// <summary>Stands for the relay's content side: real HTTP on a free port, lists signed with real keys, packs in the real formats.
/// Counts what it sends, and can hang or send false bytes; for a link that breaks put <see cref="Link.ImpairedProxy"/> before it.</summary>
public sealed class ContentOrigin : IAsyncDisposable
{
    private const int PieceBytes = 8 << 10;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<ChunkId, byte[]> _objects = new();
    private readonly ConcurrentDictionary<ListKind, byte[]> _lists = new();
    private readonly ConcurrentDictionary<long, byte[]> _roots = new();
    private readonly Dictionary<ChunkId, VolumeRef> _placed = [];
    private readonly List<(string Pack, CatalogueVersion Version)> _versions = [];
    private long _listVersion;
    private long _sentBytes;

    private ContentOrigin()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.MapGet("/lists/{kind}", List);
        _app.MapGet("/lists/root/{version:long}", (long version) => _roots.TryGetValue(version, out byte[]? root) ? Results.Bytes(root) : Results.NotFound());
        _app.MapGet("/content/{id}", ObjectAsync);
        AddRoot(Keys.Root);
    }

    public ListKeys Keys { get; } = new();

    public string School { get; } = "hill";

    /// <summary>Where boxes find it; a test may put a bad link in between.</summary>
    public Uri Url { get; set; } = null!;

    /// <summary>Bytes of objects sent so far; lists and heads not counted.</summary>
    public long SentBytes => Interlocked.Read(ref _sentBytes);

    /// <summary>All that can be asked for.</summary>
    public IReadOnlyDictionary<ChunkId, byte[]> Objects => _objects;

    /// <summary>The lists in force.</summary>
    public IReadOnlyDictionary<ListKind, byte[]> Lists => _lists;

    /// <summary>Manifests of all versions entered so far.</summary>
    public IEnumerable<ChunkId> Manifests => _versions.Select(version => version.Version.Manifest);

    /// <summary>Objects asked for, in order.</summary>
    public ConcurrentQueue<ChunkId> Asked { get; } = new();

    /// <summary>While true, a transfer goes silent in the middle and stays open.</summary>
    public bool Hangs { get; set; }

    public static async Task<ContentOrigin> StartAsync()
    {
        var origin = new ContentOrigin();
        await origin._app.StartAsync();
        origin.Url = new Uri(origin._app.Urls.First());
        return origin;
    }

    /// <summary>Serves other bytes under a name, or what it is given back.</summary>
    public byte[] Replace(ChunkId id, byte[] bytes)
    {
        byte[] former = _objects[id];
        _objects[id] = bytes;
        return former;
    }

    /// <summary>Serves a root as the newest and under its version.</summary>
    public void AddRoot(SignedList root) => _lists[ListKind.Root] = _roots[TrustRoot.Read(root.Payload.Span)!.Version] = root.ToBytes();

    public void SetList(ListKind kind, byte[] bytes) => _lists[kind] = bytes;

    /// <summary>Cuts files into chunks, packs what no earlier pack had, and enters the version. It is not published yet.</summary>
    public Manifest AddPack(string id, long version, params (string Path, byte[] Bytes)[] files)
    {
        var volume = new VolumeBuilder();
        var old = new List<VolumeRef>();
        var fresh = new HashSet<ChunkId>();
        void Place(ChunkId chunk, ReadOnlySpan<byte> bytes)
        {
            if (_placed.TryGetValue(chunk, out VolumeRef? place))
                old.Add(place);
            else if (fresh.Add(chunk) && !volume.TryAdd(chunk, bytes, mayCompress: true))
                throw new ArgumentException("a test pack is small", nameof(files));
        }
        var entries = ImmutableArray.CreateBuilder<PackFile>();
        foreach ((string path, byte[] bytes) in files)
        {
            (string type, FileKind kind) = MediaTypes.Of(path);
            var chunker = Chunker.For(type, bytes.Length);
            var chunks = ImmutableArray.CreateBuilder<ChunkRef>();
            for (int at = 0; at < bytes.Length; at += chunks[^1].LengthBytes)
                chunks.Add(new ChunkRef(ChunkId.Of(bytes.AsSpan(at, chunker.NextCut(bytes.AsSpan(at), atEnd: true))), chunker.NextCut(bytes.AsSpan(at), atEnd: true)));
            byte[] recipe = new Recipe(chunks.ToImmutable()).ToBytes();
            if (chunks.Count > 1)
                Place(ChunkId.Of(recipe), recipe);
            entries.Add(new PackFile(path, type, kind, bytes.Length, ChunkId.Of(bytes), chunks.Count > 1 ? ChunkId.Of(recipe) : null));
            int from = 0;
            foreach (ChunkRef chunk in chunks)
            {
                Place(chunk.Id, bytes.AsSpan(from, chunk.LengthBytes));
                from += chunk.LengthBytes;
            }
        }
        var volumes = ImmutableArray.CreateBuilder<VolumeRef>();
        if (!volume.IsEmpty)
        {
            FinishedVolume finished = volume.Finish();
            _objects[finished.Ref.Id] = finished.Bytes.ToArray();
            _objects[finished.Ref.Index] = finished.IndexBytes.ToArray();
            volumes.Add(finished.Ref);
            foreach (ChunkId chunk in fresh)
                _placed[chunk] = finished.Ref;
        }
        volumes.AddRange(old.Distinct());
        var manifest = new Manifest(id, version, DateTimeOffset.UnixEpoch, new PackMetadata(LocalText.Of("en", id)), entries.ToImmutable(), volumes.ToImmutable());
        AddManifest(manifest);
        return manifest;
    }

    /// <summary>Enters a version as it is, sound or not.</summary>
    public ChunkId AddManifest(Manifest manifest)
    {
        byte[] bytes = manifest.ToBytes();
        var id = ChunkId.Of(bytes);
        _objects[id] = bytes;
        _versions.Add((manifest.Pack, new CatalogueVersion(manifest.Version, id, bytes.Length, false)));
        return id;
    }

    /// <summary>Enters a version in place of the one with its number.</summary>
    public ChunkId ReplaceManifest(Manifest manifest)
    {
        _versions.RemoveAll(v => v.Pack == manifest.Pack && v.Version.Version == manifest.Version);
        return AddManifest(manifest);
    }

    /// <summary>Serves one more object under its name.</summary>
    public ChunkId AddObject(byte[] bytes)
    {
        var id = ChunkId.Of(bytes);
        _objects[id] = bytes;
        return id;
    }

    /// <summary>Reads an object that is served.</summary>
    public byte[] Served(ChunkId id) => _objects[id];

    /// <summary>Takes an object away.</summary>
    public void Remove(ChunkId id) => _objects.TryRemove(id, out _);

    /// <summary>Lists cheaper ways to a version.</summary>
    public void SetUpdates(string pack, long version, params CatalogueUpdate[] updates)
    {
        int place = _versions.FindIndex(v => v.Pack == pack && v.Version.Version == version);
        _versions[place] = (pack, _versions[place].Version with { Updates = [.. updates] });
    }

    public void Withdraw(string pack, long version)
    {
        int place = _versions.FindIndex(v => v.Pack == pack && v.Version.Version == version);
        _versions[place] = (pack, _versions[place].Version with { Withdrawn = true });
    }

    /// <summary>Puts the signatures of these keys on a version; the next catalogue carries them.</summary>
    public void SignVersion(string pack, long version, params ReadOnlySpan<ECDsa> keys)
    {
        int place = _versions.FindIndex(v => v.Pack == pack && v.Version.Version == version);
        byte[] statement = PublishStatement.Of(pack, version, _versions[place].Version.Manifest);
        var signatures = ImmutableArray.CreateBuilder<StatementSignature>();
        foreach (ECDsa key in keys)
            signatures.Add(StatementSignature.Sign(statement, key));
        _versions[place] = (pack, _versions[place].Version with { Signatures = signatures.ToImmutable() });
    }

    /// <summary>Signs a new catalogue and a new plan that wants these versions.</summary>
    public void Publish(params PlannedPack[] wanted)
    {
        _listVersion++;
        _lists[ListKind.Catalogue] = CatalogueList(_listVersion).ToBytes();
        _lists[ListKind.Plan] = Keys.Sign(ListKind.Plan, new SitePlan(_listVersion, School, LocalText.Of("en", "Hill"), [.. wanted], []).ToPayload()).ToBytes();
    }

    public SignedList CatalogueList(long version) => Keys.Sign(ListKind.Catalogue,
        new Catalogue(version, [.. _versions.GroupBy(v => v.Pack).Select(pack => new CataloguePack(pack.Key, [.. pack.Select(v => v.Version)]))]).ToPayload());

    public static PlannedPack Wanted(string pack, long version, DateTimeOffset? due = null) => new(pack, version, due, 0);

    public async ValueTask DisposeAsync()
    {
        Hangs = false;
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
        Keys.Dispose();
    }

    private IResult List(string kind, HttpContext context)
    {
        if (!Enum.TryParse(kind, ignoreCase: true, out ListKind which) || !_lists.TryGetValue(which, out byte[]? bytes))
            return Results.NotFound();
        string tag = $"\"{ChunkId.Of(bytes)}\"";
        return context.Request.Headers.IfNoneMatch == tag ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Bytes(bytes);
    }

    private async Task ObjectAsync(string id, HttpContext context)
    {
        if (!ChunkId.TryParse(id, out ChunkId name) || !_objects.TryGetValue(name, out byte[]? bytes))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        Asked.Enqueue(name);
        (int from, int to) = (0, bytes.Length);
        if (context.Request.GetTypedHeaders().Range?.Ranges.SingleOrDefault() is { } range)
        {
            (from, to) = ((int)range.From!.Value, Math.Min((int)range.To!.Value + 1, bytes.Length));
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{to - 1}/{bytes.Length}";
        }
        context.Response.ContentLength = to - from;
        for (int at = from; at < to;)
        {
            int piece = Math.Min(PieceBytes, to - at);
            if (Hangs && at - from >= PieceBytes)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Abort();
                return;
            }
            await context.Response.Body.WriteAsync(bytes.AsMemory(at, piece));
            await context.Response.Body.FlushAsync();
            Interlocked.Add(ref _sentBytes, piece);
            at += piece;
        }
    }
}
