using System.Collections.Immutable;
using System.Threading.Channels;
using Dapper;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using static Edge.Box.Feedback.FeedbackDatabase;

namespace Edge.Box.Feedback;

/// <summary>What came of giving an item to the outbox.</summary>
public enum KeepOutcome
{
    /// <summary>On disk.</summary>
    Saved,
    /// <summary>The same post came before; that item is on disk.</summary>
    SavedBefore,
    /// <summary>There is no room; nothing changed.</summary>
    Full,
}

/// <param name="Outcome">What came of it.</param>
/// <param name="Number">The item's number for people; 0 when it was not kept.</param>
/// <param name="Id">The item's name; of the earlier item when it was saved before.</param>
public readonly record struct KeptItem(KeepOutcome Outcome, long Number, ItemId Id);

/// <summary>An item as the box holds it.</summary>
/// <param name="Number">For people.</param>
/// <param name="Sent">The relay has it.</param>
/// <param name="Item">The item.</param>
public sealed record HeldItem(long Number, bool Sent, FeedbackItem Item);

/// <summary>A batch to send, with the digest that ties it to what went before.</summary>
public sealed record OutboxBatch(EnvelopeHeader Header, ImmutableArray<FeedbackItem> Items);

/// <summary>The durable outbox: what is accepted here is on disk, keeps its order, and leaves only when the relay has said that it is on its disk,
/// and then only after <see cref="FeedbackOptions.RetainedItems"/> younger ones.</summary>
public sealed class SqliteOutbox : IAsyncDisposable
{
    // What a row costs beside its body, with its index entries.
    private const int RowBytes = 160;

    private readonly FeedbackDatabase _file;
    private readonly FeedbackOptions _options;
    private readonly GroupCommit<(FeedbackItem Item, string? Nonce), KeptItem> _adding;
    private readonly Channel<bool> _added = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Known? _known;

    public SqliteOutbox(FeedbackDatabase file, IOptions<FeedbackOptions> options, TimeProvider time)
    {
        _file = file;
        _options = options.Value;
        _adding = new(file.Database, new GroupCommitLimits(_options.CommitItems, _options.CommitWait, _options.MaxWaiting), time, Add);
    }

    /// <summary>See <see cref="EnvelopeHeader.Storage"/>.</summary>
    public ulong Storage => _file.Storage;

    /// <summary>See <see cref="FeedbackDatabase.Starts"/>.</summary>
    public long Starts => _file.Starts;

    /// <summary>How far the outbox is. Read from the disk once after each commit: the panel asks ten times a second.</summary>
    public Outbox State
    {
        get
        {
            // Taken before the read: a commit that comes meanwhile makes what we read count as old.
            long commits = _file.Database.Commits;
            if (Volatile.Read(ref _known) is { } known && known.Commits == commits)
                return known.Outbox;
            known = new Known(commits, _file.Database.Read(connection => FeedbackDatabase.State(connection).Outbox));
            Volatile.Write(ref _known, known);
            return known.Outbox;
        }
    }

    /// <summary>Gets a token after items were added; one for many.</summary>
    public ChannelReader<bool> Added => _added.Reader;

    /// <summary>Keeps an item; on disk when the task completes.</summary>
    /// <param name="item">A sound item.</param>
    /// <param name="nonce">What the page drew for this post, or null; the same again gives the same item.</param>
    /// <param name="cancellationToken">Ends the wait, not the write.</param>
    /// <exception cref="SqliteException">Disk full or broken; nothing was kept.</exception>
    public async Task<KeptItem> AddAsync(FeedbackItem item, string? nonce, CancellationToken cancellationToken)
    {
        if (item.Fault() is var fault and not FeedbackFault.None)
            throw new ArgumentException($"the item is not sound: {fault}", nameof(item));
        KeptItem kept = await _adding.AddAsync((item, nonce), cancellationToken);
        if (kept.Outcome == KeepOutcome.Saved)
            _added.Writer.TryWrite(true);
        return kept;
    }

    /// <summary>The items from <paramref name="first"/> on, at most <paramref name="count"/> and at most <paramref name="maxBytes"/>, but at least one if there is any.
    /// One whose bytes the card lost is replaced by <see cref="FeedbackKind.Damaged"/>. With a count of 0 it is a greeting.</summary>
    public OutboxBatch Batch(long first, int count, int maxBytes) => _file.Database.Read(connection =>
    {
        using SqliteTransaction reading = connection.BeginTransaction(deferred: true);
        StateRow state = FeedbackDatabase.State(connection, reading);
        var items = ImmutableArray.CreateBuilder<FeedbackItem>();
        int bytes = 0;
        foreach (BodyRow row in connection.Query<BodyRow>("SELECT number, id, body, crc FROM items WHERE number >= @from ORDER BY number LIMIT @count",
            new { from = state.Base + first, count }, reading, buffered: false))
        {
            bytes += row.Body.Length;
            if (items.Count > 0 && bytes > maxBytes)
                break;
            items.Add(ItemOf(row));
        }
        var header = new EnvelopeHeader(state.Epoch, _file.Storage, first, DigestAt(connection, reading, state, first - 1) ?? 0, items.Count, state.DownThrough);
        return new OutboxBatch(header, items.ToImmutable());
    });

    /// <summary>Sequences of urgent items after <paramref name="after"/>, in order, at most <paramref name="most"/>.</summary>
    public ImmutableArray<long> Urgent(long after, int most) => _file.Database.Read(connection =>
    {
        using SqliteTransaction reading = connection.BeginTransaction(deferred: true);
        long before = FeedbackDatabase.State(connection, reading).Base;
        return connection.Query<long>("SELECT number - @before FROM items WHERE urgent AND number > @from ORDER BY number LIMIT @most", new { before, from = before + after, most }, reading)
            .ToImmutableArray();
    });

    /// <summary>How long this box waits at most before its first attempt to reach the relay, as the relay said last; null: it never said.</summary>
    public TimeSpan? Spread => _file.Database.Read(connection => connection.ExecuteScalar<long?>("SELECT spread_seconds FROM state")) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Keeps it across starts: when the power comes back in a whole region is when it matters.</summary>
    public Task KeepSpreadAsync(TimeSpan spread, CancellationToken cancellationToken) => _file.Database.WriteAsync((connection, transaction) =>
        connection.Execute("UPDATE state SET spread_seconds = @seconds", new { seconds = (long)spread.TotalSeconds }, transaction), cancellationToken);

    /// <summary>Envelopes of all that the relay has not acked, in order: for a route on which no answer comes at once.</summary>
    public IEnumerable<(byte[] Envelope, int Items)> Owed()
    {
        Outbox state = State;
        for (long next = state.Acked + 1; next <= state.Last;)
        {
            OutboxBatch batch = Batch(next, Envelope.MaxItems, Envelope.MaxItemBytes / 2);
            if (batch.Items.IsEmpty)
                yield break;
            yield return (Envelope.Write(batch.Header, batch.Items), batch.Items.Length);
            next = batch.Header.Last + 1;
        }
    }

    /// <summary>Takes in an ack; what it lets go leaves the disk.</summary>
    public Task<(Outbox Before, Outbox After)> TakeAsync(Ack ack, CancellationToken cancellationToken) =>
        _file.Database.WriteAsync((connection, transaction) =>
        {
            StateRow state = FeedbackDatabase.State(connection, transaction);
            Outbox after = state.Outbox.With(ack, DigestAt(connection, transaction, state, ack.Through));
            return (state.Outbox, after == state.Outbox ? after : Trim(connection, transaction, state, after, _options.RetainedItems).Outbox);
        }, cancellationToken);

    /// <summary>Takes up an epoch that the relay issued to this storage.</summary>
    /// <returns>False when it is another storage's, or not newer: nothing changed.</returns>
    public Task<bool> TakeAsync(EpochGrant grant, CancellationToken cancellationToken) =>
        _file.Database.WriteAsync((connection, transaction) =>
        {
            StateRow state = FeedbackDatabase.State(connection, transaction);
            Outbox after = state.Outbox.With(grant);
            if (grant.Storage != _file.Storage || after == state.Outbox)
                return false;
            Keep(connection, transaction, state.With(after) with { Base = state.Base + state.Kept });
            return true;
        }, cancellationToken);

    /// <summary>The items of a lesson and kind, oldest first; of more than <paramref name="most"/> the newest.</summary>
    public ImmutableArray<HeldItem> OfLesson(string lesson, FeedbackKind kind, string? subject, int most) => _file.Database.Read(connection =>
    {
        long sent = FeedbackDatabase.State(connection).SentThrough;
        return connection.Query<BodyRow>("""
                SELECT number, id, body, crc FROM items WHERE lesson = @lesson AND kind = @kind AND (@subject IS NULL OR subject = @subject) ORDER BY number DESC LIMIT @most
                """, new { lesson, kind = (int)kind, subject, most })
            .Select(row => new HeldItem(row.Number, row.Number <= sent, ItemOf(row))).Reverse().ToImmutableArray();
    });

    /// <summary>The item of this number; null: none, or no longer kept.</summary>
    public HeldItem? Find(long number) => _file.Database.Read(connection =>
        connection.QuerySingleOrDefault<BodyRow>("SELECT number, id, body, crc FROM items WHERE number = @number", new { number }) is { } row
            ? new HeldItem(row.Number, row.Number <= FeedbackDatabase.State(connection).SentThrough, ItemOf(row)) : null);

    /// <summary>An item with this nonce is here.</summary>
    public bool IsKept(string nonce) => _file.Database.Read(connection => connection.ExecuteScalar<bool>("SELECT EXISTS (SELECT 1 FROM items WHERE nonce = @nonce)", new { nonce }));

    public ValueTask DisposeAsync() => _adding.DisposeAsync();

    private KeptItem[] Add(SqliteConnection connection, SqliteTransaction transaction, IReadOnlyList<(FeedbackItem Item, string? Nonce)> entries)
    {
        StateRow state = FeedbackDatabase.State(connection, transaction);
        var results = new KeptItem[entries.Count];
        for (int i = 0; i < results.Length; i++)
        {
            (FeedbackItem item, string? nonce) = entries[i];
            if (nonce is not null && connection.QuerySingleOrDefault<BodyRow>("SELECT number, id, body, crc FROM items WHERE nonce = @nonce", new { nonce }, transaction) is { } before)
            {
                results[i] = new KeptItem(KeepOutcome.SavedBefore, before.Number, ItemId.TryParse(before.Id, out ItemId id) ? id : default);
                continue;
            }
            byte[] body = item.ToBytes();
            long bytes = body.Length + RowBytes;
            if (!OutboxRoom.Fits(item.Kind, state.Bytes, bytes, _options.MaxOutboxBytes))
                state = Trim(connection, transaction, state, state.Outbox, retained: 1);
            if (!OutboxRoom.Fits(item.Kind, state.Bytes, bytes, _options.MaxOutboxBytes))
                continue;
            state = state.With(state.Outbox.Append()) with { Bytes = state.Bytes + bytes };
            long number = state.Base + state.Last;
            connection.Execute("INSERT INTO items VALUES (@number, @id, @nonce, @kind, @lesson, @subject, @body, @crc, @urgent)",
                new { number, urgent = item.Priority == FeedbackPriority.Urgent, id = item.Id.ToString(), nonce, kind = (int)item.Kind, lesson = item.Lesson, subject = item.Subject, body, crc = Crc32C.Of(body) }, transaction);
            AttachmentStore.Add(connection, transaction, item, number);
            results[i] = new KeptItem(KeepOutcome.Saved, number, item.Id);
        }
        Keep(connection, transaction, state);
        for (int i = 0; i < results.Length; i++)
        {
            if (results[i].Number == 0)
                results[i] = new KeptItem(KeepOutcome.Full, 0, default);
        }
        return results;
    }

    private static StateRow Trim(SqliteConnection connection, SqliteTransaction transaction, StateRow state, Outbox outbox, long retained)
    {
        Outbox trimmed = outbox.Trim(retained);
        long freed = 0;
        if (trimmed.Kept > state.Kept)
        {
            var through = new { through = state.Base + trimmed.Kept, row = RowBytes };
            freed = connection.ExecuteScalar<long>("SELECT coalesce(sum(length(body) + @row), 0) FROM items WHERE number <= @through", through, transaction);
            connection.Execute("DELETE FROM items WHERE number <= @through", through, transaction);
        }
        StateRow after = state.With(trimmed) with { Bytes = state.Bytes - freed, SentThrough = Math.Max(state.SentThrough, state.Base + trimmed.Acked) };
        Keep(connection, transaction, after);
        return after;
    }

    private static ulong? DigestAt(SqliteConnection connection, SqliteTransaction transaction, StateRow state, long sequence) =>
        sequence > state.Kept && sequence <= state.Last
        && connection.QuerySingleOrDefault<BodyRow>("SELECT number, id, body, crc FROM items WHERE number = @number", new { number = state.Base + sequence }, transaction) is { } row
            ? (ulong)ItemOf(row).Digest() : null;

    private static FeedbackItem ItemOf(BodyRow row)
    {
        if (Crc32C.Of(row.Body) == row.Crc && FeedbackItem.Read(row.Body) is { } item)
            return item;
        return ItemId.TryParse(row.Id, out ItemId id)
            ? DamagedItem with { Id = id }
            : DamagedItem with { Id = new ItemId(0, (ulong)row.Number) };
    }

    private static readonly FeedbackItem DamagedItem =
        new(default, FeedbackKind.Damaged, FeedbackPriority.Low, null, null, new Seat("", 0, SeatRole.Room), null, "", default);

    private sealed record Known(long Commits, Outbox Outbox);

    private sealed class BodyRow
    {
        public long Number { get; init; }
        public string Id { get; init; } = "";
        public byte[] Body { get; init; } = [];
        public long Crc { get; init; }
    }
}
