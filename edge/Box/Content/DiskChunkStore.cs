using Dapper;
using Edge.Core.Content;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace Edge.Box.Content;

/// <summary>A verified chunk on its way to disk, in the coding it travelled in.</summary>
public sealed record ArrivedChunk(ChunkId Id, ChunkCoding Coding, int LengthBytes, ReadOnlyMemory<byte> Stored)
{
    /// <summary>An object (manifest, index) kept as a chunk.</summary>
    public static ArrivedChunk Plain(ChunkId id, ReadOnlyMemory<byte> bytes) => new(id, ChunkCoding.Plain, bytes.Length, bytes);
}

/// <summary>Packs may not take the last of the disk.</summary>
public sealed class StoreFullException(long freeBytes, long reserveBytes) : IOException($"{freeBytes} bytes are free, {reserveBytes} stay reserved")
{
    public long FreeBytes => freeBytes;

    public long ReserveBytes => reserveBytes;
}

/// <summary>Chunks in a few append-only files with an index beside them. Bytes are on disk before the index names them, so a chunk is either whole or not there;
/// what was written and not yet indexed when the power went is found again at the next start. What does not match its sum is never handed out.</summary>
public sealed class DiskChunkStore : IDisposable
{
    private readonly string _folder;
    private readonly DurableDatabase _database;
    private readonly long _reserveBytes;
    private readonly int _fileBytes;
    private readonly Func<long> _freeBytes;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _appending = new(1);
    private int _file;
    private long _end;

    private DiskChunkStore(string folder, DurableDatabase database, ContentOptions options, Func<long> freeBytes, ILogger log)
    {
        _folder = folder;
        _database = database;
        _reserveBytes = options.ReserveBytes;
        _fileBytes = options.StoreFileBytes;
        _freeBytes = freeBytes;
        _log = log;
    }

    /// <summary>Opens the store and takes in what the files hold beyond the index.</summary>
    /// <param name="folder">Folder of the store files; made if missing.</param>
    /// <param name="database">Has the tables of this feature.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="freeBytes">Free space of the disk.</param>
    /// <param name="log">Where damage is told.</param>
    public static DiskChunkStore Open(string folder, DurableDatabase database, ContentOptions options, Func<long> freeBytes, ILogger log)
    {
        Directory.CreateDirectory(folder);
        var store = new DiskChunkStore(folder, database, options, freeBytes, log);
        store.Recover();
        return store;
    }

    /// <summary>Those of <paramref name="wanted"/> that are not held, in the same order.</summary>
    public List<ChunkId> Missing(IEnumerable<ChunkId> wanted) => _database.Read(connection =>
    {
        using SqliteCommand find = connection.CreateCommand();
        find.CommandText = "SELECT 1 FROM chunks WHERE id = $id";
        SqliteParameter parameter = find.Parameters.Add("$id", SqliteType.Blob);
        var missing = new List<ChunkId>();
        foreach (ChunkId id in wanted)
        {
            parameter.Value = id.ToArray();
            if (find.ExecuteScalar() is null)
                missing.Add(id);
        }
        return missing;
    });

    /// <summary>The plain bytes of a chunk.</summary>
    /// <returns>Null when it is not held or damaged; a damaged one counts as not held from then on.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
    public async Task<byte[]?> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        if (Find(id) is not { } place)
            return null;
        byte[]? stored = await ReadStoredAsync(place, cancellationToken);
        byte[] plain = new byte[place.Length];
        if (stored is not null && ChunkRecord.CrcOf(stored) == place.Crc && ChunkCodings.TryDecode((ChunkCoding)place.Coding, stored, plain))
            return plain;
        _log.ChunkDamaged(id);
        await DropAsync(id, cancellationToken);
        return null;
    }

    /// <summary>As <see cref="ReadAsync"/>, for what is small and wanted on this thread; damage is told by null alone.</summary>
    internal byte[]? Read(ChunkId id)
    {
        if (Find(id) is not { } place || !File.Exists(PathOf(place.File)))
            return null;
        using SafeFileHandle handle = File.OpenHandle(PathOf(place.File), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] stored = new byte[place.Stored];
        byte[] plain = new byte[place.Length];
        return RandomAccess.Read(handle, stored, place.Offset) == stored.Length && ChunkRecord.CrcOf(stored) == place.Crc
            && ChunkCodings.TryDecode((ChunkCoding)place.Coding, stored, plain) ? plain : null;
    }

    /// <summary>Takes in chunks that were verified. All are on disk when the task completes; those already held are passed over.</summary>
    /// <exception cref="StoreFullException">There is no room; nothing was added.</exception>
    /// <exception cref="IOException">The disk fails; nothing was added.</exception>
    public async Task AddAsync(IReadOnlyList<ArrivedChunk> chunks, CancellationToken cancellationToken)
    {
        await _appending.WaitAsync(cancellationToken);
        try
        {
            HashSet<ChunkId> missing = [.. Missing(chunks.Select(chunk => chunk.Id))];
            ArrivedChunk[] added = [.. chunks.Where(chunk => missing.Remove(chunk.Id))];
            if (added.Length == 0)
                return;
            long bytes = added.Sum(chunk => (long)ChunkRecord.HeadBytes + chunk.Stored.Length);
            long free = _freeBytes();
            if (free - bytes < _reserveBytes)
                throw new StoreFullException(free, _reserveBytes);
            // From here the bytes are either indexed or lie behind the end, where the next ones overwrite them.
            List<Place> places = await AppendAsync(added, cancellationToken);
            await _database.WriteAsync((connection, transaction) => Index(connection, transaction, places), cancellationToken);
            _end = places[^1].Offset + places[^1].Stored;
            _file = places[^1].File;
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>Takes a chunk out of the index, so that it is fetched again.</summary>
    public Task DropAsync(ChunkId id, CancellationToken cancellationToken) =>
        _database.WriteAsync((connection, transaction) => connection.Execute("DELETE FROM chunks WHERE id = @id", new { id = id.ToArray() }, transaction), cancellationToken);

    public void Dispose() => _appending.Dispose();

    private async Task<List<Place>> AppendAsync(ArrivedChunk[] chunks, CancellationToken cancellationToken)
    {
        var places = new List<Place>(chunks.Length);
        (int file, long end) = (_file, _end);
        int next = 0;
        while (next < chunks.Length)
        {
            if (end >= _fileBytes)
                (file, end) = (file + 1, 0);
            bool made = !File.Exists(PathOf(file));
            using (SafeFileHandle handle = File.OpenHandle(PathOf(file), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, FileOptions.Asynchronous))
            {
                for (; next < chunks.Length && end < _fileBytes; next++)
                {
                    ArrivedChunk chunk = chunks[next];
                    var record = new ChunkRecord(chunk.Id, chunk.Coding, chunk.Stored.Length, chunk.LengthBytes, ChunkRecord.CrcOf(chunk.Stored.Span));
                    byte[] head = new byte[ChunkRecord.HeadBytes];
                    record.WriteHead(head);
                    await RandomAccess.WriteAsync(handle, [head, chunk.Stored], end, cancellationToken);
                    places.Add(Place.Of(record, file, end + ChunkRecord.HeadBytes));
                    end = places[^1].Offset + places[^1].Stored;
                }
                RandomAccess.FlushToDisk(handle);
            }
            if (made)
                DurableFile.SyncFolder(_folder);
        }
        return places;
    }

    /// <summary>Looks behind the indexed end of each file. All of a file is looked at when the index was lost.</summary>
    private void Recover()
    {
        int recovered = 0;
        foreach (int file in Directory.GetFiles(_folder, "*.chunks").Select(path => int.Parse(Path.GetFileNameWithoutExtension(path), null)).Order())
        {
            long end = _database.Read(connection => connection.ExecuteScalar<long?>("SELECT max(offset + stored) FROM chunks WHERE file = @file", new { file })) ?? 0;
            var found = new List<Place>();
            using (SafeFileHandle handle = File.OpenHandle(PathOf(file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
                end = Scan(handle, file, end, found);
            _database.WriteAsync((connection, transaction) => Index(connection, transaction, found), CancellationToken.None).GetAwaiter().GetResult();
            recovered += found.Count;
            (_file, _end) = (file, end);
        }
        if (recovered > 0)
            _log.ChunksRecovered(recovered);
    }

    /// <summary>Reads records from <paramref name="end"/> on; each is checked against its name, not only its sum, since nobody vouched for it.</summary>
    /// <returns>Where the last sound record ends.</returns>
    private static long Scan(SafeFileHandle handle, int file, long end, List<Place> found)
    {
        byte[] head = new byte[ChunkRecord.HeadBytes];
        for (long at = end; RandomAccess.Read(handle, head, at) == head.Length && ChunkRecord.TryReadHead(head, out ChunkRecord record);)
        {
            byte[] stored = new byte[record.StoredBytes];
            at += ChunkRecord.HeadBytes;
            if (RandomAccess.Read(handle, stored, at) != stored.Length)
                break;
            if (ChunkRecord.CrcOf(stored) == record.Crc && Volume.Unpack(new VolumeEntry(record.Id, 0, record.StoredBytes, record.LengthBytes, record.Coding), stored) is not null)
            {
                found.Add(Place.Of(record, file, at));
                end = at + stored.Length;
            }
            at += stored.Length;
        }
        return end;
    }

    private async Task<byte[]?> ReadStoredAsync(Place place, CancellationToken cancellationToken)
    {
        string path = PathOf(place.File);
        if (!File.Exists(path))
            return null;
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.Asynchronous);
        byte[] stored = new byte[place.Stored];
        int length = 0;
        for (int read; length < stored.Length && (read = await RandomAccess.ReadAsync(handle, stored.AsMemory(length), place.Offset + length, cancellationToken)) > 0;)
            length += read;
        return length == stored.Length ? stored : null;
    }

    private Place? Find(ChunkId id) => _database.Read(connection =>
        connection.QuerySingleOrDefault<Place>("SELECT id, file, offset, stored, length, coding, crc FROM chunks WHERE id = @id", new { id = id.ToArray() }));

    private static void Index(SqliteConnection connection, SqliteTransaction transaction, List<Place> places) =>
        connection.Execute("INSERT OR REPLACE INTO chunks (id, file, offset, stored, length, coding, crc) VALUES (@Id, @File, @Offset, @Stored, @Length, @Coding, @Crc)", places, transaction);

    private string PathOf(int file) => Path.Combine(_folder, $"{file:D6}.chunks");

    private sealed class Place
    {
        public byte[] Id { get; init; } = [];
        public int File { get; init; }
        public long Offset { get; init; }
        public int Stored { get; init; }
        public int Length { get; init; }
        public int Coding { get; init; }
        public long Crc { get; init; }

        public static Place Of(ChunkRecord record, int file, long offset) => new()
        {
            Id = record.Id.ToArray(),
            File = file,
            Offset = offset,
            Stored = record.StoredBytes,
            Length = record.LengthBytes,
            Coding = (int)record.Coding,
            Crc = record.Crc,
        };
    }
}
