using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Core.Text;
using Edge.Durable;
using Relay.Content;

namespace Relay.Fleet;

/// <summary>A box as the fleet table has it. <paramref name="Status"/> is its newest report (JSON), null before the first.</summary>
public sealed record FleetBox(
    BoxId Id,
    string School,
    long Epoch,
    DateTimeOffset Claimed,
    bool Revoked,
    bool Connected,
    DateTimeOffset? LastContact,
    byte[]? Status);

/// <summary>Schools and boxes.</summary>
public sealed class FleetStore(DurableDatabase database, TimeProvider time)
{
    public ImmutableArray<School> Schools() => database.Read(connection =>
        connection.Query<(string Id, string Name, string? Link)>("SELECT id, name, link FROM schools ORDER BY id")
            .Select(row => new School(row.Id, Text(row.Name), row.Link is null ? null : JsonSerializer.Deserialize<LinkTerms>(row.Link, LinkJson))).ToImmutableArray());

    /// <summary>The school with this id, or with this name in any language.</summary>
    public School? FindSchool(string idOrName) =>
        Schools().FirstOrDefault(school => school.Id == idOrName)
        ?? Schools().FirstOrDefault(school => school.Name.Texts.Values.Contains(idOrName, StringComparer.OrdinalIgnoreCase));

    /// <summary>Adds a school; one that exists keeps its boxes and gets the new name.</summary>
    /// <exception cref="ArgumentException">The id is no slug.</exception>
    public async Task<School> AddSchoolAsync(string id, LocalText name, CancellationToken cancellationToken)
    {
        if (!Slug.IsValid(id))
            throw new ArgumentException("not a school id", nameof(id));
        await database.WriteAsync((connection, transaction) => connection.Execute(
            "INSERT INTO schools (id, name, added) VALUES (@id, @name, @added) ON CONFLICT (id) DO UPDATE SET name = @name",
            new { id, name = JsonSerializer.Serialize(name), added = Now() }, transaction), cancellationToken);
        return new School(id, name);
    }

    /// <summary>Sets how packs share a school's link; null leaves it to the settings of its boxes. False when there is no such school.</summary>
    public Task<bool> SetLinkAsync(string school, LinkTerms? terms, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE schools SET link = @link WHERE id = @school", new { school, link = terms is null ? null : JsonSerializer.Serialize(terms, LinkJson) }, transaction) > 0,
        cancellationToken);

    public ImmutableArray<FleetBox> Boxes() => database.Read(connection =>
        connection.Query<BoxRow>($"SELECT {BoxColumns} FROM boxes ORDER BY school, claimed").Select(row => row.ToBox()).ToImmutableArray());

    public FleetBox? Box(BoxId id) => database.Read(connection =>
        connection.QuerySingleOrDefault<BoxRow>($"SELECT {BoxColumns} FROM boxes WHERE id = @id", new { id = id.ToString() })?.ToBox());

    /// <summary>The school a box works for; null when it is unknown or revoked.</summary>
    public string? SchoolOf(BoxId id) => Box(id) is { Revoked: false } box ? box.School : null;

    /// <summary>Notes that a box was heard of, and whether its link stands now.</summary>
    public Task SeenAsync(BoxId id, bool connected, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE boxes SET connected = @connected, last_contact = @now WHERE id = @id",
            new { id = id.ToString(), connected, now = Now() }, transaction), cancellationToken);

    /// <summary>Keeps a box's report unless a newer one is held. Reports overtake each other on the way; their counter tells.</summary>
    public Task ReportedAsync(BoxId id, long counter, byte[] report, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("""
            UPDATE boxes SET last_contact = @now, connected = 1,
                status = CASE WHEN @counter > status_counter THEN @report ELSE status END,
                status_counter = max(status_counter, @counter)
            WHERE id = @id
            """, new { id = id.ToString(), counter, report, now = Now() }, transaction), cancellationToken);

    /// <summary>Keeps a report that came on a stick, unless a newer one is held. It says nothing of the link.</summary>
    public Task ReportedOnStickAsync(BoxId id, long counter, byte[] report, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE boxes SET status = @report, status_counter = @counter WHERE id = @id AND @counter > status_counter",
            new { id = id.ToString(), counter, report }, transaction), cancellationToken);

    /// <summary>How many boxes, by their newest reports, have all bytes of a pack version and have verified it.</summary>
    public PackArrivals ArrivalsOf(string pack, long version)
    {
        PackReport[] held = [.. Boxes()
            .Where(box => !box.Revoked && box.Status is not null)
            .SelectMany(box => StatusReport.Read(box.Status)?.Packs ?? [])
            .Where(report => report.Pack == pack && report.Version == version)];
        return new PackArrivals(held.Count(report => report.State is PackHolding.Delivered or PackHolding.Verified), held.Count(report => report.State == PackHolding.Verified));
    }

    /// <summary>No link can stand when the relay starts.</summary>
    public Task AllDisconnectedAsync(CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE boxes SET connected = 0", transaction: transaction), cancellationToken);

    /// <summary>Ends a box's identity; false when it is unknown. What it had sent stays.</summary>
    public Task<bool> RevokeAsync(BoxId id, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE boxes SET revoked = coalesce(revoked, @now), connected = 0 WHERE id = @id", new { id = id.ToString(), now = Now() }, transaction) > 0,
        cancellationToken);

    internal Task RenewedAsync(BoxId id, string certificatePem, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE boxes SET certificate = @certificatePem WHERE id = @id", new { id = id.ToString(), certificatePem }, transaction), cancellationToken);

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static LocalText Text(string json) => JsonSerializer.Deserialize<LocalText>(json)!;

    private static readonly JsonSerializerOptions LinkJson = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    private const string BoxColumns = "id, school, epoch, claimed, revoked IS NOT NULL AS revoked, connected, last_contact AS LastContact, status";

    private sealed class BoxRow
    {
        public string Id { get; init; } = "";
        public string School { get; init; } = "";
        public long Epoch { get; init; }
        public long Claimed { get; init; }
        public bool Revoked { get; init; }
        public bool Connected { get; init; }
        public long? LastContact { get; init; }
        public byte[]? Status { get; init; }

        public FleetBox ToBox() => new(BoxId.Parse(Id), School, Epoch, DateTimeOffset.FromUnixTimeMilliseconds(Claimed), Revoked, Connected,
            LastContact is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null, Status);
    }
}
