using System.Collections.Immutable;
using System.Security.Cryptography;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Sync;
using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>A pack version that the school sees. <paramref name="Id"/> names its manifest.</summary>
public sealed record ShownPack(Manifest Manifest, ChunkId Id);

/// <summary>What came of opening a file.</summary>
public enum FileOpening
{
    Opened,
    /// <summary>No such pack, or no such file in it.</summary>
    Unknown,
    /// <summary>A chunk of it was damaged on disk and is being fetched again.</summary>
    Healing,
}

/// <summary>What came of showing a version.</summary>
public enum ShowOutcome
{
    Shown,
    /// <summary>Chunks turned out missing or damaged; fetch and try again.</summary>
    Incomplete,
    /// <summary>Its chunks are whole and yet do not make up the files: the version itself is wrong, fetching cannot help.</summary>
    False,
}

/// <summary>The packs that the school sees. A version shows when all its files were hashed again from disk; until then the former one stays.
/// The switch is one transaction. Only a signed withdrawal takes a pack back.</summary>
public sealed class PackLibrary(DiskChunkStore store, DurableDatabase database, ILogger<PackLibrary> log)
{
    /// <summary>Chunk references kept in memory for open files: about 8 MB, an hour-long video each for 60 viewers.</summary>
    private const int MaxCachedChunkRefs = 200_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<ChunkId, Recipe> _recipes = [];
    private int _cachedChunkRefs;
    private ImmutableSortedDictionary<string, ShownPack> _shown = ImmutableSortedDictionary<string, ShownPack>.Empty.WithComparers(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, PackReport> _coming = ImmutableSortedDictionary<string, PackReport>.Empty.WithComparers(StringComparer.Ordinal);
    private ImmutableHashSet<ChunkId> _lost = [];

    /// <summary>After packs came, went, or got on. May be called on any thread, often; handlers are quick.</summary>
    public event Action? Changed;

    /// <summary>After a chunk of a shown pack turned out damaged, so that it is fetched at once.</summary>
    public event Action? Damaged;

    /// <summary>What the school sees, by id.</summary>
    public IReadOnlyList<ShownPack> Shown => [.. Volatile.Read(ref _shown).Values];

    /// <summary>The shown version of a pack; null when there is none.</summary>
    public ShownPack? Find(string pack) => Volatile.Read(ref _shown).GetValueOrDefault(pack);

    /// <summary>What is shown and what is on its way, for the status page and the report to the relay.</summary>
    public ImmutableArray<PackReport> Reports =>
    [
        .. Volatile.Read(ref _shown).Values.Select(pack =>
            new PackReport(pack.Manifest.Pack, pack.Manifest.Version, PackHolding.Verified, pack.Manifest.LengthBytes, pack.Manifest.LengthBytes)),
        .. Volatile.Read(ref _coming).Values,
    ];

    /// <summary>Opens a file of a shown pack.</summary>
    /// <param name="pack">Id of the pack.</param>
    /// <param name="path">Path inside it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The stream only when opened; it gives checked bytes or throws <see cref="IOException"/>.</returns>
    public async Task<(FileOpening Opening, PackFile? File, Stream? Bytes)> OpenFileAsync(string pack, string path, CancellationToken cancellationToken)
    {
        if (Find(pack)?.Manifest.File(path) is not { } file)
            return (FileOpening.Unknown, null, null);
        if (await RecipeOfAsync(file, cancellationToken) is not { } recipe)
            return (FileOpening.Healing, file, null);
        ImmutableHashSet<ChunkId> lost = Volatile.Read(ref _lost);
        if (!lost.IsEmpty && recipe.Chunks.Any(chunk => lost.Contains(chunk.Id)))
            return (FileOpening.Healing, file, null);
        return (FileOpening.Opened, file, new PackFileStream(recipe, ReadAsync));
    }

    /// <summary>Reads at start what was shown before. A pack whose manifest is damaged is left out until it is fetched again.</summary>
    internal async Task LoadAsync(CancellationToken cancellationToken)
    {
        var shown = _shown.ToBuilder();
        foreach (byte[] id in database.Read(connection => connection.Query<byte[]>("SELECT manifest FROM shown").ToList()))
        {
            if (await store.ReadAsync(new ChunkId(id), cancellationToken) is { } bytes && Manifest.Read(bytes, out _) is { } manifest)
                shown[manifest.Pack] = new ShownPack(manifest, new ChunkId(id));
        }
        Volatile.Write(ref _shown, shown.ToImmutable());
    }

    /// <summary>Chunks of shown packs that turned out damaged and are not back yet.</summary>
    internal ImmutableHashSet<ChunkId> Lost => Volatile.Read(ref _lost);

    internal void Healed(IEnumerable<ChunkId> back)
    {
        lock (_gate)
            _lost = _lost.Except(back);
    }

    /// <summary>Notes how far a version is.</summary>
    internal void Report(PackReport report)
    {
        lock (_gate)
            _coming = _coming.SetItem(report.Pack, report);
        Changed?.Invoke();
    }

    /// <summary>Forgets versions that are no longer wanted.</summary>
    internal void KeepComing(IReadOnlySet<string> wanted)
    {
        lock (_gate)
            _coming = _coming.RemoveRange(_coming.Keys.Where(pack => !wanted.Contains(pack)));
    }

    /// <summary>Hashes every file of a version from disk and, when all are right, shows it in place of the former one.</summary>
    /// <exception cref="IOException">The disk fails; the former version stays.</exception>
    internal async Task<ShowOutcome> ShowAsync(Manifest manifest, ChunkId id, CancellationToken cancellationToken)
    {
        foreach (PackFile file in manifest.Files)
        {
            ShowOutcome outcome = await VerifyAsync(file, cancellationToken);
            if (outcome != ShowOutcome.Shown)
                return outcome;
        }
        await database.WriteAsync((connection, transaction) => connection.Execute(
            "INSERT OR REPLACE INTO shown (pack, version, manifest) VALUES (@Pack, @Version, @id)", new { manifest.Pack, manifest.Version, id = id.ToArray() }, transaction), cancellationToken);
        lock (_gate)
        {
            _shown = _shown.SetItem(manifest.Pack, new ShownPack(manifest, id));
            _coming = _coming.Remove(manifest.Pack);
        }
        log.PackShown(manifest.Pack, manifest.Version);
        Changed?.Invoke();
        return ShowOutcome.Shown;
    }

    /// <summary>Takes back what the signed catalogue withdraws.</summary>
    internal async Task ApplyAsync(Catalogue catalogue, CancellationToken cancellationToken)
    {
        foreach (ShownPack pack in Shown.Where(pack => catalogue.Find(pack.Manifest.Pack, pack.Manifest.Version) is { Withdrawn: true }))
        {
            await database.WriteAsync((connection, transaction) => connection.Execute("DELETE FROM shown WHERE pack = @Pack", new { pack.Manifest.Pack }, transaction), cancellationToken);
            lock (_gate)
                _shown = _shown.Remove(pack.Manifest.Pack);
            log.PackWithdrawn(pack.Manifest.Pack, pack.Manifest.Version);
            Changed?.Invoke();
        }
    }

    private async Task<ShowOutcome> VerifyAsync(PackFile file, CancellationToken cancellationToken)
    {
        if (await RecipeOfAsync(file, cancellationToken) is not { } recipe)
            return ShowOutcome.Incomplete;
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ChunkRef chunk in recipe.Chunks)
        {
            if (await store.ReadAsync(chunk.Id, cancellationToken) is not { } bytes)
                return ShowOutcome.Incomplete;
            if (bytes.Length != chunk.LengthBytes)
                return ShowOutcome.False;
            whole.AppendData(bytes);
        }
        return recipe.LengthBytes == file.LengthBytes && new ChunkId(whole.GetHashAndReset()) == file.Sha256 ? ShowOutcome.Shown : ShowOutcome.False;
    }

    private async Task<Recipe?> RecipeOfAsync(PackFile file, CancellationToken cancellationToken)
    {
        if (file.Recipe is not { } id)
            return file.RecipeOfOneChunk;
        lock (_gate)
        {
            if (_recipes.TryGetValue(id, out Recipe? cached))
                return cached;
        }
        if (await ReadAsync(id, cancellationToken) is not { } bytes || Recipe.Read(bytes) is not { } recipe)
            return null;
        lock (_gate)
        {
            if (_cachedChunkRefs + recipe.Chunks.Length > MaxCachedChunkRefs)
            {
                _recipes.Clear();
                _cachedChunkRefs = 0;
            }
            if (_recipes.TryAdd(id, recipe))
                _cachedChunkRefs += recipe.Chunks.Length;
        }
        return recipe;
    }

    private async Task<byte[]?> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        byte[]? bytes = await store.ReadAsync(id, cancellationToken);
        if (bytes is not null)
            return bytes;
        lock (_gate)
            _lost = _lost.Add(id);
        Damaged?.Invoke();
        return null;
    }
}
