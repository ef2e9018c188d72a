using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Dapper;
using Edge.Core.Feedback;
using Edge.Durable;

namespace Relay.Feedback;

/// <summary>How long one school's askers wait for one kind of item, in hours.</summary>
/// <param name="School">Whose.</param>
/// <param name="Kind">What.</param>
/// <param name="Open">How many wait now.</param>
/// <param name="OpenMedian">Median age of those; null when none waits.</param>
/// <param name="OpenNinety">Nine of ten of them are no older.</param>
/// <param name="OpenOldest">Age of the oldest.</param>
/// <param name="Replied">How many got their reply in the last <see cref="FeedbackAges.Days"/> days.</param>
/// <param name="RepliedMedian">Median of what they waited, from the asking to the reply; null when none did.</param>
public sealed record AgeRow(string School, [property: JsonConverter(typeof(JsonStringEnumConverter<FeedbackKind>))] FeedbackKind Kind, int Open, double? OpenMedian, double? OpenNinety, double? OpenOldest,
    int Replied, double? RepliedMedian);

/// <summary>The age of what waits for staff. Age counts from the asking (<see cref="FeedbackEntry.Asked"/>), so an item that a link brought a week late is a week old.</summary>
/// <param name="database">The relay's.</param>
/// <param name="time">Now.</param>
public sealed class FeedbackAges(DurableDatabase database, TimeProvider time)
{
    /// <summary>How far back replies count.</summary>
    public const int Days = 30;

    /// <summary>Schools by name, each with its kinds; only where something waits or was replied to.</summary>
    public ImmutableArray<AgeRow> Rows()
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return database.Read(connection => connection.Query<(string School, long Kind, long Asked, long? Replied)>($"""
                SELECT school, kind, {FeedbackStore.AskedSql}, CASE WHEN state = 0 THEN NULL ELSE replied END FROM feedback
                WHERE kind IN @kinds AND (state = 0 OR replied >= @since)
                """, new { kinds = Kinds.Select(kind => (int)kind), since = now - (long)TimeSpan.FromDays(Days).TotalMilliseconds })
            .GroupBy(row => (row.School, row.Kind)).OrderBy(group => group.Key.School, StringComparer.Ordinal).ThenBy(group => group.Key.Kind).Select(group =>
            {
                double[] open = [.. group.Where(row => row.Replied is null).Select(row => Hours(now - row.Asked)).Order()];
                double[] replied = [.. group.Where(row => row.Replied is not null).Select(row => Hours(row.Replied!.Value - row.Asked)).Order()];
                return new AgeRow(group.Key.School, (FeedbackKind)group.Key.Kind, open.Length, At(open, 0.5), At(open, 0.9), At(open, 1), replied.Length, At(replied, 0.5));
            }).ToImmutableArray());
    }

    /// <summary>Those that a person waits for.</summary>
    private static readonly FeedbackKind[] Kinds = [FeedbackKind.Question, FeedbackKind.Problem, FeedbackKind.HelpRequest];

    // A clock that was set back gives no age below zero.
    private static double Hours(long milliseconds) => Math.Round(Math.Max(0, milliseconds) / 3_600_000.0, 2);

    /// <summary>The smallest value that so great a part is not above (nearest rank).</summary>
    private static double? At(double[] sorted, double part) => sorted.Length == 0 ? null : sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
}
