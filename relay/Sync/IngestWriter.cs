using System.Buffers.Binary;
using System.Collections.Immutable;
using Dapper;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Relay.Sync;

/// <summary>A batch as it arrived. <paramref name="OneWay"/>: on a stick, where no answer can be given at once.</summary>
public sealed record ArrivedBatch(BoxId Box, string School, EnvelopeRead Read, EnvelopeHeader Header, ImmutableArray<FeedbackItem> Items, ReadOnlyMemory<byte> Bytes, bool OneWay = false);

/// <summary>What came of it, on disk already. <paramref name="Reply"/> goes to the box, if there is one.</summary>
public sealed record IngestResult(IngestVerdict Verdict, DownMessage? Reply, int Stored, int SetAside);

/// <summary>Takes batches in: items and cursor in one transaction, many boxes in one commit, the ack after it.</summary>
public sealed class IngestWriter : IAsyncDisposable
{
    private const int MaxWaiting = 4096;

    private const int SqliteTooBig = 18;
    private const int SqliteConstraint = 19;
    private const int SqliteMismatch = 20;
    private const int SqliteRange = 25;
    private static readonly TimeSpan BoxesCountedEach = TimeSpan.FromMinutes(1);

    // Of items without a place: no box ever has it.
    private const long NoEpoch = -1;

    private readonly SyncPorts _ports;
    private readonly RelayGeneration _generation;
    private readonly TimeProvider _time;
    private readonly SyncOptions _options;
    private (long At, int Boxes)? _counted;
    private readonly GroupCommit<ArrivedBatch, IngestResult> _commit;

    public IngestWriter(DurableDatabase database, SyncPorts ports, RelayGeneration generation, IOptions<SyncOptions> options, TimeProvider time)
    {
        _ports = ports;
        _generation = generation;
        _time = time;
        _options = options.Value;
        _commit = new(database, new GroupCommitLimits(options.Value.CommitBatches, options.Value.CommitWait, MaxWaiting), time,
            (connection, transaction, batches) => [.. batches.Select(batch => Write(connection, transaction, batch))]);
    }

    /// <summary>Completes when what the result says is on disk.</summary>
    public Task<IngestResult> TakeAsync(ArrivedBatch batch, CancellationToken cancellationToken) => _commit.AddAsync(batch, cancellationToken);

    public ValueTask DisposeAsync() => _commit.DisposeAsync();

    private IngestResult Write(SqliteConnection connection, SqliteTransaction transaction, ArrivedBatch batch)
    {
        string box = batch.Box.ToString();
        CursorRow row = connection.QuerySingleOrDefault<CursorRow>(
            "SELECT epoch, storage, through, down_last AS DownLast, down_through AS DownThrough FROM cursors WHERE box = @box", new { box }, transaction) ?? new CursorRow();
        var cursor = new IngestCursor(row.Epoch, (ulong)row.Storage, row.Through);
        UInt128? Arrived(int i) => batch.Items.IsEmpty ? null : batch.Items[i].Digest();
        UInt128? Stored(long sequence) => Held(connection, transaction, box, cursor.Epoch, sequence);
        IngestDecision decision = batch.OneWay ? IngestRule.DecideOneWay(cursor, batch.Header, Arrived, Stored) : IngestRule.Decide(cursor, batch.Header, Arrived, Stored);
        if (decision.Verdict is IngestVerdict.NewEpoch or IngestVerdict.Clash && cursor.Epoch != 0)
            decision = IngestRule.Bounded(decision, cursor, LinkDoubts.RateOf(connection, transaction, box, _time.GetUtcNow()));
        if (decision.Verdict == IngestVerdict.Wait)
            return new IngestResult(IngestVerdict.Wait, null, 0, 0);
        int stored = 0, setAside = 0;
        if (decision.Verdict == IngestVerdict.Accept)
        {
            if (batch.Read == EnvelopeRead.BadItems)
                setAside = SetAside(connection, transaction, batch, batch.Header.First, "the items of the batch cannot be read", batch.Bytes);
            for (int i = decision.Skip; i < batch.Items.Length; i++)
                Keep(connection, transaction, batch, i, late: false, ref stored, ref setAside);
        }
        if (decision.Verdict is IngestVerdict.Late or IngestVerdict.Ahead)
        {
            for (int i = 0; i < batch.Items.Length; i++)
                Keep(connection, transaction, batch, i, late: true, ref stored, ref setAside);
            return new IngestResult(decision.Verdict, null, stored, setAside);
        }
        connection.Execute("""
            INSERT INTO cursors VALUES (@box, @Epoch, @storage, @Through, 0, 0)
            ON CONFLICT (box) DO UPDATE SET epoch = @Epoch, storage = @storage, through = @Through
            """, new { box, decision.Cursor.Epoch, storage = (long)decision.Cursor.Storage, decision.Cursor.Through }, transaction);
        if (decision.Verdict is IngestVerdict.NewEpoch or IngestVerdict.Clash && cursor.Epoch != 0)
            LinkDoubts.Issued(connection, transaction, box, decision, Now());
        bool itsOwn = decision.Verdict is IngestVerdict.Accept or IngestVerdict.Duplicate or IngestVerdict.Gap;
        // A stick may be older than what the link reported since.
        if (itsOwn && (batch.OneWay ? batch.Header.DownThrough > row.DownThrough : batch.Header.DownThrough != row.DownThrough))
            DownQueue.Reported(connection, transaction, box, batch.Header.DownThrough, row.DownLast, Now());
        DownMessage reply = itsOwn
            ? new DownMessage(Ack: new Ack(decision.Cursor.Epoch, decision.Cursor.Through, _generation.Number,
                (ulong)(Held(connection, transaction, box, decision.Cursor.Epoch, decision.Cursor.Through) ?? 0), Resend: decision.Verdict == IngestVerdict.Gap), Pace: PaceFor(connection, transaction, batch.Header))
            : new DownMessage(Epoch: new EpochGrant(decision.Cursor.Epoch, batch.Header.Storage, _generation.Number));
        return new IngestResult(decision.Verdict, reply, stored, setAside);
    }

    private LinkPace? PaceFor(SqliteConnection connection, SqliteTransaction transaction, EnvelopeHeader header)
    {
        int wait = LinkPace.WaitFor(_commit.Backlog, _options.CommitBatches);
        if (header.Count > 0 && wait == 0)
            return null;
        if (_counted is not { } counted || _time.GetElapsedTime(counted.At) > BoxesCountedEach)
            _counted = counted = (_time.GetTimestamp(), connection.ExecuteScalar<int>("SELECT count(*) FROM cursors", transaction: transaction));
        return new LinkPace(LinkPace.SpreadFor(counted.Boxes, _options.ConnectsPerSecond), wait);
    }

    private void Keep(SqliteConnection connection, SqliteTransaction transaction, ArrivedBatch batch, int index, bool late, ref int stored, ref int setAside)
    {
        FeedbackItem item = batch.Items[index];
        byte[] bytes = item.ToBytes();
        long sequence = batch.Header.First + index;
        // What comes late has no place in the epoch in force.
        var place = new { box = batch.Box.ToString(), digest = Blob(FeedbackItem.DigestOf(bytes)), epoch = late ? NoEpoch : batch.Header.Epoch, sequence };
        if (connection.Execute("INSERT OR IGNORE INTO ingested VALUES (@box, @digest, @epoch, @sequence)", place, transaction) == 0)
        {
            // It came before under another number.
            if (!late)
                connection.Execute("UPDATE ingested SET epoch = @epoch, sequence = @sequence WHERE box = @box AND digest = @digest", place, transaction);
            return;
        }
        string? reason = item.Kind == FeedbackKind.Damaged ? "the box's card lost the item" : item.Fault() is var fault and not FeedbackFault.None ? $"not sound: {fault}" : null;
        if (reason is not null)
        {
            setAside += SetAside(connection, transaction, batch, sequence, reason, bytes);
            return;
        }
        try
        {
            _ports.Store(connection, transaction, new ArrivedItem(batch.Box, batch.School, batch.Header.Epoch, sequence, item));
            stored++;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is SqliteTooBig or SqliteConstraint or SqliteMismatch or SqliteRange)
        {
            // The database will not have this one, however often it comes; its neighbours must not wait for it.
            setAside += SetAside(connection, transaction, batch, sequence, "the database refused it", bytes);
        }
    }

    private int SetAside(SqliteConnection connection, SqliteTransaction transaction, ArrivedBatch batch, long sequence, string reason, ReadOnlyMemory<byte> bytes)
    {
        connection.Execute("INSERT INTO set_aside (box, epoch, sequence, reason, bytes, at) VALUES (@box, @epoch, @sequence, @reason, @bytes, @at)",
            new { box = batch.Box.ToString(), epoch = batch.Header.Epoch, sequence, reason, bytes = bytes.ToArray(), at = Now() }, transaction);
        return 1;
    }

    private static UInt128? Held(SqliteConnection connection, SqliteTransaction transaction, string box, long epoch, long sequence) =>
        connection.QuerySingleOrDefault<byte[]>("SELECT digest FROM ingested WHERE box = @box AND epoch = @epoch AND sequence = @sequence", new { box, epoch, sequence }, transaction) is { } digest
            ? BinaryPrimitives.ReadUInt128BigEndian(digest) : null;

    private static byte[] Blob(UInt128 digest)
    {
        byte[] blob = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(blob, digest);
        return blob;
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class CursorRow
    {
        public long Epoch { get; init; }
        public long Storage { get; init; }
        public long Through { get; init; }
        public long DownLast { get; init; }
        public long DownThrough { get; init; }
    }
}
