using System.Collections.Immutable;
using Dapper;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Relay.Feedback;

/// <summary>How much a school was used.</summary>
/// <param name="School">Whose; null: the sum of all.</param>
/// <param name="Boxes">So many boxes have counted.</param>
/// <param name="Visits">Pages seen.</param>
/// <param name="Plays">Lessons, recordings, films and sounds begun.</param>
/// <param name="Downloads">Other files taken.</param>
/// <param name="Applications">Exercises and tools opened.</param>
public sealed record UsageRow(string? School, int Boxes, long Visits, long Plays, long Downloads, long Applications);

/// <summary>Counters of use: of each box, storage and day the largest totals that were heard.</summary>
public sealed class UsageStore(DurableDatabase database)
{
    /// <summary>Takes totals in; heard again, late or out of order they change nothing. Part of the transaction that moves the box's cursor.</summary>
    internal static void Add(SqliteConnection connection, SqliteTransaction transaction, BoxId box, string school, UsageDay day) => connection.Execute("""
        INSERT INTO usage (box, storage, day, school, visits, plays, downloads, applications) VALUES (@box, @storage, @day, @school, @visits, @plays, @downloads, @applications)
        ON CONFLICT (box, storage, day) DO UPDATE SET
            visits = max(visits, excluded.visits), plays = max(plays, excluded.plays), downloads = max(downloads, excluded.downloads), applications = max(applications, excluded.applications)
        """,
        new
        {
            box = box.ToString(),
            storage = unchecked((long)day.Storage),
            day = day.Day.DayNumber,
            school,
            visits = day[UsageKey.Visits],
            plays = day[UsageKey.Plays],
            downloads = day[UsageKey.Downloads],
            applications = day[UsageKey.Applications],
        }, transaction);

    /// <summary>Schools that used something, the busiest first.</summary>
    /// <param name="from">First day; null: from the beginning.</param>
    /// <param name="to">Last day; null: to the end.</param>
    public ImmutableArray<UsageRow> Of(DateOnly? from, DateOnly? to) => database.Read(connection => connection.Query<(string School, long Boxes, long Visits, long Plays, long Downloads, long Applications)>("""
        SELECT school, count(DISTINCT box), sum(visits), sum(plays), sum(downloads), sum(applications) FROM usage
        WHERE day BETWEEN @from AND @to GROUP BY school ORDER BY sum(visits) + sum(plays) + sum(downloads) + sum(applications) DESC, school
        """, new { from = from?.DayNumber ?? 0, to = to?.DayNumber ?? int.MaxValue })
        .Select(row => new UsageRow(row.School, (int)row.Boxes, row.Visits, row.Plays, row.Downloads, row.Applications)).ToImmutableArray());

    /// <summary>The sum of all rows.</summary>
    public static UsageRow Sum(ImmutableArray<UsageRow> rows) =>
        new(null, rows.Sum(row => row.Boxes), rows.Sum(row => row.Visits), rows.Sum(row => row.Plays), rows.Sum(row => row.Downloads), rows.Sum(row => row.Applications));
}
