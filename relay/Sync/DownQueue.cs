using System.Collections.Immutable;
using System.Threading.Channels;
using Dapper;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Relay.Sync;

/// <summary>What goes down to each box: queued in the database for as long as the box is away, each with its number, until the box reports that it has it.</summary>
public sealed class DownQueue(DurableDatabase database, TimeProvider time)
{
    private readonly Channel<BoxId> _waiting = Channel.CreateUnbounded<BoxId>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Boxes to look at. At most a few tokens per message or contact, taken at once by <see cref="DownLoop"/>.</summary>
    internal ChannelReader<BoxId> Waiting => _waiting.Reader;

    /// <summary>Queues an item within the caller's transaction, whatever its sequence: it gets its own here. Call <see cref="Wake"/> once that is committed.</summary>
    public void Add(SqliteConnection connection, SqliteTransaction transaction, BoxId box, DownItem item) => connection.Execute("""
        INSERT INTO cursors VALUES (@box, 0, 0, 0, 1, 0) ON CONFLICT (box) DO UPDATE SET down_last = down_last + 1;
        INSERT INTO down_items (box, sequence, id, kind, about, lesson, text, queued, same)
            SELECT @box, down_last, @Id, @kind, @About, @Lesson, @Text, @now, @Same FROM cursors WHERE box = @box;
        """, new { box = box.ToString(), item.Id, kind = (int)item.Kind, item.About, item.Lesson, item.Text, item.Same, now = time.GetUtcNow().ToUnixTimeMilliseconds() }, transaction);

    /// <summary>When the relay learnt that a box has an item down on its disk; those still under way are left out.</summary>
    /// <param name="items">Boxes and names of items; a page of them.</param>
    public ImmutableDictionary<string, DateTimeOffset> Delivered(IReadOnlyCollection<(string Box, string Id)> items) => database.Read(connection =>
        connection.Query<(string Id, long Delivered)>("SELECT id, min(delivered) FROM down_items WHERE box IN @boxes AND id IN @ids AND delivered IS NOT NULL GROUP BY id",
                new { boxes = items.Select(item => item.Box).Distinct(), ids = items.Select(item => item.Id) })
            .ToImmutableDictionary(row => row.Id, row => DateTimeOffset.FromUnixTimeMilliseconds(row.Delivered)));

    /// <summary>Something may have to go to this box.</summary>
    public void Wake(BoxId box) => _waiting.Writer.TryWrite(box);

    /// <summary>Where a box stands, and the items after <paramref name="after"/>, at most <paramref name="most"/> beyond what it reported.</summary>
    internal (long Through, ImmutableArray<DownItem> Items) Next(BoxId box, long after, int most) => database.Read(connection =>
    {
        long through = connection.ExecuteScalar<long?>("SELECT down_through FROM cursors WHERE box = @box", new { box = box.ToString() }) ?? 0;
        return (through, connection.Query<DownRow>("""
                SELECT sequence, id, kind, about, lesson, text, same FROM down_items
                WHERE box = @box AND sequence > @from AND sequence <= @until ORDER BY sequence
                """, new { box = box.ToString(), from = Math.Max(after, through), until = through + most })
            .Select(row => new DownItem(row.Sequence, row.Id, (DownKind)row.Kind, row.About, row.Lesson, row.Text, row.Same)).ToImmutableArray());
    });

    /// <summary>The box has everything up to <paramref name="through"/> on its disk. More than we ever gave: this database is older than what the box has seen,
    /// so what waits gets numbers after that.</summary>
    internal static void Reported(SqliteConnection connection, SqliteTransaction transaction, string box, long through, long last, long now)
    {
        if (through > last)
        {
            var waiting = connection.Query<long>("SELECT sequence FROM down_items WHERE box = @box AND delivered IS NULL ORDER BY sequence", new { box }, transaction).ToList();
            last = through + waiting.Count;
            // From the far end, so that no number is given twice on the way.
            for (int i = waiting.Count - 1; i >= 0; i--)
                connection.Execute("UPDATE down_items SET sequence = @to WHERE box = @box AND sequence = @from", new { box, from = waiting[i], to = through + 1 + i }, transaction);
        }
        connection.Execute("""
            UPDATE down_items SET delivered = @now WHERE box = @box AND sequence <= @through AND delivered IS NULL;
            UPDATE cursors SET down_through = @through, down_last = @last WHERE box = @box;
            """, new { box, through, last, now }, transaction);
    }

    private sealed class DownRow
    {
        public long Sequence { get; init; }
        public string Id { get; init; } = "";
        public int Kind { get; init; }
        public string? About { get; init; }
        public string? Lesson { get; init; }
        public string Text { get; init; } = "";
        public bool Same { get; init; }
    }
}
