using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Durable;

namespace Edge.Box.Content;

/// <summary>A verified chunk on its way to disk, in the coding it travelled in.</summary>
public sealed record ArrivedChunk(ChunkId Id, ChunkCoding Coding, int LengthBytes, ReadOnlyMemory<byte> Stored)
{
    /// <summary>An object (manifest, index) kept as a chunk.</summary>
    public static ArrivedChunk Plain(ChunkId id, ReadOnlyMemory<byte> bytes) => new(id, ChunkCoding.Plain, bytes.Length, bytes);
}

/// <summary>Packs may not take the last of the disk, nor more than their quota.</summary>
public sealed class StoreFullException(long roomBytes, long neededBytes) : IOException($"packs have room for {Math.Max(0, roomBytes)} bytes, {neededBytes} are needed")
{
    public long RoomBytes => Math.Max(0, roomBytes);

    public long NeededBytes => neededBytes;
}

/// <summary>Chunks in a few append-only files with an index beside them. Bytes are on disk before the index names them, so a chunk is either whole or not there;
/// what was written and not yet indexed when the power went is found again at the next start. What does not match its sum is never handed out.
/// The index also knows which pack versions need which chunks: those that none needs make room first. Space of chunks that went comes back file by file.</summary>
public sealed class DiskChunkStore : IDisposable
{
    /// <summary>A file is rewritten when so much of it is dead; sooner only when room is needed at once. Each byte is rewritten at most three times as often as one dies.</summary>
    private const double DeadShare = 0.25;

    /// <summary>Chunks of no pack in the newest files stay: most likely their manifest is on its way.</summary>
    private const int YoungFiles = 8;

    /// <summary>Chunks entered as needed in one commit.</summary>
    private const int HeldAtOnce = 5_000;

    /// <summary>Most lost chunks kept in memory; any further ones are noticed when they are read.</summary>
    private const int MaxLost = 100_000;

    private const int LooseAtOnce = 1_000;

    /// <summary>Bytes given to the disk in one call.</summary>
    private const int WrittenAtOnce = 1 << 20;

    private readonly StoreIndex _index;
    private readonly IStoreDisk _disk;
    private readonly long _reserveBytes;
    private readonly long _quotaBytes;
    private readonly int _fileBytes;
    private readonly Func<long> _freeBytes;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _appending = new(1);
    private ImmutableHashSet<ChunkId> _lost = [];
    private int _file;
    private long _end;
    private long _usedBytes;
    private long _liveBytes;

    private DiskChunkStore(IStoreDisk disk, DurableDatabase database, ContentOptions options, Func<long> freeBytes, ILogger log)
    {
        _disk = disk;
        _index = new StoreIndex(database);
        _reserveBytes = options.ReserveBytes;
        _quotaBytes = options.QuotaBytes > 0 ? options.QuotaBytes : long.MaxValue;
        _fileBytes = options.StoreFileBytes;
        _freeBytes = freeBytes;
        _log = log;
    }

    /// <summary>After a chunk that some pack needs turned out damaged, so that it is fetched at once.</summary>
    public event Action? ChunkLost;

    /// <summary>Chunks that shown packs need and that are not here: they were damaged.</summary>
    public ImmutableHashSet<ChunkId> Lost => Volatile.Read(ref _lost);

    /// <summary>The index was lost and made anew from the files: what showed without being planned stood nowhere else.</summary>
    public bool IsIndexMadeAnew => _index.IsMadeAnew;

    /// <summary>What only the lost index knew has been put right.</summary>
    public void ForgetIndexLoss() => _index.NoteMadeAnew(false);

    /// <summary>Bytes of the store files, dead ones included.</summary>
    public long UsedBytes => Interlocked.Read(ref _usedBytes);

    /// <summary>Bytes of chunks that went and whose space has not come back yet.</summary>
    public long DeadBytes => UsedBytes - Interlocked.Read(ref _liveBytes);

    /// <summary>Bytes that may still be added as things stand.</summary>
    public long RoomBytes => Math.Min(_quotaBytes - UsedBytes, _freeBytes() - _reserveBytes);

    /// <summary>Opens the store and takes in what the files hold beyond the index.</summary>
    /// <param name="folder">Folder of the store files; made if missing.</param>
    /// <param name="database">Has the tables of this feature.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="freeBytes">Free space of the disk.</param>
    /// <param name="log">Where damage is told.</param>
    public static DiskChunkStore Open(string folder, DurableDatabase database, ContentOptions options, Func<long> freeBytes, ILogger log) =>
        Open(new StoreDisk(folder), database, options, freeBytes, log);

    internal static DiskChunkStore Open(IStoreDisk disk, DurableDatabase database, ContentOptions options, Func<long> freeBytes, ILogger log)
    {
        var store = new DiskChunkStore(disk, database, options, freeBytes, log);
        store.Recover();
        store.NoteLost();
        return store;
    }

    /// <summary>Those of <paramref name="wanted"/> that are not held, in the same order.</summary>
    public List<ChunkId> Missing(IEnumerable<ChunkId> wanted) => _index.Missing(wanted);

    /// <summary>The plain bytes of a chunk.</summary>
    /// <returns>Null when it is not held or damaged; a damaged one counts as not held from then on.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
    public async Task<byte[]?> ReadAsync(ChunkId id, CancellationToken cancellationToken)
    {
        ChunkPlace? place = _index.Find(id);
        // Somebody else, such as a verification beside the running box, may have found it damaged.
        if (place is null && !Lost.Contains(id) && _index.IsLostOfShown(id))
            NoteLost(id);
        // A file that is rewritten meanwhile goes, and the chunk is elsewhere.
        for (ChunkPlace? former = null; place is not null && place != former; (former, place) = (place, _index.Find(id)))
        {
            byte[] stored = new byte[place.Stored];
            if (await _disk.ReadAsync(place.File, place.Offset, stored, cancellationToken) == stored.Length && Decode(place, stored) is { } plain)
                return plain;
            if (_index.Find(id) == place)
                await LoseAsync(place, cancellationToken);
        }
        return null;
    }

    /// <summary>As <see cref="ReadAsync"/>, for what is small and wanted on this thread; damage is told by null alone.</summary>
    internal byte[]? Read(ChunkId id)
    {
        if (_index.Find(id) is not { } place)
            return null;
        byte[] stored = new byte[place.Stored];
        return _disk.Read(place.File, place.Offset, stored) == stored.Length ? Decode(place, stored) : null;
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
            long room = RoomBytes;
            if (room < bytes)
                throw new StoreFullException(room, bytes);
            // From here the bytes are either indexed or lie behind the end, where the next ones overwrite them.
            List<ChunkPlace> places = Append(added.Select(chunk =>
                (new ChunkRecord(chunk.Id, chunk.Coding, chunk.Stored.Length, chunk.LengthBytes, ChunkRecord.CrcOf(chunk.Stored.Span)), chunk.Stored)));
            await _index.AddAsync(places, cancellationToken);
            (_file, _end) = (places[^1].File, places[^1].End);
            Interlocked.Add(ref _usedBytes, bytes);
            Interlocked.Add(ref _liveBytes, bytes);
            if (!Lost.IsEmpty)
                ImmutableInterlocked.Update(ref _lost, (lost, back) => lost.Except(back), added.Select(chunk => chunk.Id));
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>Takes a chunk out of the index. One that a pack needs counts as missing, so that it is fetched again.</summary>
    public async Task DropAsync(ChunkId id, CancellationToken cancellationToken)
    {
        if (_index.Find(id) is { } place)
            await TakeOutAsync(place, cancellationToken);
    }

    /// <summary>Notes that a pack version needs these chunks, here or not. What no version needs makes room first.</summary>
    public async Task HoldAsync(string pack, long version, ChunkId manifest, IEnumerable<ChunkId> chunks, CancellationToken cancellationToken)
    {
        long holder = await _index.HolderAsync(pack, version, manifest, cancellationToken);
        foreach (ChunkId[] some in _index.NotHeld(holder, chunks).Chunk(HeldAtOnce))
            await _index.HoldAsync(holder, some, cancellationToken);
    }

    /// <summary>Lets go of a pack version: chunks that no other needs are gone, and their space comes back with <see cref="MakeRoomAsync"/>.</summary>
    internal async Task ReleaseAsync(long holder, CancellationToken cancellationToken)
    {
        await _index.ReleaseAsync(holder, cancellationToken);
        Count(_index.Sizes);
        if (!Lost.IsEmpty)
            NoteLost();
    }

    /// <summary>Looks again at what shown packs lack.</summary>
    internal void NoteLost() => Volatile.Write(ref _lost, [.. _index.LostOfShown(MaxLost)]);

    /// <summary>A chunk that a shown pack needs could not be read.</summary>
    internal void NoteLost(ChunkId id)
    {
        ImmutableInterlocked.Update(ref _lost, (lost, gone) => lost.Add(gone), id);
        ChunkLost?.Invoke();
    }

    /// <summary>Pack versions that chunks are kept for.</summary>
    internal IReadOnlyList<ChunkHolder> Holders => _index.Holders;

    /// <summary>Manifests of shown packs that need chunks that were damaged.</summary>
    internal IReadOnlyList<ChunkId> DamagedManifests => _index.DamagedManifests();

    /// <summary>Bytes that letting go of a version would give back.</summary>
    internal long BytesOfOnly(long holder) => _index.BytesOfOnly(holder);

    /// <summary>Bytes of chunks that no pack needs, the young ones left out.</summary>
    internal long LooseBytes => _index.LooseBytes(_file - YoungFiles);

    /// <summary>Gives space of chunks that went back to the disk, and drops chunks that no pack needs, the oldest first, until there is room.
    /// Files that are dead as a whole are deleted; others are copied, one at a time, so that it takes the room of one file more at most.</summary>
    /// <returns>Whether there is room for <paramref name="bytes"/> now.</returns>
    /// <exception cref="IOException">The disk fails; no chunk was lost.</exception>
    internal async Task<bool> MakeRoomAsync(long bytes, CancellationToken cancellationToken)
    {
        await _appending.WaitAsync(cancellationToken);
        try
        {
            await DeleteDeadAsync(cancellationToken);
            while (RoomBytes + DeadBytes < bytes && await _index.DropLooseAsync(_file - YoungFiles, LooseAtOnce, cancellationToken))
                Count(_index.Sizes);
            await DeleteDeadAsync(cancellationToken);
            while (RoomBytes < bytes && await CompactOneAsync(0, cancellationToken))
            {
            }
            return RoomBytes >= bytes;
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>Rewrites one file of which much is dead, if there is any: the background's share of the work.</summary>
    internal async Task<bool> TidyAsync(CancellationToken cancellationToken)
    {
        await _appending.WaitAsync(cancellationToken);
        try
        {
            await DeleteDeadAsync(cancellationToken);
            return await CompactOneAsync(DeadShare, cancellationToken);
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>Hashes chunks again, in the order they lie on disk. What is damaged counts as lost from then on.</summary>
    /// <param name="after">Where the last call stopped.</param>
    /// <param name="mostBytes">Stops when so many were read.</param>
    /// <param name="cancellationToken">Ends it between two chunks.</param>
    internal async Task<CheckedStretch> CheckAsync(StorePosition after, long mostBytes, CancellationToken cancellationToken)
    {
        CheckedStretch stretch = _index.Check(_disk, after, mostBytes, cancellationToken);
        foreach (ChunkPlace place in stretch.Damaged)
            await LoseAsync(place, cancellationToken);
        return stretch;
    }

    /// <summary>Where <see cref="CheckAsync"/> goes on after a restart.</summary>
    internal StorePosition Checked => _index.Checked;

    internal Task SetCheckedAsync(StorePosition position, CancellationToken cancellationToken) => _index.SetCheckedAsync(position, cancellationToken);

    public void Dispose() => _appending.Dispose();

    private static byte[]? Decode(ChunkPlace place, byte[] stored)
    {
        if (ChunkRecord.CrcOf(stored) != place.Crc)
            return null;
        if (place.Coding == ChunkCoding.Plain && place.Length == stored.Length)
            return stored;
        byte[] plain = new byte[place.Length];
        return ChunkCodings.TryDecode(place.Coding, stored, plain) ? plain : null;
    }

    private async Task LoseAsync(ChunkPlace place, CancellationToken cancellationToken)
    {
        _log.ChunkDamaged(place.Id);
        if (!await TakeOutAsync(place, cancellationToken))
            return;
        ChunkLost?.Invoke();
    }

    /// <returns>Whether a shown pack needs it.</returns>
    private async Task<bool> TakeOutAsync(ChunkPlace place, CancellationToken cancellationToken)
    {
        bool needed = await _index.TakeOutAsync(place, cancellationToken);
        Count(_index.Sizes);
        if (needed && Lost.Count < MaxLost)
            ImmutableInterlocked.Update(ref _lost, (lost, gone) => lost.Add(gone), place.Id);
        return needed;
    }

    /// <summary>Writes records behind the end and has them on disk; nothing of the store's state changes yet.</summary>
    private List<ChunkPlace> Append(IEnumerable<(ChunkRecord Record, ReadOnlyMemory<byte> Stored)> records)
    {
        var places = new List<ChunkPlace>();
        (int file, long end) = (_file, _end);
        var pending = new List<ReadOnlyMemory<byte>>();
        long from = end;
        bool made = end == 0;
        void Write()
        {
            if (pending.Count == 0)
                return;
            _disk.Write(file, from, pending);
            pending.Clear();
            from = end;
        }
        void Finish()
        {
            Write();
            if (end == 0)
                return;
            _disk.Flush(file);
            if (made)
                _disk.FlushNames();
        }
        foreach ((ChunkRecord record, ReadOnlyMemory<byte> stored) in records)
        {
            if (end >= _fileBytes)
            {
                Finish();
                (file, end, from, made) = (file + 1, 0, 0, true);
            }
            byte[] head = new byte[ChunkRecord.HeadBytes];
            record.WriteHead(head);
            pending.Add(head);
            pending.Add(stored);
            places.Add(ChunkPlace.Of(record, file, end + ChunkRecord.HeadBytes));
            end = places[^1].End;
            if (end - from >= WrittenAtOnce)
                Write();
        }
        Finish();
        return places;
    }

    /// <summary>Deletes files without a live chunk. The index forgets them first: a file that outlives that is deleted at the next start.</summary>
    private async Task DeleteDeadAsync(CancellationToken cancellationToken)
    {
        List<int> dead = await _index.ForgetDeadFilesAsync(_file, cancellationToken);
        foreach (int file in dead)
            _disk.Delete(file);
        if (dead.Count == 0)
            return;
        _disk.FlushNames();
        Count(_index.Sizes);
    }

    /// <summary>Copies what is live in the deadest file to the end, and deletes the file.</summary>
    private async Task<bool> CompactOneAsync(double leastDead, CancellationToken cancellationToken)
    {
        if (_index.Deadest(leastDead) is not { } file)
            return false;
        if (file == _file)
            (_file, _end) = (file + 1, 0);
        var damaged = new List<ChunkPlace>();
        List<ChunkPlace> places = Append(Copies(file, damaged, cancellationToken));
        if (places.Count > 0)
        {
            await _index.MoveAsync(file, places, cancellationToken);
            (_file, _end) = (places[^1].File, places[^1].End);
        }
        foreach (ChunkPlace place in damaged)
            await LoseAsync(place, cancellationToken);
        Count(_index.Sizes);
        await DeleteDeadAsync(cancellationToken);
        return true;
    }

    private IEnumerable<(ChunkRecord Record, ReadOnlyMemory<byte> Stored)> Copies(int file, List<ChunkPlace> damaged, CancellationToken cancellationToken)
    {
        foreach (ChunkPlace place in _index.In(file))
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] stored = new byte[place.Stored];
            if (_disk.Read(file, place.Offset, stored) == stored.Length && ChunkRecord.CrcOf(stored) == place.Crc)
                yield return (new ChunkRecord(place.Id, place.Coding, place.Stored, place.Length, place.Crc), stored);
            else
                damaged.Add(place);
        }
    }

    /// <summary>Looks behind the committed end of each file; through all of a file that the index does not know, unless the index had let it go.</summary>
    private void Recover()
    {
        int recovered = 0;
        Dictionary<int, long> known = _index.Files;
        int last = _index.LastFile;
        bool deleted = false;
        if (last < 0 && _disk.Files.Count > 0)
            _index.NoteMadeAnew(true);
        foreach (int file in _disk.Files)
        {
            if (!known.TryGetValue(file, out long end) && file <= last)
            {
                _disk.Delete(file);
                deleted = true;
                continue;
            }
            List<ChunkPlace> found = [.. new StoreScan(_disk, file, end).Records().Where(place => Missing([place.Id]).Count > 0)];
            if (found.Count > 0)
            {
                // They may stand in the system's memory only: after a crash of the program, and not of the power.
                _disk.Flush(file);
                _disk.FlushNames();
                _index.Add(found);
                recovered += found.Count;
                end = found[^1].End;
            }
            (_file, _end) = (file, end);
        }
        if (deleted)
            _disk.FlushNames();
        if (last > _file)
            (_file, _end) = (last + 1, 0);
        Count(_index.Sizes);
        if (recovered > 0)
            _log.ChunksRecovered(recovered);
    }

    private void Count((long Used, long Live) sizes)
    {
        Interlocked.Exchange(ref _usedBytes, sizes.Used);
        Interlocked.Exchange(ref _liveBytes, sizes.Live);
    }
}
