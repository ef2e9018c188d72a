using System.Buffers;
using System.Runtime.InteropServices;
using Dapper;
using Edge.Core.Content;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Edge.Box.Content;

/// <summary>Where a chunk lies. <paramref name="Offset"/> is that of its bytes, behind the record's head.</summary>
internal sealed record ChunkPlace(ChunkId Id, int File, long Offset, int Stored, int Length, ChunkCoding Coding, uint Crc)
{
    public long End => Offset + Stored;

    public long RecordBytes => ChunkRecord.HeadBytes + Stored;

    public static ChunkPlace Of(ChunkRecord record, int file, long offset) =>
        new(record.Id, file, offset, record.StoredBytes, record.LengthBytes, record.Coding, record.Crc);
}

/// <summary>A pack version that chunks are kept for.</summary>
internal sealed record ChunkHolder(long Number, string Pack, long Version, ChunkId Manifest, bool Shown, bool Pinned);

/// <summary>A place in the order in which chunks lie on disk.</summary>
internal readonly record struct StorePosition(int File, long Offset);

/// <summary>What a check of some chunks found.</summary>
/// <param name="Next">Where to go on.</param>
/// <param name="AtEnd">Behind the last chunk: the next check begins anew.</param>
/// <param name="Chunks">How many were hashed.</param>
/// <param name="Bytes">Bytes read from disk.</param>
/// <param name="Damaged">Those that are not what their names say.</param>
internal sealed record CheckedStretch(StorePosition Next, bool AtEnd, int Chunks, long Bytes, IReadOnlyList<ChunkPlace> Damaged);

/// <summary>The store's tables: where chunks lie, and which pack versions need them.</summary>
internal sealed class StoreIndex(DurableDatabase database)
{
    private static void Add(SqliteConnection connection, SqliteTransaction transaction, IReadOnlyList<ChunkPlace> places)
    {
        using SqliteCommand add = connection.CreateCommand();
        add.Transaction = transaction;
        // A chunk that some pack waits for has its row, and its number, already.
        add.CommandText = """
            INSERT INTO chunks (id, file, offset, stored, length, coding, crc) VALUES ($id, $file, $offset, $stored, $length, $coding, $crc)
            ON CONFLICT (id) DO UPDATE SET file = excluded.file, offset = excluded.offset, stored = excluded.stored, length = excluded.length, coding = excluded.coding, crc = excluded.crc
            RETURNING n
            """;
        using SqliteCommand loose = connection.CreateCommand();
        loose.Transaction = transaction;
        loose.CommandText = "INSERT OR IGNORE INTO loose SELECT $n WHERE NOT EXISTS (SELECT 1 FROM uses WHERE chunk = $n)";
        SqliteParameter number = loose.Parameters.Add("$n", SqliteType.Integer);
        SqliteParameter[] fields = [.. ((string[])["$id", "$file", "$offset", "$stored", "$length", "$coding", "$crc"]).Select(name => add.Parameters.Add(new SqliteParameter(name, null)))];
        foreach (ChunkPlace place in places)
        {
            Fill(fields, place);
            number.Value = add.ExecuteScalar();
            loose.ExecuteNonQuery();
        }
        Grow(connection, transaction, places);
    }

    private const string PlaceColumns = "id, file, offset, stored, length, coding, crc";
    private const string LastFileMark = "last file";
    private const string MadeAnewMark = "made anew";
    private const string CheckedFileMark = "checked file";
    private const string CheckedOffsetMark = "checked offset";

    private const int CheckedAtOnce = 256;

    /// <summary>Read at once when chunks are hashed again: it stays in the processor's cache until it is hashed.</summary>
    private const int CheckedStretchBytes = 512 << 10;

    /// <summary>Number of the newest file that ever was; -1 before the first.</summary>
    public int LastFile => (int)Mark(LastFileMark, -1);

    /// <summary>The former index was lost, and what only it knew has not been put right yet.</summary>
    public bool IsMadeAnew => Mark(MadeAnewMark, 0) != 0;

    public void NoteMadeAnew(bool value) => database.Write((connection, transaction) => SetMark(connection, transaction, MadeAnewMark, value ? 1 : 0));

    /// <summary>Committed end of each file.</summary>
    public Dictionary<int, long> Files => database.Read(connection => connection.Query<(long File, long End)>("SELECT file, end FROM files").ToDictionary(row => (int)row.File, row => row.End));

    /// <summary>Bytes of all files, and of the records in them that count.</summary>
    public (long Used, long Live) Sizes => database.Read(connection => connection.QuerySingle<(long, long)>("SELECT coalesce(sum(end), 0), coalesce(sum(live), 0) FROM files"));

    public StorePosition Checked => new((int)Mark(CheckedFileMark, 0), Mark(CheckedOffsetMark, 0));

    public Task SetCheckedAsync(StorePosition position, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        SetMark(connection, transaction, CheckedFileMark, position.File);
        SetMark(connection, transaction, CheckedOffsetMark, position.Offset);
    }, cancellationToken);

    public List<ChunkId> Missing(IEnumerable<ChunkId> wanted) => database.Read(connection =>
    {
        using SqliteCommand find = connection.CreateCommand();
        find.CommandText = "SELECT 1 FROM chunks WHERE id = $id AND file IS NOT NULL";
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

    public ChunkPlace? Find(ChunkId id) => database.Read(connection =>
    {
        using SqliteCommand find = connection.CreateCommand();
        find.CommandText = $"SELECT {PlaceColumns} FROM chunks WHERE id = $id AND file IS NOT NULL";
        find.Parameters.AddWithValue("$id", id.ToArray());
        using SqliteDataReader reader = find.ExecuteReader();
        return reader.Read() ? PlaceOf(reader) : null;
    });

    /// <summary>Live chunks of a file, in their order.</summary>
    public List<ChunkPlace> In(int file) => Places("file = $file AND offset > $offset", new StorePosition(file, 0), int.MaxValue);

    /// <summary>Enters chunks that are on disk.</summary>
    public Task AddAsync(IReadOnlyList<ChunkPlace> places, CancellationToken cancellationToken) =>
        database.WriteAsync((connection, transaction) => Add(connection, transaction, places), cancellationToken);

    /// <summary>Enters chunks that a start found.</summary>
    public void Add(IReadOnlyList<ChunkPlace> places) => database.Write((connection, transaction) => Add(connection, transaction, places));

    /// <summary>Enters the new places of chunks that were copied out of <paramref name="file"/>.</summary>
    public Task MoveAsync(int file, IReadOnlyList<ChunkPlace> places, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        using SqliteCommand move = connection.CreateCommand();
        move.Transaction = transaction;
        move.CommandText = "UPDATE chunks SET file = $file, offset = $offset WHERE id = $id AND file = $former";
        SqliteParameter id = move.Parameters.Add("$id", SqliteType.Blob);
        SqliteParameter to = move.Parameters.Add("$file", SqliteType.Integer);
        SqliteParameter offset = move.Parameters.Add("$offset", SqliteType.Integer);
        move.Parameters.AddWithValue("$former", file);
        // One that was taken out while it was copied stays out; its copy is dead.
        var moved = new List<ChunkPlace>();
        foreach (ChunkPlace place in places)
        {
            (id.Value, to.Value, offset.Value) = (place.Id.ToArray(), place.File, place.Offset);
            if (move.ExecuteNonQuery() > 0)
                moved.Add(place);
        }
        Grow(connection, transaction, moved);
        connection.Execute("UPDATE files SET end = max(end, @End) WHERE file = @File", new { places[^1].End, places[^1].File }, transaction);
        connection.Execute("UPDATE files SET live = live - @bytes WHERE file = @file", new { file, bytes = moved.Sum(place => place.RecordBytes) }, transaction);
    }, cancellationToken);

    /// <summary>Forgets that a chunk lies there. One that some pack needs counts as missing, any other is gone.</summary>
    /// <returns>Whether a shown pack needs it.</returns>
    public Task<bool> TakeOutAsync(ChunkPlace place, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        long? number = connection.ExecuteScalar<long?>("SELECT n FROM chunks WHERE id = @id AND file = @File AND offset = @Offset", new { id = place.Id.ToArray(), place.File, place.Offset }, transaction);
        if (number is null)
            return false;
        connection.Execute("UPDATE files SET live = live - @RecordBytes WHERE file = @File", new { place.RecordBytes, place.File }, transaction);
        connection.Execute("DELETE FROM loose WHERE chunk = @number", new { number }, transaction);
        if (connection.Execute("DELETE FROM chunks WHERE n = @number AND NOT EXISTS (SELECT 1 FROM uses WHERE chunk = @number)", new { number }, transaction) > 0)
            return false;
        connection.Execute("UPDATE chunks SET file = NULL, offset = NULL WHERE n = @number", new { number }, transaction);
        return connection.ExecuteScalar<bool>("""
            SELECT EXISTS (SELECT 1 FROM uses JOIN holders ON holders.n = uses.holder JOIN shown ON shown.manifest = holders.manifest WHERE uses.chunk = @number)
            """, new { number }, transaction);
    }, cancellationToken);

    /// <summary>Chunks that shown packs need and that are not here.</summary>
    public List<ChunkId> LostOfShown(int most) => database.Read(connection => connection.Query<byte[]>("""
        SELECT DISTINCT chunks.id FROM chunks JOIN uses ON uses.chunk = chunks.n JOIN holders ON holders.n = uses.holder JOIN shown ON shown.manifest = holders.manifest
        WHERE chunks.file IS NULL LIMIT @most
        """, new { most }).Select(id => new ChunkId(id)).ToList());

    /// <summary>Whether a shown pack needs this chunk, and it is not here.</summary>
    public bool IsLostOfShown(ChunkId id) => database.Read(connection => connection.ExecuteScalar<bool>("""
        SELECT EXISTS (SELECT 1 FROM chunks JOIN uses ON uses.chunk = chunks.n JOIN holders ON holders.n = uses.holder JOIN shown ON shown.manifest = holders.manifest
        WHERE chunks.id = @id AND chunks.file IS NULL)
        """, new { id = id.ToArray() }));

    /// <summary>Shown packs that need chunks that are not here.</summary>
    public List<ChunkId> DamagedManifests() => database.Read(connection => connection.Query<byte[]>("""
        SELECT DISTINCT shown.manifest FROM chunks JOIN uses ON uses.chunk = chunks.n JOIN holders ON holders.n = uses.holder JOIN shown ON shown.manifest = holders.manifest
        WHERE chunks.file IS NULL
        """).Select(id => new ChunkId(id)).ToList());

    public IReadOnlyList<ChunkHolder> Holders => database.Read(connection => connection.Query<HolderRow>("""
        SELECT holders.n, holders.pack, holders.version, holders.manifest, shown.pack IS NOT NULL AS shown, pins.pack IS NOT NULL AS pinned
        FROM holders LEFT JOIN shown ON shown.manifest = holders.manifest LEFT JOIN pins ON pins.pack = holders.pack ORDER BY holders.n
        """).Select(row => new ChunkHolder(row.N, row.Pack, row.Version, new ChunkId(row.Manifest), row.Shown != 0, row.Pinned != 0)).ToList());

    public Task<long> HolderAsync(string pack, long version, ChunkId manifest, CancellationToken cancellationToken)
    {
        byte[] id = manifest.ToArray();
        return database.Read(connection => connection.ExecuteScalar<long?>("SELECT n FROM holders WHERE manifest = @id", new { id })) is { } held ? Task.FromResult(held)
            : database.WriteAsync((connection, transaction) =>
            {
                connection.Execute("INSERT OR IGNORE INTO holders (pack, version, manifest) VALUES (@pack, @version, @id)", new { pack, version, id }, transaction);
                return connection.ExecuteScalar<long>("SELECT n FROM holders WHERE manifest = @id", new { id }, transaction);
            }, cancellationToken);
    }

    /// <summary>Those that are not yet entered as needed by this holder.</summary>
    public List<ChunkId> NotHeld(long holder, IEnumerable<ChunkId> chunks) => database.Read(connection =>
    {
        using SqliteCommand find = connection.CreateCommand();
        find.CommandText = "SELECT 1 FROM uses WHERE holder = $holder AND chunk = (SELECT n FROM chunks WHERE id = $id)";
        find.Parameters.AddWithValue("$holder", holder);
        SqliteParameter parameter = find.Parameters.Add("$id", SqliteType.Blob);
        var rest = new List<ChunkId>();
        foreach (ChunkId id in chunks.Distinct())
        {
            parameter.Value = id.ToArray();
            if (find.ExecuteScalar() is null)
                rest.Add(id);
        }
        return rest;
    });

    public Task HoldAsync(long holder, IReadOnlyCollection<ChunkId> chunks, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        string[] steps =
        [
            "INSERT OR IGNORE INTO chunks (id) VALUES ($id)",
            "INSERT OR IGNORE INTO uses SELECT $holder, n FROM chunks WHERE id = $id",
            "DELETE FROM loose WHERE chunk = (SELECT n FROM chunks WHERE id = $id)",
        ];
        var commands = new List<(SqliteCommand Command, SqliteParameter Id)>();
        foreach (string step in steps)
        {
            SqliteCommand command = connection.CreateCommand();
            command.Transaction = transaction;
#pragma warning disable CA2100 // The three above.
            command.CommandText = step;
#pragma warning restore CA2100
            command.Parameters.AddWithValue("$holder", holder);
            commands.Add((command, command.Parameters.Add("$id", SqliteType.Blob)));
        }
        foreach (ChunkId chunk in chunks)
        {
            byte[] id = chunk.ToArray();
            foreach ((SqliteCommand command, SqliteParameter parameter) in commands)
            {
                parameter.Value = id;
                command.ExecuteNonQuery();
            }
        }
        foreach ((SqliteCommand command, _) in commands)
            command.Dispose();
    }, cancellationToken);

    /// <summary>Lets go of a holder and of the chunks that only it needs.</summary>
    public Task ReleaseAsync(long holder, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        const string Only = "SELECT chunk FROM uses WHERE holder = @holder AND NOT EXISTS (SELECT 1 FROM uses AS other WHERE other.chunk = uses.chunk AND other.holder <> @holder)";
        connection.Execute($"CREATE TEMP TABLE going AS SELECT n, file, stored FROM chunks WHERE n IN ({Only})", new { holder }, transaction);
        connection.Execute("""
            UPDATE files SET live = live - gone.bytes
            FROM (SELECT file, sum(stored + @HeadBytes) AS bytes FROM going WHERE file IS NOT NULL GROUP BY file) AS gone WHERE gone.file = files.file
            """, new { ChunkRecord.HeadBytes }, transaction);
        connection.Execute("DELETE FROM chunks WHERE n IN (SELECT n FROM going)", transaction: transaction);
        connection.Execute("DELETE FROM uses WHERE holder = @holder", new { holder }, transaction);
        connection.Execute("DELETE FROM holders WHERE n = @holder", new { holder }, transaction);
        connection.Execute("DROP TABLE going", transaction: transaction);
    }, cancellationToken);

    public long BytesOfOnly(long holder) => database.Read(connection => connection.ExecuteScalar<long>("""
        SELECT coalesce(sum(chunks.stored + @HeadBytes), 0) FROM uses JOIN chunks ON chunks.n = uses.chunk
        WHERE uses.holder = @holder AND chunks.file IS NOT NULL AND NOT EXISTS (SELECT 1 FROM uses AS other WHERE other.chunk = uses.chunk AND other.holder <> @holder)
        """, new { holder, ChunkRecord.HeadBytes }));

    /// <summary>Bytes of chunks that no holder needs, in files before <paramref name="file"/>.</summary>
    public long LooseBytes(int file) => database.Read(connection => connection.ExecuteScalar<long>(
        "SELECT coalesce(sum(stored + @HeadBytes), 0) FROM loose JOIN chunks ON chunks.n = loose.chunk WHERE file < @file", new { file, ChunkRecord.HeadBytes }));

    /// <summary>Drops the oldest of these.</summary>
    /// <returns>False when there are none.</returns>
    public Task<bool> DropLooseAsync(int file, int most, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        List<(long N, long File, long Bytes)> going = [.. connection.Query<(long, long, long)>(
            "SELECT chunks.n, file, stored + @HeadBytes FROM loose JOIN chunks ON chunks.n = loose.chunk WHERE file < @file ORDER BY chunks.n LIMIT @most", new { file, most, ChunkRecord.HeadBytes }, transaction)];
        connection.Execute("DELETE FROM chunks WHERE n = @N", going.Select(chunk => new { chunk.N }), transaction);
        connection.Execute("DELETE FROM loose WHERE chunk = @N", going.Select(chunk => new { chunk.N }), transaction);
        connection.Execute("UPDATE files SET live = live - @Bytes WHERE file = @Key", going.GroupBy(chunk => chunk.File).Select(gone => new { gone.Key, Bytes = gone.Sum(chunk => chunk.Bytes) }), transaction);
        return going.Count > 0;
    }, cancellationToken);

    /// <summary>Forgets files without a live chunk, the one that is being written left out.</summary>
    public async Task<List<int>> ForgetDeadFilesAsync(int writing, CancellationToken cancellationToken)
    {
        List<int> dead = database.Read(connection => connection.Query<int>("SELECT file FROM files WHERE live = 0 AND file <> @writing", new { writing }).ToList());
        if (dead.Count > 0)
            await database.WriteAsync((connection, transaction) => connection.Execute("DELETE FROM files WHERE file = @file AND live = 0", dead.Select(file => new { file }), transaction), cancellationToken);
        return dead;
    }

    /// <summary>The file with the largest dead part; null when none has more than <paramref name="leastDead"/> of it.</summary>
    public int? Deadest(double leastDead) => database.Read(connection => connection.ExecuteScalar<int?>(
        "SELECT file FROM files WHERE live > 0 AND end - live > @leastDead * end ORDER BY CAST(live AS REAL) / end LIMIT 1", new { leastDead }));

    /// <summary>Hashes chunks in their order on disk.</summary>
    public CheckedStretch Check(IStoreDisk disk, StorePosition after, long mostBytes, CancellationToken cancellationToken)
    {
        var damaged = new List<ChunkPlace>();
        int chunks = 0;
        long bytes = 0;
        while (bytes < mostBytes)
        {
            List<ChunkPlace> places = Places("(file, offset) > ($file, $offset)", after, CheckedAtOnce);
            if (places.Count == 0)
                return new CheckedStretch(default, true, chunks, bytes, damaged);
            for (int at = 0; at < places.Count && bytes < mostBytes;)
            {
                ReadOnlySpan<ChunkPlace> together = Together(CollectionsMarshal.AsSpan(places)[at..], mostBytes - bytes);
                Check(disk, together, damaged, cancellationToken);
                foreach (ChunkPlace place in together)
                    bytes += place.Stored;
                at += together.Length;
                chunks += together.Length;
                after = new StorePosition(together[^1].File, together[^1].Offset);
            }
        }
        return new CheckedStretch(after, false, chunks, bytes, damaged);
    }

    /// <summary>Hashes the chunks of one file; <paramref name="read"/> is told of bytes.</summary>
    public CheckedStretch CheckFile(IStoreDisk disk, int file, Action<long> read, CancellationToken cancellationToken)
    {
        var damaged = new List<ChunkPlace>();
        List<ChunkPlace> places = In(file);
        for (int at = 0; at < places.Count;)
        {
            ReadOnlySpan<ChunkPlace> together = Together(CollectionsMarshal.AsSpan(places)[at..], long.MaxValue);
            Check(disk, together, damaged, cancellationToken);
            long bytes = 0;
            foreach (ChunkPlace place in together)
                bytes += place.Stored;
            read(bytes);
            at += together.Length;
        }
        return new CheckedStretch(new StorePosition(file, long.MaxValue), false, places.Count, places.Sum(place => (long)place.Stored), damaged);
    }

    /// <summary>The first of them that lie in one stretch of one file: a chunk at least.</summary>
    private static ReadOnlySpan<ChunkPlace> Together(ReadOnlySpan<ChunkPlace> places, long mostBytes)
    {
        int count = 1;
        while (count < places.Length && places[count].File == places[0].File && places[count].End - places[0].Offset <= Math.Min(CheckedStretchBytes, mostBytes))
            count++;
        return places[..count];
    }

    /// <summary>Hashes chunks of one stretch, which is read at once. One that moved or went meanwhile is not damaged: it is looked at where it is now.</summary>
    private void Check(IStoreDisk disk, ReadOnlySpan<ChunkPlace> places, List<ChunkPlace> damaged, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long from = places[0].Offset;
        int stretchBytes = (int)(places[^1].End - from);
        byte[] stored = ArrayPool<byte>.Shared.Rent(stretchBytes);
        try
        {
            int length = disk.Read(places[0].File, from, stored.AsSpan(0, stretchBytes));
            foreach (ChunkPlace place in places)
            {
                if (!(place.End - from <= length && IsSound(place, stored.AsSpan((int)(place.Offset - from), place.Stored))) && Find(place.Id) == place)
                    damaged.Add(place);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private static bool IsSound(ChunkPlace place, ReadOnlySpan<byte> stored) => Volume.IsSound(new VolumeEntry(place.Id, 0, place.Stored, place.Length, place.Coding), stored);

    private List<ChunkPlace> Places(string where, StorePosition from, int most) => database.Read(connection =>
    {
        var places = new List<ChunkPlace>();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Only our own constants come here.
        command.CommandText = $"SELECT {PlaceColumns} FROM chunks WHERE {where} AND file IS NOT NULL ORDER BY file, offset LIMIT {most}";
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$file", from.File);
        command.Parameters.AddWithValue("$offset", from.Offset);
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
            places.Add(PlaceOf(reader));
        return places;
    });

    private static ChunkPlace PlaceOf(SqliteDataReader reader) => new(new ChunkId((byte[])reader.GetValue(0)), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetInt32(4),
        (ChunkCoding)reader.GetInt32(5), (uint)reader.GetInt64(6));

    private static void Fill(SqliteParameter[] fields, ChunkPlace place)
    {
        object[] values = [place.Id.ToArray(), place.File, place.Offset, place.Stored, place.Length, (int)place.Coding, (long)place.Crc];
        for (int i = 0; i < fields.Length; i++)
            fields[i].Value = values[i];
    }

    private static void Grow(SqliteConnection connection, SqliteTransaction transaction, IReadOnlyList<ChunkPlace> places)
    {
        foreach (IGrouping<int, ChunkPlace> file in places.GroupBy(place => place.File))
        {
            connection.Execute("""
                INSERT INTO files (file, end, live) VALUES (@Key, @end, @bytes) ON CONFLICT (file) DO UPDATE SET end = max(end, excluded.end), live = live + excluded.live
                """, new { file.Key, end = file.Max(place => place.End), bytes = file.Sum(place => place.RecordBytes) }, transaction);
            connection.Execute("INSERT INTO marks VALUES (@LastFileMark, @Key) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)", new { LastFileMark, file.Key }, transaction);
        }
    }

    private long Mark(string name, long otherwise) => database.Read(connection => connection.ExecuteScalar<long?>("SELECT value FROM marks WHERE name = @name", new { name })) ?? otherwise;

    private static void SetMark(SqliteConnection connection, SqliteTransaction transaction, string name, long value) =>
        connection.Execute("INSERT OR REPLACE INTO marks VALUES (@name, @value)", new { name, value }, transaction);

    private sealed class HolderRow
    {
        public long N { get; init; }
        public string Pack { get; init; } = "";
        public long Version { get; init; }
        public byte[] Manifest { get; init; } = [];
        public long Shown { get; init; }
        public long Pinned { get; init; }
    }
}
