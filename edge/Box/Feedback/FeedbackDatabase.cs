using System.Buffers.Binary;
using System.Security.Cryptography;
using Dapper;
using Edge.Core.Feedback;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Edge.Box.Feedback;

/// <summary>The box's feedback file: outbox and answers together, apart from all else, so that nothing else can fill or break it.</summary>
public sealed class FeedbackDatabase : IDisposable
{
    private FeedbackDatabase(DurableDatabase database, ulong storage, long starts, bool replaced)
    {
        Database = database;
        Storage = storage;
        Starts = starts;
        Replaced = replaced;
    }

    public DurableDatabase Database { get; }

    /// <summary>Chance number of this file; the relay gives another epoch to another file.</summary>
    public ulong Storage { get; }

    /// <summary>How often the program has started on this file.</summary>
    public long Starts { get; }

    /// <summary>The former file was damaged; it lies beside the new one.</summary>
    public bool Replaced { get; }

    /// <summary>Opens or makes the file. A damaged one is moved aside and a new one made: the box goes on, under a new epoch.</summary>
    public static async Task<FeedbackDatabase> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(path, replaced: false, cancellationToken);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Corrupt or NotADatabase)
        {
            MoveAside(path);
            return await OpenAsync(path, replaced: true, cancellationToken);
        }
    }

    public void Dispose() => Database.Dispose();

    internal static StateRow State(SqliteConnection connection, SqliteTransaction? transaction = null) =>
        connection.QuerySingle<StateRow>("SELECT storage, starts, epoch, generation, base, last, acked, kept, sent_through AS SentThrough, bytes, down_through AS DownThrough FROM state",
            transaction: transaction);

    internal static void Keep(SqliteConnection connection, SqliteTransaction transaction, StateRow state) => connection.Execute("""
        UPDATE state SET epoch = @Epoch, generation = @Generation, base = @Base, last = @Last, acked = @Acked, kept = @Kept,
            sent_through = @SentThrough, bytes = @Bytes, down_through = @DownThrough
        """, state, transaction);

    private const int Corrupt = 11; // SQLITE_CORRUPT
    private const int NotADatabase = 26; // SQLITE_NOTADB

    private static async Task<FeedbackDatabase> OpenAsync(string path, bool replaced, CancellationToken cancellationToken)
    {
        var database = new DurableDatabase(path, BoxFeedbackTables.Schema);
        try
        {
            StateRow state = await database.WriteAsync((connection, transaction) =>
            {
                if (connection.ExecuteScalar<string>("PRAGMA quick_check(1)", transaction: transaction) is not "ok")
                    throw new SqliteException("the file is damaged", Corrupt);
                long storage = BinaryPrimitives.ReadInt64BigEndian(RandomNumberGenerator.GetBytes(sizeof(long)));
                connection.Execute("INSERT OR IGNORE INTO state VALUES (1, @storage, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL)", new { storage }, transaction);
                connection.Execute("UPDATE state SET starts = starts + 1", transaction: transaction);
                return State(connection, transaction);
            }, cancellationToken);
            return new FeedbackDatabase(database, (ulong)state.Storage, state.Starts, replaced);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private static void MoveAside(string path)
    {
        int n = 1;
        while (File.Exists($"{path}.damaged-{n}"))
            n++;
        foreach (string end in (string[])["", "-wal", "-shm"])
        {
            if (File.Exists(path + end))
                File.Move(path + end, $"{path}.damaged-{n}{end}");
        }
        DurableFile.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>The one row of the table <c>state</c>.</summary>
    internal sealed record StateRow
    {
        public long Storage { get; init; }
        public long Starts { get; init; }
        public long Epoch { get; init; }
        public long Generation { get; init; }
        public long Base { get; init; }
        public long Last { get; init; }
        public long Acked { get; init; }
        public long Kept { get; init; }
        public long SentThrough { get; init; }
        public long Bytes { get; init; }
        public long DownThrough { get; init; }

        public Outbox Outbox => new(Epoch, Last, Acked, Kept, Generation);

        public StateRow With(Outbox outbox) => this with
        {
            Epoch = outbox.Epoch,
            Last = outbox.Last,
            Acked = outbox.Acked,
            Kept = outbox.Kept,
            Generation = outbox.Generation,
        };
    }
}
