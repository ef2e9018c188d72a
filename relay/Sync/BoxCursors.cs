using System.Buffers.Binary;
using System.Collections.Immutable;
using Dapper;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;

namespace Relay.Sync;

/// <summary>How far each box's items are in, for those who tell it by another route than the link.</summary>
public sealed class BoxCursors(DurableDatabase database, RelayGeneration generation)
{
    /// <summary>What would be acked to these boxes now; boxes without an epoch are left out.</summary>
    public ImmutableArray<BoxAck> Acks(IEnumerable<BoxId> boxes) => database.Read(connection =>
        boxes.Select(box => connection.QuerySingleOrDefault<CursorRow>("""
                SELECT box, epoch, storage, through, (SELECT digest FROM ingested i WHERE i.box = c.box AND i.epoch = c.epoch AND i.sequence = c.through) AS digest
                FROM cursors c WHERE box = @box AND epoch > 0
                """, new { box = box.ToString() }))
            .OfType<CursorRow>()
            .Select(row => new BoxAck(row.Box, new EpochGrant(row.Epoch, (ulong)row.Storage, generation.Number),
                new Ack(row.Epoch, row.Through, generation.Number, row.Digest is null ? 0 : BinaryPrimitives.ReadUInt64BigEndian(row.Digest.AsSpan(8)))))
            .ToImmutableArray());

    private sealed class CursorRow
    {
        public string Box { get; init; } = "";
        public long Epoch { get; init; }
        public long Storage { get; init; }
        public long Through { get; init; }
        public byte[]? Digest { get; init; }
    }
}
