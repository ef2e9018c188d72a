using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using Dapper;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Relay.Sync;

/// <summary>What to send to a box now.</summary>
/// <param name="Through">What it reported.</param>
/// <param name="Ahead">Urgent ones whose place is further on: the box keeps them at once and passes over them there.</param>
/// <param name="Items">The next ones in order.</param>
internal sealed record DownStep(long Through, ImmutableArray<DownItem> Ahead, ImmutableArray<DownItem> Items);

/// <summary>How far an item down has come.</summary>
public enum DownProgress
{
    /// <summary>On the relay's disk.</summary>
    Written,
    /// <summary>Handed to the link, not reported yet.</summary>
    Sent,
    /// <summary>On the box's disk.</summary>
    Arrived,
    /// <summary>It expired before it was sent.</summary>
    ExpiredUnsent,
    /// <summary>It expired after it was sent and before the box reported it: it may have been read.</summary>
    ExpiredSent,
}

/// <summary>An item down at one box, for staff.</summary>
public sealed record DownState(string Box, string Id, string Text, DownKind Kind, DownProgress Progress, DateTimeOffset Written, DateTimeOffset? Sent, DateTimeOffset? Arrived, DateTimeOffset? Expires);

/// <summary>A notice with how many boxes it has come how far to.</summary>
public sealed record NoticeCount(string Id, string Text, DateTimeOffset Queued, DateTimeOffset? Expires, int Boxes, int Written, int Sent, int Arrived, int ExpiredUnsent, int ExpiredSent)
{
    internal static NoticeCount Of(DownState one, IReadOnlyCollection<DownProgress> boxes)
    {
        return new(one.Id, one.Text, one.Written, one.Expires, boxes.Count,
            Count(DownProgress.Written), Count(DownProgress.Sent), Count(DownProgress.Arrived), Count(DownProgress.ExpiredUnsent), Count(DownProgress.ExpiredSent));

        int Count(DownProgress progress) => boxes.Count(box => box == progress);
    }
}

/// <summary>What goes down to each box: queued in the database for as long as the box is away, until the box reports that it has it.
/// An item gets its sequence when it is first sent: until then what is urgent goes before it, and one that expires costs no place.</summary>
public sealed class DownQueue(DurableDatabase database, TimeProvider time)
{
    private readonly Channel<BoxId> _waiting = Channel.CreateUnbounded<BoxId>(new UnboundedChannelOptions { SingleReader = true });

    // By box: how far urgent ones went ahead of their place, and when. One small entry per box that has such.
    private readonly ConcurrentDictionary<BoxId, (long Sequence, long At)> _ahead = [];

    /// <summary>Boxes to look at. At most a few tokens per message or contact, taken at once by <see cref="DownLoop"/>.</summary>
    internal ChannelReader<BoxId> Waiting => _waiting.Reader;

    /// <summary>Queues an item within the caller's transaction, whatever its sequence: it gets one when it is sent. Call <see cref="Wake"/> once that is committed.</summary>
    public void Add(SqliteConnection connection, SqliteTransaction transaction, BoxId box, DownItem item) => connection.Execute("""
        INSERT INTO down_items (box, id, kind, about, lesson, text, same, erratum, priority, expires, queued)
            VALUES (@box, @Id, @kind, @About, @Lesson, @Text, @Same, @Erratum, @priority, @expires, @now)
        """,
        new
        {
            box = box.ToString(),
            item.Id,
            kind = (int)item.Kind,
            item.About,
            item.Lesson,
            item.Text,
            item.Same,
            item.Erratum,
            priority = (int)item.Priority,
            expires = item.Expires?.ToUnixTimeMilliseconds(),
            now = Now(),
        }, transaction);

    /// <summary>When the relay learnt that a box has an item down on its disk; those still under way are left out.</summary>
    /// <param name="items">Boxes and names of items; a page of them.</param>
    public ImmutableDictionary<string, DateTimeOffset> Delivered(IReadOnlyCollection<(string Box, string Id)> items) => database.Read(connection =>
        connection.Query<(string Id, long Delivered)>("SELECT id, min(delivered) FROM down_items WHERE box IN @boxes AND id IN @ids AND delivered IS NOT NULL AND emptied IS NULL GROUP BY id",
                new { boxes = items.Select(item => item.Box).Distinct(), ids = items.Select(item => item.Id) })
            .ToImmutableDictionary(row => row.Id, row => DateTimeOffset.FromUnixTimeMilliseconds(row.Delivered)));

    /// <summary>Writes a notice to boxes; on disk, in the queue of each, when the task completes.</summary>
    /// <returns>Its name.</returns>
    public async Task<string> WriteNoticeAsync(IReadOnlyCollection<BoxId> boxes, DownItem notice, CancellationToken cancellationToken)
    {
        string id = await database.WriteAsync((connection, transaction) =>
        {
            long last = connection.ExecuteScalar<long>("SELECT coalesce(max(CAST(substr(id, 8) AS INTEGER)), 0) FROM down_items WHERE id GLOB 'notice-*'", transaction: transaction);
            string name = string.Create(CultureInfo.InvariantCulture, $"notice-{last + 1}");
            foreach (BoxId box in boxes)
                Add(connection, transaction, box, notice with { Id = name });
            return name;
        }, cancellationToken);
        foreach (BoxId box in boxes)
            Wake(box);
        return id;
    }

    /// <summary>The notices written last, newest first, with how many boxes each has come how far to.</summary>
    public ImmutableArray<NoticeCount> Notices(int most) =>
    [
        .. States("id IN (SELECT id FROM down_items WHERE id GLOB 'notice-*' GROUP BY id ORDER BY max(number) DESC LIMIT " + most.ToString(CultureInfo.InvariantCulture) + ") ORDER BY number DESC", "")
            .GroupBy(state => state.Id).Select(boxes => NoticeCount.Of(boxes.First(), [.. boxes.Select(state => state.Progress)])),
    ];

    /// <summary>How far an item has come at each box.</summary>
    public ImmutableArray<DownState> OfItem(string id) => States("id = @value ORDER BY box", id);

    /// <summary>What was written to a box, in order of writing; the last <paramref name="most"/>.</summary>
    public ImmutableArray<DownState> OfBox(BoxId box, int most) =>
        States($"number IN (SELECT number FROM down_items WHERE box = @value ORDER BY number DESC LIMIT {most}) ORDER BY number", box.ToString());

    /// <summary>Something may have to go to this box.</summary>
    public void Wake(BoxId box) => _waiting.Writer.TryWrite(box);

    /// <summary>Gives places to what may go now and says what to send; on disk before it is said.</summary>
    /// <param name="box">To whom.</param>
    /// <param name="after">What was sent already and may still arrive.</param>
    /// <param name="most">How many beyond what the box reported.</param>
    /// <param name="patience">What went ahead goes again after this.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task<DownStep> NextAsync(BoxId box, long after, int most, TimeSpan patience, CancellationToken cancellationToken)
    {
        long now = Now();
        if (database.Read(connection => HasToNumber(connection, box, most, now)))
            await database.WriteAsync((connection, transaction) => Number(connection, transaction, box, most, now), cancellationToken);
        (long through, ImmutableArray<DownRow> rows) = database.Read(connection =>
        {
            long through = connection.ExecuteScalar<long?>("SELECT down_through FROM cursors WHERE box = @box", new { box = box.ToString() }) ?? 0;
            return (through, connection.Query<DownRow>("""
                    SELECT sequence, id, kind, about, lesson, text, same, erratum, priority, expires, emptied FROM down_items
                    WHERE box = @box AND sequence > @from AND (sequence <= @until OR priority = 0 AND delivered IS NULL AND emptied IS NULL) ORDER BY sequence
                    """, new { box = box.ToString(), from = Math.Max(after, through), until = through + most }).ToImmutableArray());
        });
        return new DownStep(through,
            AheadNow(box, [.. rows.Where(row => row.Sequence > through + most).Take(most).Select(row => row.ToItem(now))], patience),
            [.. rows.Where(row => row.Sequence <= through + most).Select(row => row.ToItem(now))]);
    }

    /// <summary>The box has everything up to <paramref name="through"/> on its disk. More than we ever gave: this database is older than what the box has seen,
    /// so what waits gets places after that.</summary>
    internal static void Reported(SqliteConnection connection, SqliteTransaction transaction, string box, long through, long last, long now)
    {
        if (through > last)
        {
            connection.Execute("UPDATE down_items SET sequence = NULL, sent = NULL, emptied = NULL WHERE box = @box AND delivered IS NULL", new { box }, transaction);
            last = through;
        }
        connection.Execute("""
            UPDATE down_items SET delivered = @now WHERE box = @box AND sequence <= @through AND delivered IS NULL;
            UPDATE cursors SET down_through = @through, down_last = @last WHERE box = @box;
            """, new { box, through, last, now }, transaction);
    }

    /// <summary>True when <see cref="Number"/> would change something: most messages of a box must not cost a commit.</summary>
    private static bool HasToNumber(SqliteConnection connection, BoxId box, int most, long now) => connection.ExecuteScalar<bool>("""
        SELECT EXISTS (SELECT 1 FROM down_items WHERE box = @box AND sequence IS NULL AND (expires IS NULL OR expires > @now)
                AND (priority = 0 OR coalesce((SELECT down_last - down_through FROM cursors WHERE box = @box), 0) < @most))
            OR EXISTS (SELECT 1 FROM down_items WHERE box = @box AND sequence > coalesce((SELECT down_through FROM cursors WHERE box = @box), 0)
                AND expires <= @now AND delivered IS NULL AND emptied IS NULL)
        """, new { box = box.ToString(), most, now });

    private static void Number(SqliteConnection connection, SqliteTransaction transaction, BoxId box, int most, long now)
    {
        string name = box.ToString();
        (long through, long last) = connection.QuerySingle<(long, long)>("""
            INSERT INTO cursors VALUES (@name, 0, 0, 0, 0, 0) ON CONFLICT (box) DO NOTHING;
            SELECT down_through, down_last FROM cursors WHERE box = @name
            """, new { name }, transaction);
        connection.Execute("UPDATE down_items SET emptied = @now WHERE box = @name AND sequence > @through AND expires <= @now AND delivered IS NULL AND emptied IS NULL",
            new { name, through, now }, transaction);
        int urgent = connection.ExecuteScalar<int>("SELECT count(*) FROM down_items WHERE box = @name AND sequence > @through AND priority = 0 AND delivered IS NULL AND emptied IS NULL",
            new { name, through }, transaction);
        foreach ((long number, long priority) in connection.Query<(long, long)>("""
            SELECT number, priority FROM down_items WHERE box = @name AND sequence IS NULL AND (expires IS NULL OR expires > @now) ORDER BY priority, number LIMIT @most
            """, new { name, most, now }, transaction).ToArray())
        {
            bool mayGoAhead = priority == (long)FeedbackPriority.Urgent && urgent++ < most;
            if (!mayGoAhead && last >= through + most)
                break;
            connection.Execute("UPDATE down_items SET sequence = @sequence, sent = @now WHERE number = @number", new { sequence = ++last, number, now }, transaction);
        }
        connection.Execute("UPDATE cursors SET down_last = @last WHERE box = @name", new { name, last }, transaction);
    }

    /// <summary>Those of <paramref name="urgent"/> that have not just gone: a box with a long line before them reports often.</summary>
    private ImmutableArray<DownItem> AheadNow(BoxId box, ImmutableArray<DownItem> urgent, TimeSpan patience)
    {
        if (urgent.IsEmpty)
        {
            _ahead.TryRemove(box, out _);
            return urgent;
        }
        long gone = _ahead.TryGetValue(box, out (long Sequence, long At) before) && time.GetElapsedTime(before.At) < patience ? before.Sequence : 0;
        ImmutableArray<DownItem> now = [.. urgent.Where(item => item.Sequence > gone)];
        if (!now.IsEmpty)
            _ahead[box] = (urgent[^1].Sequence, time.GetTimestamp());
        return now;
    }

    private ImmutableArray<DownState> States(string where, string value)
    {
        long now = Now();
        return database.Read(connection =>
            connection.Query<DownRow>($"SELECT box, id, kind, text, sequence, queued, sent, delivered, emptied, expires FROM down_items WHERE {where}", new { value })
                .Select(row => row.ToState(now)).ToImmutableArray());
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed class DownRow
    {
        public string Box { get; init; } = "";
        public long? Sequence { get; init; }
        public string Id { get; init; } = "";
        public int Kind { get; init; }
        public string? About { get; init; }
        public string? Lesson { get; init; }
        public string Text { get; init; } = "";
        public bool Same { get; init; }
        public bool Erratum { get; init; }
        public int Priority { get; init; }
        public long? Expires { get; init; }
        public long Queued { get; init; }
        public long? Sent { get; init; }
        public long? Delivered { get; init; }
        public long? Emptied { get; init; }

        public DownItem ToItem(long now)
        {
            var item = new DownItem(Sequence!.Value, Id, (DownKind)Kind, About, Lesson, Text, Same, Priority == (int)FeedbackPriority.Urgent, Erratum, At(Expires), Expires is null ? null : At(now));
            // Also what a box that lost its card has had long ago.
            return Emptied is not null || Expires <= now ? item.Emptied() : item;
        }

        public DownState ToState(long now) => new(Box, Id, Text, (DownKind)Kind, Progress(now), At(Queued)!.Value, At(Sent), Emptied is null ? At(Delivered) : null, At(Expires));

        private DownProgress Progress(long now) => this switch
        {
            { Emptied: not null } => DownProgress.ExpiredSent,
            { Delivered: not null } => DownProgress.Arrived,
            { Sequence: null } when Expires <= now => DownProgress.ExpiredUnsent,
            { Sequence: null } => DownProgress.Written,
            _ => Expires <= now ? DownProgress.ExpiredSent : DownProgress.Sent,
        };

        private static DateTimeOffset? At(long? milliseconds) => milliseconds is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
    }
}
