using System.Collections.Immutable;
using System.Security.Cryptography;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Edge.Box.Content;

/// <summary>A pack version that the school sees, with its description. <paramref name="Id"/> names its manifest.</summary>
public sealed record ShownPack(Manifest Manifest, ChunkId Id);

/// <summary>Which version of a pack the school sees; <paramref name="Id"/> names its manifest.</summary>
public sealed record ShownVersion(string Pack, long Version, ChunkId Id, long LengthBytes);

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
    /// <summary>It is here, and waits until the lesson that shows the former one is over.</summary>
    Waits,
}

/// <summary>The packs that the school sees. A version shows when all its files were hashed again from disk; until then the former one stays.
/// The switch is one transaction. Only a signed withdrawal takes a pack back. A box may show 80 000 packs: which ones stands in the database,
/// manifests are read when asked for, and those in use stay in memory.</summary>
public sealed class PackLibrary(DiskChunkStore store, DurableDatabase database, PackHold hold, ILogger<PackLibrary> log)
{
    /// <summary>Chunk references kept in memory for open files: about 8 MB, an hour-long video each for 60 viewers.</summary>
    private const int MaxCachedChunkRefs = 200_000;

    /// <summary>Files in manifests kept in memory: about 8 MB.</summary>
    private const int MaxCachedFiles = 20_000;

    /// <summary>Packs in a report, the newest first: they fit into one message to the relay.</summary>
    private const int MaxReports = 400;

    /// <summary>One of them in memory; literals of recipes are counted in the same coin.</summary>
    private const int ChunkRefBytes = 40;

    /// <summary>Former versions of a pack whose files are still given to pages made from them, while the store has them.</summary>
    private const int KeptFormer = 3;

    private readonly Lock _gate = new();
    private readonly Dictionary<ChunkId, Recipe> _recipes = [];
    private readonly Dictionary<string, ShownPack?> _manifests = new(StringComparer.Ordinal);

    /// <summary>Packs that are about to show another version: the database says which, until all have been told.</summary>
    private readonly HashSet<string> _changing = new(StringComparer.Ordinal);
    private int _cachedChunkRefs;
    private int _cachedFiles;
    private long _turns;
    private ImmutableSortedDictionary<string, PackReport> _coming = ImmutableSortedDictionary<string, PackReport>.Empty.WithComparers(StringComparer.Ordinal);

    /// <summary>After packs came, went, or got on. May be called on any thread, often; handlers are quick.</summary>
    public event Action? Changed;

    /// <summary>After a chunk of a shown pack turned out damaged, so that it is fetched at once.</summary>
    public event Action? Damaged
    {
        add => store.ChunkLost += value;
        remove => store.ChunkLost -= value;
    }

    /// <summary>After the shown version of the pack changed, or the pack went. Handlers are quick.</summary>
    public event Action<string>? PackChanged;

    /// <summary>What the school sees, by id. All of it: for programs, not for pages.</summary>
    public IReadOnlyList<ShownVersion> Shown => database.Read(connection =>
        connection.Query<ShownRow>("SELECT pack, version, manifest, bytes FROM shown ORDER BY pack").Select(row => row.ToVersion()).ToList());

    /// <summary>What the school sees, page by page: the packs behind <paramref name="after"/>.</summary>
    public IReadOnlyList<ShownVersion> ShownAfter(string after, int most) => database.Read(connection =>
        connection.Query<ShownRow>("SELECT pack, version, manifest, bytes FROM shown WHERE pack > @after ORDER BY pack LIMIT @most", new { after, most }).Select(row => row.ToVersion()).ToList());

    /// <summary>The shown version of a pack; null when there is none, or while its damaged manifest is fetched again. Quick for packs that were asked for lately.</summary>
    public ShownPack? Find(string pack)
    {
        long turn;
        lock (_gate)
        {
            if (!_changing.Contains(pack) && _manifests.TryGetValue(pack, out ShownPack? cached))
                return cached;
            turn = _turns;
        }
        ShownPack? found = Read(pack, out bool shows);
        if (found is null && shows)
            return null;
        lock (_gate)
        {
            int files = 1 + (found?.Manifest.Files.Length ?? 0);
            if (_cachedFiles + files > MaxCachedFiles)
            {
                _manifests.Clear();
                _cachedFiles = 0;
            }
            // What changed meanwhile is asked for again next time.
            if (turn == _turns && !_changing.Contains(pack) && _manifests.TryAdd(pack, found))
                _cachedFiles += files;
        }
        return found;
    }

    /// <summary>As <see cref="Find"/>, for those who go through many packs: nothing stays in memory.</summary>
    public ShownPack? Read(string pack) => Read(pack, out _);

    /// <summary>The description of a version that shows, or showed lately; null when it is no longer here.</summary>
    public Manifest? ManifestOf(string pack, long version)
    {
        if (Find(pack) is { } shown && shown.Manifest.Version == version)
            return shown.Manifest;
        byte[]? id = database.Read(connection => connection.QuerySingleOrDefault<byte[]>("SELECT manifest FROM former WHERE pack = @pack AND version = @version", new { pack, version }));
        return id is not null && store.Read(new ChunkId(id)) is { } bytes ? Manifest.Read(bytes, out _) : null;
    }

    private ShownPack? Read(string pack, out bool shows)
    {
        ShownVersion? version = VersionOf(pack);
        shows = version is not null;
        if (version is null)
            return null;
        if (store.Read(version.Id) is { } bytes && Manifest.Read(bytes, out _) is { } manifest)
            return new ShownPack(manifest, version.Id);
        store.NoteLost(version.Id);
        return null;
    }

    /// <summary>Which version of a pack shows, without its manifest; null when none does.</summary>
    public ShownVersion? VersionOf(string pack) => database.Read(connection =>
        connection.QuerySingleOrDefault<ShownRow>("SELECT pack, version, manifest, bytes FROM shown WHERE pack = @pack", new { pack })?.ToVersion());

    /// <summary>What is on its way, and the newest of what shows, for the status page and the report to the relay.</summary>
    public ImmutableArray<PackReport> Reports
    {
        get
        {
            PackReport[] coming = [.. Volatile.Read(ref _coming).Values.Take(MaxReports)];
            IEnumerable<PackReport> shown = database.Read(connection =>
                connection.Query<ShownRow>("SELECT pack, version, manifest, bytes FROM shown ORDER BY turn DESC LIMIT @most", new { most = MaxReports - coming.Length }).ToList())
                .Select(row => new PackReport(row.Pack, row.Version, PackHolding.Verified, row.Bytes, row.Bytes));
            return [.. shown.OrderBy(report => report.Pack, StringComparer.Ordinal), .. coming];
        }
    }

    /// <summary>Those of <paramref name="goals"/> that do not show yet.</summary>
    internal ImmutableArray<FetchGoal> NotShown(ImmutableArray<FetchGoal> goals) => database.Read(connection =>
    {
        using SqliteCommand find = connection.CreateCommand();
        find.CommandText = "SELECT manifest FROM shown WHERE pack = $pack";
        SqliteParameter pack = find.Parameters.Add("$pack", SqliteType.Text);
        return goals.RemoveAll(goal =>
        {
            pack.Value = goal.Pack;
            return find.ExecuteScalar() is byte[] id && new ChunkId(id) == goal.Manifest;
        });
    });

    /// <summary>Opens a file of a shown pack.</summary>
    /// <param name="pack">Id of the pack.</param>
    /// <param name="path">Path inside it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The stream only when opened; it gives checked bytes or throws <see cref="IOException"/>.</returns>
    public async Task<(FileOpening Opening, PackFile? File, Stream? Bytes)> OpenFileAsync(string pack, string path, CancellationToken cancellationToken) =>
        Find(pack)?.Manifest.File(path) is { } file ? await OpenAsync(file, cancellationToken) : (FileOpening.Unknown, null, null);

    /// <summary>Opens a file whose chunks are in the store.</summary>
    public async Task<(FileOpening Opening, PackFile? File, Stream? Bytes)> OpenAsync(PackFile file, CancellationToken cancellationToken)
    {
        if (await RecipeOfAsync(file, cancellationToken) is not { } recipe)
            return (FileOpening.Healing, file, null);
        ImmutableHashSet<ChunkId> lost = store.Lost;
        if (!lost.IsEmpty && recipe.Chunks.Any(chunk => lost.Contains(chunk.Id)))
            return (FileOpening.Healing, file, null);
        return (FileOpening.Opened, file, new PackFileStream(recipe, store.ReadAsync));
    }

    /// <summary>Completes at start what an earlier program wrote: it noted neither how long packs are nor which chunks they need.</summary>
    internal async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (ShownVersion version in database.Read(connection => connection.Query<ShownRow>("""
            SELECT shown.pack, shown.version, shown.manifest, shown.bytes FROM shown LEFT JOIN holders ON holders.manifest = shown.manifest WHERE holders.n IS NULL
            """).ToList()).Select(row => row.ToVersion()))
        {
            if (Read(version.Pack) is not { } pack)
                continue;
            var needed = new List<ChunkId> { version.Id };
            foreach (PackFile file in pack.Manifest.Files)
                needed.AddRange(await NeededAsync(file, cancellationToken));
            await database.WriteAsync((connection, transaction) =>
                connection.Execute("UPDATE shown SET bytes = @LengthBytes WHERE pack = @Pack", new { pack.Manifest.LengthBytes, version.Pack }, transaction), cancellationToken);
            await store.HoldAsync(version.Pack, version.Version, version.Id, needed, cancellationToken);
            store.NoteLost();
        }
    }

    private async Task<IEnumerable<ChunkId>> NeededAsync(PackFile file, CancellationToken cancellationToken)
    {
        IEnumerable<ChunkId> chunks = await RecipeOfAsync(file, cancellationToken) is { } recipe ? recipe.Chunks.Select(chunk => chunk.Id) : [];
        return file.Recipe is { } id ? chunks.Prepend(id) : chunks;
    }

    /// <summary>Shown packs of which chunks were damaged and are not back yet.</summary>
    internal IReadOnlyList<ShownVersion> DamagedPacks
    {
        get
        {
            if (store.Lost.IsEmpty)
                return [];
            HashSet<ChunkId> manifests = [.. store.DamagedManifests, .. store.Lost];
            return database.Read(connection => manifests.Select(id =>
                connection.QuerySingleOrDefault<ShownRow>("SELECT pack, version, manifest, bytes FROM shown WHERE manifest = @id", new { id = id.ToArray() })).OfType<ShownRow>().Select(row => row.ToVersion()).ToList());
        }
    }

    /// <summary>Whether people at this school want a pack kept whatever the plan says.</summary>
    public bool IsPinned(string pack) => database.Read(connection => connection.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM pins WHERE pack = @pack)", new { pack }));

    /// <summary>Keeps a pack, or no longer: pinned packs go last when room is needed.</summary>
    public async Task PinAsync(string pack, bool pinned, CancellationToken cancellationToken)
    {
        await database.WriteAsync((connection, transaction) => connection.Execute(
            pinned ? "INSERT OR IGNORE INTO pins VALUES (@pack)" : "DELETE FROM pins WHERE pack = @pack", new { pack }, transaction), cancellationToken);
        Changed?.Invoke();
    }

    /// <summary>Takes a version off the library since room is needed for what is wanted more.</summary>
    internal async Task HideAsync(string pack, long version, CancellationToken cancellationToken)
    {
        await database.WriteAsync((connection, transaction) => connection.Execute("DELETE FROM shown WHERE pack = @pack AND version = @version", new { pack, version }, transaction), cancellationToken);
        Tell(pack);
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
        hold.Keep(wanted);
    }

    /// <summary>Hashes every file of a version from disk and, when all are right, shows it in place of the former one.</summary>
    /// <exception cref="IOException">The disk fails; the former version stays.</exception>
    internal async Task<ShowOutcome> ShowAsync(Manifest manifest, ChunkId id, CancellationToken cancellationToken)
    {
        if (VersionOf(manifest.Pack) is { } former && former.Id != id && hold.Holds(manifest.Pack, manifest.Version))
            return ShowOutcome.Waits;
        var needed = new List<ChunkId> { id };
        foreach (PackFile file in manifest.Files)
        {
            ShowOutcome outcome = await VerifyAsync(file, cancellationToken);
            if (outcome != ShowOutcome.Shown)
                return outcome;
            needed.AddRange(await NeededAsync(file, cancellationToken));
        }
        await store.HoldAsync(manifest.Pack, manifest.Version, id, needed, cancellationToken);
        lock (_gate)
            _changing.Add(manifest.Pack);
        try
        {
            await WriteShownAsync(manifest, id, cancellationToken);
            lock (_gate)
                _coming = _coming.Remove(manifest.Pack);
            log.PackShown(manifest.Pack, manifest.Version);
            Tell(manifest.Pack);
        }
        finally
        {
            lock (_gate)
                _changing.Remove(manifest.Pack);
        }
        return ShowOutcome.Shown;
    }

    private Task<int> WriteShownAsync(Manifest manifest, ChunkId id, CancellationToken cancellationToken) =>
        database.WriteAsync((connection, transaction) => connection.Execute("""
            INSERT OR REPLACE INTO former SELECT pack, version, manifest, (SELECT coalesce(max(turn), 0) + 1 FROM former) FROM shown WHERE pack = @Pack AND manifest <> @id;
            DELETE FROM former WHERE pack = @Pack AND turn NOT IN (SELECT turn FROM former WHERE pack = @Pack ORDER BY turn DESC LIMIT @KeptFormer);
            INSERT OR REPLACE INTO shown (pack, version, manifest, bytes, turn) SELECT @Pack, @Version, @id, @LengthBytes, coalesce(max(turn), 0) + 1 FROM shown
            """, new { manifest.Pack, manifest.Version, id = id.ToArray(), manifest.LengthBytes, KeptFormer }, transaction), cancellationToken);

    /// <summary>Takes back what the signed catalogue withdraws.</summary>
    internal async Task ApplyAsync(Catalogue catalogue, CancellationToken cancellationToken)
    {
        foreach (CataloguePack listed in catalogue.All.Where(pack => pack.Versions.Any(version => version.Withdrawn)))
        {
            foreach (CatalogueVersion withdrawn in listed.Versions.Where(version => version.Withdrawn))
                await ForgetAsync(listed.Id, withdrawn.Version, cancellationToken);
            if (VersionOf(listed.Id) is not { } pack || catalogue.Find(pack.Pack, pack.Version) is not { Withdrawn: true })
                continue;
            await database.WriteAsync((connection, transaction) => connection.Execute("DELETE FROM shown WHERE pack = @Pack", new { pack.Pack }, transaction), cancellationToken);
            log.PackWithdrawn(pack.Pack, pack.Version);
            Tell(pack.Pack);
        }
    }

    private async Task ForgetAsync(string pack, long version, CancellationToken cancellationToken)
    {
        if (database.Read(connection => connection.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM former WHERE pack = @pack AND version = @version)", new { pack, version })))
            await database.WriteAsync((connection, transaction) => connection.Execute("DELETE FROM former WHERE pack = @pack AND version = @version", new { pack, version }, transaction), cancellationToken);
    }

    private void Tell(string pack)
    {
        lock (_gate)
        {
            _turns++;
            if (_manifests.Remove(pack, out ShownPack? former))
                _cachedFiles -= 1 + (former?.Manifest.Files.Length ?? 0);
        }
        PackChanged?.Invoke(pack);
        Changed?.Invoke();
    }

    private async Task<ShowOutcome> VerifyAsync(PackFile file, CancellationToken cancellationToken)
    {
        if (await RecipeOfAsync(file, cancellationToken) is not { } recipe)
            return ShowOutcome.Incomplete;
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (RecipePart part in recipe.Parts)
        {
            if (part.IsLiteral)
            {
                whole.AppendData(part.Literal.Span);
                continue;
            }
            if (await store.ReadAsync(part.Chunk.Id, cancellationToken) is not { } bytes)
                return ShowOutcome.Incomplete;
            if (bytes.Length != part.LengthBytes)
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
        if (await store.ReadAsync(id, cancellationToken) is not { } bytes || Recipe.Read(bytes) is not { } recipe)
            return null;
        lock (_gate)
        {
            int weight = recipe.Chunks.Length + recipe.LiteralBytes / ChunkRefBytes;
            if (_cachedChunkRefs + weight > MaxCachedChunkRefs)
            {
                _recipes.Clear();
                _cachedChunkRefs = 0;
            }
            if (_recipes.TryAdd(id, recipe))
                _cachedChunkRefs += weight;
        }
        return recipe;
    }

    private sealed class ShownRow
    {
        public string Pack { get; init; } = "";
        public long Version { get; init; }
        public byte[] Manifest { get; init; } = [];
        public long Bytes { get; init; }

        public ShownVersion ToVersion() => new(Pack, Version, new ChunkId(Manifest), Bytes);
    }
}
