using System.Collections.Immutable;
using Dapper;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Relay.Sync;

/// <summary>An item that could not be taken in. What it says stays in the database, for who mends the box.</summary>
public sealed record SetAsideItem(string Box, long Epoch, long Sequence, string Reason, int LengthBytes, DateTimeOffset At);

/// <summary>What staff should look at on the links: boxes that share one name, and items that were set aside.</summary>
public sealed class LinkDoubts(DurableDatabase database, TimeProvider time)
{
    private const int MostShown = 200;
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Boxes that were given so many epochs since yesterday that they must be two (<see cref="EpochRate.LooksCloned"/>).</summary>
    public ImmutableArray<BoxId> Cloned() => database.Read(connection =>
        connection.Query<string>("SELECT box FROM epochs WHERE at > @since GROUP BY box HAVING count(*) > @free ORDER BY box",
            new { since = (time.GetUtcNow() - Day).ToUnixTimeMilliseconds(), free = EpochRate.FreeADay }).Select(BoxId.Parse).ToImmutableArray());

    /// <summary>The newest items that were set aside.</summary>
    public ImmutableArray<SetAsideItem> SetAside() => database.Read(connection =>
        connection.Query<(string Box, long Epoch, long Sequence, string Reason, long Bytes, long At)>(
                "SELECT box, epoch, sequence, reason, length(bytes), at FROM set_aside ORDER BY id DESC LIMIT @MostShown", new { MostShown })
            .Select(row => new SetAsideItem(row.Box, row.Epoch, row.Sequence, row.Reason, (int)row.Bytes, DateTimeOffset.FromUnixTimeMilliseconds(row.At))).ToImmutableArray());

    /// <summary>How many were set aside since yesterday.</summary>
    public int SetAsideLately() => database.Read(connection =>
        connection.ExecuteScalar<int>("SELECT count(*) FROM set_aside WHERE at > @since", new { since = (time.GetUtcNow() - Day).ToUnixTimeMilliseconds() }));

    internal static EpochRate RateOf(SqliteConnection connection, SqliteTransaction transaction, string box, DateTimeOffset now)
    {
        (long count, long? newest) = connection.QuerySingle<(long, long?)>("SELECT count(*), max(at) FROM epochs WHERE box = @box AND at > @since",
            new { box, since = (now - Day).ToUnixTimeMilliseconds() }, transaction);
        return new EpochRate((int)count, newest is { } at ? now - DateTimeOffset.FromUnixTimeMilliseconds(at) : null);
    }

    internal static void Issued(SqliteConnection connection, SqliteTransaction transaction, string box, IngestDecision decision, long now) => connection.Execute("""
        INSERT OR REPLACE INTO epochs VALUES (@box, @Epoch, @why, @now);
        DELETE FROM epochs WHERE box = @box AND at < @now - 30 * 86400000;
        """, new { box, decision.Cursor.Epoch, why = decision.Verdict.ToString(), now }, transaction);
}
