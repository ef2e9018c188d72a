using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Durable;
using Relay.Feedback;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Feedback;

/// <summary>C053: what is sent again, late or out of order adds up to the same.</summary>
public sealed class UsageStoreTests : IDisposable
{
    private static readonly DateOnly Monday = new(2026, 3, 2);

    private readonly TempFolder _folder = new();
    private readonly DurableDatabase _database;
    private readonly BoxId _one = BoxId.New();
    private readonly BoxId _two = BoxId.New();
    private ulong _number;

    public UsageStoreTests() => _database = new DurableDatabase(_folder["relay.db"], FeedbackTables.Schema);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Totals_that_come_twice_late_and_out_of_order_add_up_once()
    {
        var store = new UsageStore(_database);
        foreach (long visits in (long[])[3, 9, 9, 5, 9])
            await AddAsync(_one, "hill", 1, Monday, visits, visits / 3);
        await AddAsync(_one, "hill", 1, Monday.AddDays(1), 10, 0);
        await AddAsync(_one, "hill", 2, Monday.AddDays(1), 4, 0); // a new card counts from nothing
        await AddAsync(_one, "hill", 2, Monday.AddDays(2), 2, 0);
        await AddAsync(_two, "valley", 1, Monday, 7, 1);
        Assert.Equal([new UsageRow("hill", 1, 25, 3, 0, 0), new UsageRow("valley", 1, 7, 1, 0, 0)], store.Of(null, null));
        Assert.Equal(new UsageRow(null, 2, 32, 4, 0, 0), UsageStore.Sum(store.Of(null, null)));
        Assert.Equal([new UsageRow("hill", 1, 9, 3, 0, 0), new UsageRow("valley", 1, 7, 1, 0, 0)], store.Of(Monday, Monday));
        Assert.Equal(0, _database.Read(connection => Dapper.SqlMapper.ExecuteScalar<long>(connection, "SELECT count(*) FROM feedback")));
    }

    [Fact]
    public async Task Whatever_the_order_the_sum_is_what_the_boxes_counted()
    {
        var store = new UsageStore(_database);
        // Each box counts on three days and sends its totals after each visit; the road repeats and mixes them.
        (int Box, int Day, int Total)[] sent = [.. from box in Enumerable.Range(0, 5) from day in Enumerable.Range(0, 3) from total in Enumerable.Range(1, 4) select (box, day, total)];
        BoxId[] boxes = [.. Enumerable.Range(0, 5).Select(_ => BoxId.New())];
        foreach ((int box, int day, int total) in sent.Concat(sent).OrderBy(entry => (entry.Total * 7 + entry.Box * 5 + entry.Day * 3) % 11))
            await AddAsync(boxes[box], $"school-{box}", (ulong)box, Monday.AddDays(day), total, 0);
        Assert.Equal(5 * 3 * 4, UsageStore.Sum(store.Of(null, null)).Visits);
    }

    private Task AddAsync(BoxId box, string school, ulong storage, DateOnly day, long visits, long plays)
    {
        var item = new FeedbackItem(new ItemId(1, ++_number), FeedbackKind.Usage, FeedbackPriority.Normal, null, null, new Seat("box", 0, SeatRole.Room), null,
            new UsageDay(storage, day, [visits, plays, 0, 0]).ToText(), default);
        Assert.Equal(FeedbackFault.None, item.Fault());
        Assert.Equal(item, FeedbackItem.Read(item.ToBytes()));
        return _database.WriteAsync((connection, transaction) => FeedbackStore.Add(connection, transaction, box, school, 1, (long)_number, item, TimeProvider.System.GetUtcNow()), Token);
    }
}
