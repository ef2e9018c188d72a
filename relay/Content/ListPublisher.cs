using Dapper;
using Edge.Core.Identity;
using Edge.Durable;
using Relay.Identity;

namespace Relay.Content;

/// <summary>The signed lists in force. Each question composes the list anew and compares: only when it says something else
/// a new version is signed and stored, so nobody has to remember to tell, and a version number never stands for two payloads.</summary>
public sealed class ListPublisher(DurableDatabase database, PackRegistry packs, PlanSources sources, IListSigner signer, ILogger<ListPublisher> log)
{
    public byte[] Root() => signer.Root.ToBytes();

    /// <summary>The catalogue, the same for all schools.</summary>
    public Task<byte[]> CatalogueAsync(CancellationToken cancellationToken) =>
        CurrentAsync(ListKind.Catalogue, "catalogue", version => PlanComposer.Catalogue(version, packs.Versions(), packs.Targets()).ToPayload(), cancellationToken);

    /// <summary>The plan of one school; null when there is no such school.</summary>
    public async Task<byte[]?> PlanAsync(string school, CancellationToken cancellationToken) =>
        sources.Schools().FirstOrDefault(s => s.Id == school) is not { } planned ? null
            : await CurrentAsync(ListKind.Plan, $"plan {school}", version => PlanComposer.Plan(version, planned, packs.Targets(), sources.LessonsOf(school)).ToPayload(), cancellationToken);

    private async Task<byte[]> CurrentAsync(ListKind kind, string name, Func<long, byte[]> compose, CancellationToken cancellationToken)
    {
        if (Held(name) is { } held && IsSame(held, compose))
            return held.Bytes;
        return await database.WriteAsync((connection, transaction) =>
        {
            // Again, now as the only writer: two boxes may have asked at once.
            ListRow? newest = connection.QuerySingleOrDefault<ListRow>("SELECT version, bytes FROM lists WHERE name = @name", new { name }, transaction);
            if (newest is not null && IsSame(newest, compose))
                return newest.Bytes;
            long version = (newest?.Version ?? 0) + 1;
            byte[] bytes = signer.Sign(kind, compose(version)).ToBytes();
            connection.Execute("INSERT OR REPLACE INTO lists (name, version, bytes) VALUES (@name, @version, @bytes)", new { name, version, bytes }, transaction);
            log.ListSigned(name, version, bytes.Length);
            return bytes;
        }, cancellationToken);
    }

    private ListRow? Held(string name) =>
        database.Read(connection => connection.QuerySingleOrDefault<ListRow>("SELECT version, bytes FROM lists WHERE name = @name", new { name }));

    /// <summary>New signing keys make a new list too: boxes trust only what the newest root names.</summary>
    private bool IsSame(ListRow held, Func<long, byte[]> compose) =>
        SignedList.TryParse(held.Bytes, out SignedList list)
        && list.Payload.Span.SequenceEqual(compose(held.Version))
        && TrustRoot.Read(signer.Root.Payload.Span) is { } root && root.RoleOf(list.Kind).Keys.Intersect(list.Signatures.Select(s => s.Key)).Count() >= root.RoleOf(list.Kind).Threshold;

    private sealed class ListRow
    {
        public long Version { get; init; }
        public byte[] Bytes { get; init; } = [];
    }
}
