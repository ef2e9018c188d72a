using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Relay.Content;

/// <summary>A version in the registry. <paramref name="Published"/> is null until it was first published.</summary>
public sealed record PackVersion(
    string Pack,
    long Version,
    ChunkId Manifest,
    long ManifestBytes,
    LocalText Title,
    int Files,
    long LengthBytes,
    DateTimeOffset Created,
    DateTimeOffset? Published,
    DateTimeOffset? Withdrawn)
{
    /// <summary>How to come to it from versions before. Empty unless asked for with all versions.</summary>
    public ImmutableArray<CatalogueUpdate> Updates { get; init; } = [];
}

/// <summary>Which version of a pack a school should hold; <see cref="AllSchools"/> stands for each that has no target of its own.</summary>
public sealed record PackTarget(string Pack, string School, long Version, DateTimeOffset? Due, int Priority)
{
    public const string AllSchools = "*";
}

/// <summary>A pack that goes last when the boxes of a school need room, whatever its version; <see cref="PackTarget.AllSchools"/> stands for each school.</summary>
public readonly record struct PackPin(string Pack, string School);

/// <summary>The relay's table of packs, of who gets them, and of where chunks are.</summary>
public sealed class PackRegistry(DurableDatabase database, TimeProvider time)
{
    private volatile Kept<ImmutableArray<PackTarget>>? _targets;
    private volatile Kept<ImmutableHashSet<PackPin>>? _pins;

    /// <summary>Grows with each change of what signed lists are made of: versions, targets, pins, updates, signatures, publishers.</summary>
    public long Changes() => database.Read(Changes);

    /// <summary>All versions, newest first within a pack.</summary>
    public ImmutableArray<PackVersion> Versions() => database.Read(connection =>
    {
        ILookup<(string Pack, long Version), PackUpdate> updates = UpdateTable.All(connection).ToLookup(update => (update.Pack, update.Version));
        return connection.Query<VersionRow>($"SELECT {VersionColumns} FROM pack_versions ORDER BY pack, version DESC")
            .Select(row => row.ToVersion() with { Updates = [.. updates[(row.Pack, row.Version)].Select(update => update.Listed)] }).ToImmutableArray();
    });

    /// <summary>One version, or the newest when <paramref name="version"/> is null.</summary>
    public PackVersion? Find(string pack, long? version) => database.Read(connection => Find(connection, pack, version));

    // Asked for with each plan of each school, and seldom changed.
    public ImmutableArray<PackTarget> Targets() => (_targets = Newest(_targets, connection => connection
        .Query<TargetRow>("SELECT pack, school, version, due, priority FROM pack_targets ORDER BY pack, school").Select(row => row.ToTarget()).ToImmutableArray())).Value;

    public ImmutableHashSet<PackPin> Pins() => (_pins = Newest(_pins, connection =>
        connection.Query<(string Pack, string School)>("SELECT pack, school FROM pack_pins").Select(row => new PackPin(row.Pack, row.School)).ToImmutableHashSet())).Value;

    /// <summary>Pins a pack for schools, or lets it go. Letting go for all lets go for each.</summary>
    public Task PinAsync(string pack, IReadOnlyList<string> schools, bool pinned, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        foreach (string school in schools)
        {
            connection.Execute(pinned ? "INSERT OR IGNORE INTO pack_pins (pack, school) VALUES (@pack, @school)"
                : "DELETE FROM pack_pins WHERE pack = @pack AND (school = @school OR @school = @AllSchools)", new { pack, school, PackTarget.AllSchools }, transaction);
        }
        return 0;
    }, cancellationToken);

    /// <summary>Which of these chunks are in volumes here.</summary>
    public KnownChunks Known(IReadOnlyList<ChunkId> asked) => database.Read(connection =>
    {
        var places = ImmutableArray.CreateBuilder<int>(asked.Count);
        var numbers = new Dictionary<long, int>();
        using SqliteCommand find = connection.CreateCommand();
        find.CommandText = "SELECT volume FROM chunks WHERE id = $id";
        SqliteParameter parameter = find.Parameters.Add("$id", SqliteType.Blob);
        foreach (ChunkId id in asked)
        {
            parameter.Value = id.ToArray();
            places.Add(find.ExecuteScalar() is not long volume ? -1
                : numbers.TryGetValue(volume, out int place) ? place
                : numbers[volume] = numbers.Count);
        }
        return new KnownChunks(
            [.. numbers.Keys.Select(number => connection.QuerySingle<VolumeRow>(
                "SELECT id, bytes, index_id AS IndexId, index_bytes AS IndexBytes FROM volumes WHERE number = @number", new { number }).ToRef())],
            places.MoveToImmutable());
    });

    /// <summary>Which of these volumes were taken in before, and so were checked.</summary>
    internal HashSet<ChunkId> KnownVolumes(IEnumerable<ChunkId> asked) => database.Read(connection =>
        asked.Where(id => connection.ExecuteScalar<long>("SELECT count(*) FROM volumes WHERE id = @id", new { id = id.ToArray() }) > 0).ToHashSet());

    /// <summary>Enters a version whose content was checked.</summary>
    /// <returns>False when the pack has this version or a later one by now.</returns>
    internal Task<bool> AddAsync(Manifest manifest, ChunkId id, int manifestBytes, IReadOnlyList<(VolumeRef Ref, VolumeIndex Index)> newVolumes, CancellationToken cancellationToken) =>
        database.WriteAsync((connection, transaction) =>
        {
            if (Find(connection, manifest.Pack, null) is { } latest && latest.Version >= manifest.Version)
                return false;
            foreach ((VolumeRef volume, VolumeIndex index) in newVolumes)
                AddVolume(connection, transaction, volume, index);
            connection.Execute("""
                INSERT INTO pack_versions (pack, version, manifest, manifest_bytes, title, files, bytes, created)
                VALUES (@Pack, @Version, @id, @manifestBytes, @title, @files, @LengthBytes, @created)
                """, new
            {
                manifest.Pack,
                manifest.Version,
                id = id.ToArray(),
                manifestBytes,
                title = JsonSerializer.Serialize(manifest.Metadata.Title),
                files = manifest.Files.Length,
                manifest.LengthBytes,
                created = manifest.Created.ToUnixTimeMilliseconds(),
            }, transaction);
            return true;
        }, cancellationToken);

    /// <summary>Says which schools should hold a version. "All" replaces what single schools had; a single school's target goes before "all".</summary>
    /// <returns>False when there is no such version, or it was withdrawn.</returns>
    public Task<bool> PublishAsync(string pack, long version, IReadOnlyList<string> schools, DateTimeOffset? due, int priority, CancellationToken cancellationToken) =>
        database.WriteAsync((connection, transaction) =>
        {
            if (Find(connection, pack, version) is not { Withdrawn: null })
                return false;
            if (schools.Contains(PackTarget.AllSchools))
                connection.Execute("DELETE FROM pack_targets WHERE pack = @pack", new { pack }, transaction);
            foreach (string school in schools)
            {
                connection.Execute("INSERT OR REPLACE INTO pack_targets (pack, school, version, due, priority) VALUES (@pack, @school, @version, @due, @priority)",
                    new { pack, school, version, due = due?.ToUnixTimeMilliseconds(), priority }, transaction);
            }
            connection.Execute("UPDATE pack_versions SET published = coalesce(published, @now) WHERE pack = @pack AND version = @version",
                new { pack, version, now = Now() }, transaction);
            return true;
        }, cancellationToken);

    /// <summary>Takes versions back for good: they leave all plans, and the catalogue says so.</summary>
    /// <param name="pack">Which pack.</param>
    /// <param name="version">One version; null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many versions were taken back now.</returns>
    public Task<int> WithdrawAsync(string pack, long? version, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        connection.Execute("DELETE FROM pack_targets WHERE pack = @pack AND (@version IS NULL OR version = @version)", new { pack, version }, transaction);
        return connection.Execute("UPDATE pack_versions SET withdrawn = @now WHERE pack = @pack AND (@version IS NULL OR version = @version) AND withdrawn IS NULL",
            new { pack, version, now = Now() }, transaction);
    }, cancellationToken);

    private static void AddVolume(SqliteConnection connection, SqliteTransaction transaction, VolumeRef volume, VolumeIndex index)
    {
        if (connection.Execute("INSERT OR IGNORE INTO volumes (id, bytes, index_id, index_bytes) VALUES (@id, @LengthBytes, @index, @IndexBytes)",
            new { id = volume.Id.ToArray(), volume.LengthBytes, index = volume.Index.ToArray(), volume.IndexBytes }, transaction) == 0)
            return;
        long number = connection.ExecuteScalar<long>("SELECT last_insert_rowid()", transaction: transaction);
        using SqliteCommand add = connection.CreateCommand();
        add.Transaction = transaction;
        add.CommandText = "INSERT OR IGNORE INTO chunks (id, volume) VALUES ($id, $volume)";
        SqliteParameter id = add.Parameters.Add("$id", SqliteType.Blob);
        add.Parameters.AddWithValue("$volume", number);
        foreach (VolumeEntry entry in index.Entries)
        {
            id.Value = entry.Id.ToArray();
            add.ExecuteNonQuery();
        }
    }

    private static long Changes(SqliteConnection connection) => connection.ExecuteScalar<long>("SELECT count FROM list_changes");

    private Kept<T> Newest<T>(Kept<T>? known, Func<SqliteConnection, T> read) => database.Read(connection =>
    {
        // Counted before it is read: a change in between is found the next time.
        long changes = Changes(connection);
        return known?.Changes == changes ? known : new Kept<T>(changes, read(connection));
    });

    private static PackVersion? Find(SqliteConnection connection, string pack, long? version) => connection.QueryFirstOrDefault<VersionRow>(
        $"SELECT {VersionColumns} FROM pack_versions WHERE pack = @pack AND (@version IS NULL OR version = @version) ORDER BY version DESC LIMIT 1",
        new { pack, version })?.ToVersion();

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private const string VersionColumns = "pack, version, manifest, manifest_bytes AS ManifestBytes, title, files, bytes AS LengthBytes, created, published, withdrawn";

    private sealed record Kept<T>(long Changes, T Value);

    private sealed class VersionRow
    {
        public string Pack { get; init; } = "";
        public long Version { get; init; }
        public byte[] Manifest { get; init; } = [];
        public long ManifestBytes { get; init; }
        public string Title { get; init; } = "";
        public int Files { get; init; }
        public long LengthBytes { get; init; }
        public long Created { get; init; }
        public long? Published { get; init; }
        public long? Withdrawn { get; init; }

        public PackVersion ToVersion() => new(Pack, Version, new ChunkId(Manifest), ManifestBytes, JsonSerializer.Deserialize<LocalText>(Title)!, Files, LengthBytes,
            DateTimeOffset.FromUnixTimeMilliseconds(Created), At(Published), At(Withdrawn));
    }

    private sealed class TargetRow
    {
        public string Pack { get; init; } = "";
        public string School { get; init; } = "";
        public long Version { get; init; }
        public long? Due { get; init; }
        public int Priority { get; init; }

        public PackTarget ToTarget() => new(Pack, School, Version, At(Due), Priority);
    }

    private sealed class VolumeRow
    {
        public byte[] Id { get; init; } = [];
        public int Bytes { get; init; }
        public byte[] IndexId { get; init; } = [];
        public int IndexBytes { get; init; }

        public VolumeRef ToRef() => new(new ChunkId(Id), Bytes, new ChunkId(IndexId), IndexBytes);
    }

    private static DateTimeOffset? At(long? milliseconds) => milliseconds is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
}
