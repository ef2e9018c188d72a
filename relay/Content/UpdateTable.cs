using System.Collections.Immutable;
using Dapper;
using Edge.Core.Content;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Relay.Content;

/// <summary>A way from one version of a pack to another. <paramref name="BundleTried"/>: whether the bundle was made, or found not worth it.
/// <paramref name="ChunkBytes"/>: what the new chunks cost one by one, known from then on.</summary>
public sealed record PackUpdate(string Pack, long Version, CatalogueUpdate Listed, bool BundleTried, long ChunkBytes);

/// <summary>The relay's table of deltas and bundles.</summary>
public sealed class UpdateTable(DurableDatabase database)
{
    public ImmutableArray<PackUpdate> All() => database.Read(All);

    public static ImmutableArray<PackUpdate> All(SqliteConnection connection) =>
    [
        .. connection.Query<Row>("SELECT pack, version, from_version AS FromVersion, delta, delta_bytes AS DeltaBytes, bundle, bundle_bytes AS BundleBytes, bundle_tried AS BundleTried, chunk_bytes AS ChunkBytes FROM pack_updates ORDER BY pack, version, from_version DESC")
            .Select(row => row.ToUpdate()),
    ];

    public Task AddDeltaAsync(string pack, long version, long from, ChunkId delta, int deltaBytes, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("INSERT OR REPLACE INTO pack_updates (pack, version, from_version, delta, delta_bytes) VALUES (@pack, @version, @from, @delta, @deltaBytes)",
            new { pack, version, from, delta = delta.ToArray(), deltaBytes }, transaction), cancellationToken);

    /// <summary>Notes the bundle, or that there will be none.</summary>
    public Task SetBundleAsync(string pack, long version, long from, ChunkId? bundle, long bundleBytes, long chunkBytes, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE pack_updates SET bundle = @bundle, bundle_bytes = @bundleBytes, bundle_tried = 1, chunk_bytes = @chunkBytes WHERE pack = @pack AND version = @version AND from_version = @from",
            new { pack, version, from, bundle = bundle?.ToArray(), bundleBytes, chunkBytes }, transaction), cancellationToken);

    public Task RemoveAsync(PackUpdate update, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("DELETE FROM pack_updates WHERE pack = @Pack AND version = @Version AND from_version = @From",
            new { update.Pack, update.Version, update.Listed.From }, transaction), cancellationToken);

    private sealed class Row
    {
        public string Pack { get; init; } = "";
        public long Version { get; init; }
        public long FromVersion { get; init; }
        public byte[] Delta { get; init; } = [];
        public int DeltaBytes { get; init; }
        public byte[]? Bundle { get; init; }
        public long BundleBytes { get; init; }
        public bool BundleTried { get; init; }
        public long ChunkBytes { get; init; }

        public PackUpdate ToUpdate() => new(Pack, Version,
            new CatalogueUpdate(FromVersion, new ChunkId(Delta), DeltaBytes, Bundle is null ? null : new ChunkId(Bundle), BundleBytes), BundleTried, ChunkBytes);
    }
}
