using Dapper;
using Edge.Core.Identity;
using Edge.Durable;
using Microsoft.Extensions.Options;
using Relay.Identity;

namespace Relay.Content;

/// <summary>The signed lists in force. A question composes the list anew and compares: only when it says something else, or half of its time is over,
/// a new version is signed and stored, so nobody has to remember to tell, and a version number never stands for two payloads. The catalogue may be long and is the
/// same for all: it is composed only after something that it is made of has changed.</summary>
public sealed class ListPublisher(
    DurableDatabase database, PackRegistry packs, ProposalStore signatures, ProposalDesk proposals, PlanSources sources, IListSigner signer, IOptions<ListOptions> options, TimeProvider time, ILogger<ListPublisher> log)
{
    public byte[] Root() => signer.Root.ToBytes();

    /// <summary>The root of one version; null when there is none.</summary>
    public byte[]? Root(long version) => signer.RootAt(version)?.ToBytes();

    /// <summary>The catalogue, the same for all schools.</summary>
    public async Task<byte[]> CatalogueAsync(CancellationToken cancellationToken)
    {
        TimeSpan lifetime = options.Value.CatalogueLifetime;
        // Read before the tables: what changes meanwhile is looked at the next time.
        var now = new Inputs(packs.Changes(), signer.Trust.Version, lifetime);
        if (_catalogue is not { } known || known.From != now || !IsYoung(known.Row, lifetime))
        {
            ListRow row = await CurrentAsync(ListKind.Catalogue, "catalogue", lifetime, (version, issued, expires) =>
                (PlanComposer.Catalogue(version, packs.Versions(), packs.Targets(), signatures.VersionSignatures(), proposals.Publishers) with { Issued = issued, Expires = expires }).ToPayload(), cancellationToken);
            _catalogue = known = new Composed(now, row);
        }
        return known.Row.Bytes;
    }

    /// <summary>The plan of one school; null when there is no such school.</summary>
    public async Task<byte[]?> PlanAsync(string school, CancellationToken cancellationToken) =>
        sources.Schools().FirstOrDefault(s => s.Id == school) is not { } planned ? null
            : (await CurrentAsync(ListKind.Plan, $"plan {school}", options.Value.PlanLifetime, (version, issued, expires) =>
                (PlanComposer.Plan(version, planned, packs.Targets(), packs.Pins(), sources.LessonsOf(school)) with { Issued = issued, Expires = expires, ReturnKey = sources.ReturnKey }).ToPayload(), cancellationToken)).Bytes;

    private volatile Composed? _catalogue;

    private const string SelectList = "SELECT version, bytes, issued, expires FROM lists WHERE name = @name";

    private delegate byte[] Compose(long version, DateTimeOffset issued, DateTimeOffset expires);

    private async Task<ListRow> CurrentAsync(ListKind kind, string name, TimeSpan lifetime, Compose compose, CancellationToken cancellationToken)
    {
        if (Held(name) is { } held && IsCurrent(held, kind, lifetime, compose))
            return held;
        return await database.WriteAsync((connection, transaction) =>
        {
            // Again, now as the only writer: two boxes may have asked at once.
            ListRow? newest = connection.QuerySingleOrDefault<ListRow>(SelectList, new { name }, transaction);
            if (newest is not null && IsCurrent(newest, kind, lifetime, compose))
                return newest;
            long version = (newest?.Version ?? 0) + 1;
            DateTimeOffset now = Now();
            DateTimeOffset end = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds() + (long)lifetime.TotalSeconds);
            byte[] bytes = signer.Sign(kind, compose(version, now, end)).ToBytes();
            connection.Execute("INSERT OR REPLACE INTO lists (name, version, bytes, issued, expires) VALUES (@name, @version, @bytes, @issued, @expires)",
                new { name, version, bytes, issued = now.ToUnixTimeSeconds(), expires = end.ToUnixTimeSeconds() }, transaction);
            log.ListSigned(name, version, bytes.Length);
            return new ListRow { Version = version, Bytes = bytes, Issued = now.ToUnixTimeSeconds(), Expires = end.ToUnixTimeSeconds() };
        }, cancellationToken);
    }

    private ListRow? Held(string name) =>
        database.Read(connection => connection.QuerySingleOrDefault<ListRow>(SelectList, new { name }));

    /// <summary>New signing keys make a new list too: boxes trust only what the newest root names.</summary>
    private bool IsCurrent(ListRow held, ListKind kind, TimeSpan lifetime, Compose compose)
    {
        if (held.Issued is not { } issued || held.Expires is not { } expires || expires - issued != (long)lifetime.TotalSeconds || !SignedList.TryParse(held.Bytes, out SignedList list))
            return false;
        TrustRole role = signer.Trust.RoleOf(kind);
        return IsYoung(held, lifetime)
            && role.Keys.Intersect(list.Signatures.Select(signature => signature.Key)).Count() >= role.Threshold
            && list.Payload.Span.SequenceEqual(compose(held.Version, DateTimeOffset.FromUnixTimeSeconds(issued), DateTimeOffset.FromUnixTimeSeconds(expires)));
    }

    private bool IsYoung(ListRow row, TimeSpan lifetime) => Now().ToUnixTimeSeconds() - row.Issued < lifetime.TotalSeconds / 2;

    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());

    /// <summary>All that a list depends on besides time.</summary>
    private readonly record struct Inputs(long Changes, long Root, TimeSpan Lifetime);

    private sealed record Composed(Inputs From, ListRow Row);

    private sealed class ListRow
    {
        public long Version { get; init; }
        public byte[] Bytes { get; init; } = [];

        /// <summary>Unix seconds; null on a list of before lists had times.</summary>
        public long? Issued { get; init; }

        public long? Expires { get; init; }
    }
}
