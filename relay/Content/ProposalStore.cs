using System.Collections.Immutable;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Relay.Content;

/// <summary>A publisher as the relay keeps it.</summary>
public sealed record KnownPublisher(PackPublisher Publisher, DateTimeOffset? Revoked);

/// <summary>Proposals, signatures and publishers on disk.</summary>
public sealed class ProposalStore(DurableDatabase database, TimeProvider time)
{
    /// <summary>Most proposals that wait at once; the next one is refused until some are decided.</summary>
    public const int MaxWaiting = 1000;

    /// <summary>Those that wait, oldest first, then the newest decided ones.</summary>
    public ImmutableArray<Proposal> All(int decided) => database.Read(connection => connection
        .Query<Row>($"""
            SELECT * FROM (SELECT {Columns} FROM proposals WHERE state = 0 ORDER BY id)
            UNION ALL SELECT * FROM (SELECT {Columns} FROM proposals WHERE state <> 0 ORDER BY id DESC LIMIT @decided)
            """, new { decided })
        .Select(row => row.ToProposal(ApprovalsOf(connection, row.Id))).ToImmutableArray());

    public int Waiting() => database.Read(connection => connection.ExecuteScalar<int>("SELECT count(*) FROM proposals WHERE state = 0"));

    public Proposal? Find(long id) => database.Read(connection =>
        connection.QuerySingleOrDefault<Row>($"SELECT {Columns} FROM proposals WHERE id = @id", new { id })?.ToProposal(ApprovalsOf(connection, id)));

    /// <summary>Enters a proposal; null when too many wait.</summary>
    public Task<long?> AddAsync(Proposal draft, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        if (connection.ExecuteScalar<int>("SELECT count(*) FROM proposals WHERE state = 0", transaction: transaction) >= MaxWaiting)
            return (long?)null;
        return connection.ExecuteScalar<long>("""
            INSERT INTO proposals (pack, version, manifest, schools, due, priority, publisher, at, state)
            VALUES (@Pack, @Version, @manifest, @schools, @due, @Priority, @publisher, @at, 0) RETURNING id
            """, new
        {
            draft.Pack,
            draft.Version,
            manifest = draft.Manifest?.ToArray(),
            schools = string.Join(',', draft.Schools),
            due = draft.Due?.ToUnixTimeMilliseconds(),
            draft.Priority,
            publisher = draft.Publisher?.ToBytes(),
            at = Now(),
        }, transaction);
    }, cancellationToken);

    /// <summary>Keeps one person's signatures.</summary>
    internal Task ApproveAsync(long proposal, string name, StatementSignature statement, StatementSignature approval, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("INSERT OR REPLACE INTO approvals (proposal, key, name, statement, approval, at) VALUES (@proposal, @Key, @name, @Value, @approval, @at)",
            new { proposal, statement.Key, name, statement.Value, approval = approval.Value, at = Now() }, transaction), cancellationToken);

    /// <summary>Signatures over the statement that came for a proposal.</summary>
    internal ImmutableArray<StatementSignature> StatementSignatures(long proposal) => database.Read(connection => connection
        .Query<(string Key, string Value)>("SELECT key, statement FROM approvals WHERE proposal = @proposal ORDER BY key", new { proposal })
        .Select(row => new StatementSignature(row.Key, row.Value)).ToImmutableArray());

    /// <summary>Gives a version the signatures that boxes are to see. Former ones by the same keys are replaced.</summary>
    internal Task SignVersionAsync(string pack, long version, ImmutableArray<StatementSignature> signatures, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        foreach (StatementSignature signature in signatures)
            connection.Execute("INSERT OR REPLACE INTO pack_signatures (pack, version, key, value) VALUES (@pack, @version, @Key, @Value)", new { pack, version, signature.Key, signature.Value }, transaction);
    }, cancellationToken);

    /// <summary>Signatures of all versions, as the catalogue carries them.</summary>
    public ILookup<(string Pack, long Version), StatementSignature> VersionSignatures() => database.Read(connection => connection
        .Query<(string Pack, long Version, string Key, string Value)>("SELECT pack, version, key, value FROM pack_signatures ORDER BY key").ToList()
        .ToLookup(row => (row.Pack, row.Version), row => new StatementSignature(row.Key, row.Value)));

    internal Task CloseAsync(long id, ProposalState state, string? reason, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE proposals SET state = @state, reason = @reason WHERE id = @id AND state = 0", new { id, state = (int)state, reason }, transaction), cancellationToken);

    /// <summary>All publishers there were.</summary>
    public ImmutableArray<KnownPublisher> Publishers() => database.Read(connection => connection
        .Query<(byte[] Json, long? Revoked)>("SELECT json, revoked FROM publishers ORDER BY name").ToList()
        .Select(row => new KnownPublisher(PackPublisher.Read(row.Json)!, At(row.Revoked))).ToImmutableArray());

    internal Task PutPublisherAsync(PackPublisher publisher, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("INSERT OR REPLACE INTO publishers (name, json, revoked) VALUES (@Name, @json, NULL)", new { publisher.Name, json = publisher.ToBytes() }, transaction), cancellationToken);

    internal Task<bool> RevokePublisherAsync(string name, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE publishers SET revoked = @now WHERE name = @name AND revoked IS NULL", new { name, now = Now() }, transaction) > 0, cancellationToken);

    private static ImmutableArray<Approval> ApprovalsOf(SqliteConnection connection, long proposal) =>
        [.. connection.Query<(string Key, string Name, long At)>("SELECT key, name, at FROM approvals WHERE proposal = @proposal ORDER BY at", new { proposal }).Select(row => new Approval(row.Key, row.Name, At(row.At)!.Value))];

    private static DateTimeOffset? At(long? milliseconds) => milliseconds is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private const string Columns = "id, pack, version, manifest, schools, due, priority, publisher, at, state, reason";

    private sealed class Row
    {
        public long Id { get; init; }
        public string? Pack { get; init; }
        public long Version { get; init; }
        public byte[]? Manifest { get; init; }
        public string Schools { get; init; } = "";
        public long? Due { get; init; }
        public int Priority { get; init; }
        public byte[]? Publisher { get; init; }
        public long At { get; init; }
        public int State { get; init; }
        public string? Reason { get; init; }

        public Proposal ToProposal(ImmutableArray<Approval> approvals) => new(Id, Pack, Version, Manifest is null ? null : new ChunkId(Manifest),
            [.. Schools.Split(',', StringSplitOptions.RemoveEmptyEntries)], ProposalStore.At(Due), Priority, Publisher is null ? null : PackPublisher.Read(Publisher),
            ProposalStore.At(At)!.Value, (ProposalState)State, Reason, approvals);
    }
}
