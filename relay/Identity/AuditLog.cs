using System.Collections.Immutable;
using Dapper;
using Edge.Durable;

namespace Relay.Identity;

/// <summary>One thing that somebody did and that others may want to know of later.</summary>
/// <param name="Number">Grows by one.</param>
/// <param name="At">By the relay's clock.</param>
/// <param name="Who">Name of the key that signed; "staff" where only the staff key was shown.</param>
/// <param name="What">A word such as <c>approved</c>; the console has a text for each.</param>
/// <param name="Subject">Pack, publisher, root, box.</param>
/// <param name="Detail">The rest, for people.</param>
public sealed record AuditEntry(long Number, DateTimeOffset At, string Who, string What, string Subject, string Detail);

/// <summary>Who did what, on disk before the answer. Nothing is ever changed or removed.</summary>
public sealed class AuditLog(DurableDatabase database, TimeProvider time)
{
    /// <summary>Who acted with the staff key alone.</summary>
    public const string Staff = "staff";

    public static readonly Schema Schema = new("audit",
    [
        """
        CREATE TABLE audit (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,              -- Unix milliseconds
            who TEXT NOT NULL,
            what TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL
        );
        """,
    ]);

    public Task AddAsync(string who, string what, string subject, string detail, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("INSERT INTO audit (at, who, what, subject, detail) VALUES (@at, @who, @what, @subject, @detail)",
            new { at = time.GetUtcNow().ToUnixTimeMilliseconds(), who, what, subject, detail }, transaction), cancellationToken);

    /// <summary>The newest entries below <paramref name="before"/> (null: the newest of all), newest first.</summary>
    public ImmutableArray<AuditEntry> Page(long? before, int rows) => database.Read(connection => connection
        .Query<Row>("SELECT number, at, who, what, subject, detail FROM audit WHERE @before IS NULL OR number < @before ORDER BY number DESC LIMIT @rows", new { before, rows })
        .Select(row => new AuditEntry(row.Number, DateTimeOffset.FromUnixTimeMilliseconds(row.At), row.Who, row.What, row.Subject, row.Detail)).ToImmutableArray());

    private sealed class Row
    {
        public long Number { get; init; }
        public long At { get; init; }
        public string Who { get; init; } = "";
        public string What { get; init; } = "";
        public string Subject { get; init; } = "";
        public string Detail { get; init; } = "";
    }
}
