using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace Edge.Durable;

/// <summary>The tables of one feature: statements in the order they came to be. The file remembers how many of them it has had.
/// Never edit one that shipped: append.</summary>
public sealed record Schema(string Feature, ImmutableArray<string> Steps);

/// <summary>A SQLite file that keeps what it committed through a power cut: WAL with synchronous=FULL, asserted at open.
/// One writer at a time in this process; readers do not wait for it.</summary>
public sealed class DurableDatabase : IDisposable
{
    /// <summary>Readers kept open: opening one costs more than most questions.</summary>
    private const int MaxIdleReaders = 8;

    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly string _connectionString;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly SqliteConnection _writer;
    private long _commits;
    private bool _disposed;

    /// <summary>Opens or creates <paramref name="path"/> and brings its tables up to date.</summary>
    /// <param name="path">The database file; its folder must exist.</param>
    /// <param name="schemas">The tables of each feature that keeps some in this file.</param>
    /// <exception cref="SqliteException">Not a database, damaged, or disk trouble.</exception>
    /// <exception cref="InvalidDataException">The file comes from a newer program, or SQLite refused WAL or FULL.</exception>
    public DurableDatabase(string path, params ImmutableArray<Schema> schemas)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Cache = SqliteCacheMode.Private, DefaultTimeout = 30 }.ToString();
        _writer = Open();
        try
        {
            Migrate(schemas);
        }
        catch
        {
            _writer.Dispose();
            throw;
        }
    }

    /// <summary>Commits since the file was opened. While it stays, what was read before still holds.</summary>
    public long Commits => Interlocked.Read(ref _commits);

    /// <summary>Runs <paramref name="act"/> in a transaction that is on disk when the task completes; rolls back when it throws.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, SqliteTransaction, T> act, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            return Commit(act);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc cref="WriteAsync{T}"/>
    public Task WriteAsync(Action<SqliteConnection, SqliteTransaction> act, CancellationToken cancellationToken) =>
        WriteAsync((connection, transaction) =>
        {
            act(connection, transaction);
            return true;
        }, cancellationToken);

    /// <summary>As <see cref="WriteAsync{T}"/>, for constructors: the thread waits.</summary>
    public void Write(Action<SqliteConnection, SqliteTransaction> act)
    {
        _writing.Wait();
        try
        {
            Commit((connection, transaction) =>
            {
                act(connection, transaction);
                return true;
            });
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Reads. Questions inside one transaction of <paramref name="act"/>'s own see one consistent state, as does each question by itself.</summary>
    public T Read<T>(Func<SqliteConnection, T> act)
    {
        if (!_readers.TryTake(out SqliteConnection? connection))
            connection = Open();
        try
        {
            T result = act(connection);
            if (_readers.Count < MaxIdleReaders)
            {
                _readers.Add(connection);
                connection = null;
            }
            return result;
        }
        finally
        {
            connection?.Dispose();
        }
    }

    /// <summary>Waits for the write that is under way; those that wait behind it, and later ones, throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _writing.Wait();
        _disposed = true;
        _writer.Dispose();
        _writing.Release();
        while (_readers.TryTake(out SqliteConnection? reader))
            reader.Dispose();
        SqliteConnection.ClearPool(new SqliteConnection(_connectionString));
    }

    private T Commit<T>(Func<SqliteConnection, SqliteTransaction, T> act)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        using SqliteTransaction transaction = _writer.BeginTransaction();
        T result = act(_writer, transaction);
        transaction.Commit();
        Interlocked.Increment(ref _commits);
        return result;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        // The bundled SQLite happens to default to FULL; another build may not (NORMAL loses commits at a power cut).
        Execute(connection, "PRAGMA journal_mode=WAL");
        Execute(connection, "PRAGMA synchronous=FULL");
        Execute(connection, "PRAGMA foreign_keys=ON");
        if (Scalar(connection, "PRAGMA journal_mode") is not "wal" || Scalar(connection, "PRAGMA synchronous") is not "2")
            throw new InvalidDataException("SQLite refused WAL with synchronous=FULL");
        return connection;
    }

    private void Migrate(ImmutableArray<Schema> schemas)
    {
        Execute(_writer, "CREATE TABLE IF NOT EXISTS schema_steps (feature TEXT PRIMARY KEY, done INTEGER NOT NULL) WITHOUT ROWID");
        foreach (Schema schema in schemas)
        {
            int done = StepsDone(schema.Feature);
            if (done > schema.Steps.Length)
                throw new InvalidDataException($"the tables of {schema.Feature} have had {done} steps, this program knows {schema.Steps.Length}: it is older than its data");
            for (int i = done; i < schema.Steps.Length; i++)
            {
                using SqliteTransaction transaction = _writer.BeginTransaction();
                Execute(_writer, schema.Steps[i]);
                Execute(_writer, "INSERT INTO schema_steps VALUES ($feature, $done) ON CONFLICT (feature) DO UPDATE SET done = $done",
                    ("$feature", schema.Feature), ("$done", i + 1));
                transaction.Commit();
            }
        }
    }

    private int StepsDone(string feature)
    {
        using SqliteCommand command = _writer.CreateCommand();
        command.CommandText = "SELECT coalesce((SELECT done FROM schema_steps WHERE feature = $feature), 0)";
        command.Parameters.AddWithValue("$feature", feature);
        return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void Execute(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // Only our own constants come here.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach ((string name, object value) in parameters)
            command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    private static string Scalar(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        return Convert.ToString(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture) ?? "";
    }
}
