using System.Collections.Immutable;
using Dapper;
using Edge.Core.Content;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Edge.Box.Content;

/// <summary>Keeps what the school laid over its packs. Each change is on disk before it shows; former states stay for pages made from them until the next start.</summary>
public sealed class LocalLayers : IDisposable
{
    private readonly DurableDatabase _database;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _changing = new(1);
    // The panel asks ten times a second; an idle box reads no disk.
    private volatile ImmutableDictionary<string, (LocalLayer Layer, long State)> _now;

    /// <param name="folder">Folder of the changes and their files.</param>
    /// <param name="files">Where the files lie.</param>
    /// <param name="log">Where changes are told.</param>
    public LocalLayers(string folder, LocalFiles files, ILogger<LocalLayers> log)
    {
        Directory.CreateDirectory(folder);
        Files = files;
        _log = log;
        _database = new DurableDatabase(Path.Combine(folder, "local.db"), LocalTables.Schema);
        // Nobody has a page from before the start that he could not load anew.
        _database.Write((connection, transaction) => connection.Execute("DELETE FROM changes WHERE until IS NOT NULL", transaction: transaction));
        _now = _database.Read(connection => connection.Query<string>("SELECT DISTINCT pack FROM changes").ToList()
            .ToImmutableDictionary(pack => pack, pack => (Layer(connection, null, pack, null), State(connection, null, pack))));
        files.KeepOnly(_database.Read(connection => connection.Query<byte[]>("SELECT change FROM changes").Select(LocalChange.Read).Select(change => change?.File?.Sha256).OfType<ChunkId>().ToHashSet()));
    }

    /// <summary>The layer of a pack changed. Raised when it shows, on the thread that changed it.</summary>
    public event Action<string>? Changed;

    public LocalFiles Files { get; }

    /// <summary>The layer of a pack as it is now, with the number of its state; 0: there is nothing of the school's own.</summary>
    public (LocalLayer Layer, long State) Of(string pack) => _now.TryGetValue(pack, out var now) ? now : (LocalLayer.None, 0);

    /// <summary>The layer as it was in a state.</summary>
    public LocalLayer At(string pack, long state) => _database.Read(connection => Layer(connection, null, pack, state));

    /// <summary>Packs with changes.</summary>
    public IEnumerable<string> Packs => _now.Keys.Order(StringComparer.Ordinal);

    /// <summary>Changes the layer of a pack. One at a time; on disk when the task completes.</summary>
    /// <param name="pack">Which pack.</param>
    /// <param name="change">From the layer and the number of the next change to the new layer; null: it cannot be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when it could not be.</returns>
    public async Task<bool> ChangeAsync(string pack, Func<LocalLayer, long, LocalLayer?> change, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            LocalLayer former = Of(pack).Layer;
            long state = _database.Read(connection => State(connection, null, pack)) + 1;
            if (change(former, state) is not { } next)
                return false;
            await _database.WriteAsync((connection, transaction) =>
            {
                // What only came to be known is no new state: the files are the same.
                foreach (LocalChange known in next.Changes.Where(now => former.Find(now.Number) is { } before && before != now))
                    connection.Execute("UPDATE changes SET change = @change WHERE pack = @pack AND number = @Number", new { pack, known.Number, change = known.ToJson() }, transaction);
                foreach (LocalChange gone in former.Changes.Where(before => next.Find(before.Number) is null))
                    connection.Execute("UPDATE changes SET until = @state WHERE pack = @pack AND number = @Number", new { pack, gone.Number, state }, transaction);
                foreach (LocalChange added in next.Changes.Where(now => former.Find(now.Number) is null))
                {
                    connection.Execute("INSERT INTO changes (pack, number, change, since) VALUES (@pack, @Number, @change, @state)", new { pack, added.Number, change = added.ToJson(), state }, transaction);
                    _log.LayerChanged(pack, added.Kind, added.Path);
                }
                connection.Execute("INSERT OR REPLACE INTO layers (pack, state) VALUES (@pack, @state)", new { pack, state }, transaction);
            }, cancellationToken);
            _now = next.Changes.IsEmpty ? _now.Remove(pack) : _now.SetItem(pack, (next, state));
            Changed?.Invoke(pack);
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    public void Dispose()
    {
        _changing.Dispose();
        _database.Dispose();
    }

    private static LocalLayer Layer(SqliteConnection connection, SqliteTransaction? transaction, string pack, long? state) => new(
    [
        .. connection.Query<byte[]>("SELECT change FROM changes WHERE pack = @pack AND (CASE WHEN @state IS NULL THEN until IS NULL ELSE since <= @state AND (until IS NULL OR until > @state) END) ORDER BY number",
            new { pack, state }, transaction).Select(LocalChange.Read).OfType<LocalChange>(),
    ]);

    private static long State(SqliteConnection connection, SqliteTransaction? transaction, string pack) =>
        connection.QuerySingleOrDefault<long?>("SELECT state FROM layers WHERE pack = @pack", new { pack }, transaction) ?? 0;
}
