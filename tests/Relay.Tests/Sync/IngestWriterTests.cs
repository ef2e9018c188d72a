using System.Collections.Immutable;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Relay.Sync;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Sync;

/// <summary>What comes by stick and by link, in whatever order, is in the database once.</summary>
public sealed class IngestWriterTests : IAsyncLifetime
{
    private const ulong Storage = 7;

    private readonly TempFolder _folder = new();
    private readonly BoxId _box = BoxId.New();
    private readonly List<string> _stored = [];
    private DurableDatabase _database = null!;
    private IngestWriter _writer = null!;
    private readonly FakeTimeProvider _time = new();
    private long _epoch;
    private ulong _otherStorage = 100;
    private string? _poison;

    public async ValueTask InitializeAsync()
    {
        _database = new DurableDatabase(_folder["relay.db"], SyncTables.Schema);
        var ports = new SyncPorts(null!, null!, null!, null!, null!, null!, null!, (_, _, arrived) =>
        {
            if (arrived.Item.Content == _poison)
                throw new SqliteException("constraint failed", 19);
            _stored.Add(arrived.Item.Content);
        });
        _writer = new IngestWriter(_database, ports, new RelayGeneration(1), Options.Create(new SyncOptions { CommitWait = TimeSpan.Zero }), _time);
        IngestResult greeted = await TakeAsync(0, 1, 0, oneWay: false);
        _epoch = greeted.Reply!.Epoch!.Value.Epoch;
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _database.Dispose();
        _folder.Dispose();
    }

    /// <summary>The stick's first file was lost, and then the box: what the second file holds exists nowhere else.</summary>
    [Fact]
    public async Task Said_yes_kept_what_a_stick_brings_behind_a_gap_is_kept_and_the_gap_is_asked_for_again()
    {
        Assert.Equal(IngestVerdict.Accept, (await TakeAsync(_epoch, 1, 2, oneWay: false)).Verdict);
        IngestResult ahead = await TakeAsync(_epoch, 6, 3, oneWay: true);
        Assert.Equal((IngestVerdict.Ahead, 3), (ahead.Verdict, ahead.Stored));
        Assert.Equal(["1", "2", "6", "7", "8"], _stored);
        Assert.Equal(0, (await TakeAsync(_epoch, 6, 3, oneWay: true)).Stored);
        // The link is back: the cursor has not moved, so the box is told where to go on, and nothing is there twice.
        IngestResult gap = await TakeAsync(_epoch, 9, 1, oneWay: false);
        Assert.Equal((IngestVerdict.Gap, 2L, true), (gap.Verdict, gap.Reply!.Ack!.Value.Through, gap.Reply!.Ack.Value.Resend));
        IngestResult all = await TakeAsync(_epoch, 3, 7, oneWay: false);
        Assert.Equal((IngestVerdict.Accept, 4, 9L), (all.Verdict, all.Stored, all.Reply!.Ack!.Value.Through));
        Assert.Equal(["1", "2", "6", "7", "8", "3", "4", "5", "9"], _stored);
        Assert.Equal(IngestVerdict.Duplicate, (await TakeAsync(_epoch, 6, 3, oneWay: true)).Verdict);
    }

    [Fact]
    public async Task Said_yes_kept_duplicate_and_reordered_delivery_stores_each_once_and_in_order()
    {
        // All orders of four batches, each arriving twice; what is refused comes again, as a box sends it again.
        int[] order = [2, 0, 2, 1, 3, 0, 1, 3, 0, 1, 2, 3, 3, 2];
        foreach (int batch in order)
            await TakeAsync(_epoch, 1 + 5 * batch, 5, oneWay: false);
        Assert.Equal(Enumerable.Range(1, 20).Select(n => $"{n}"), _stored);
    }

    [Fact]
    public async Task A_poison_item_that_the_database_refuses_is_set_aside_and_shown_and_the_rest_goes_on()
    {
        _poison = "2";
        IngestResult result = await TakeAsync(_epoch, 1, 3, oneWay: false);
        Assert.Equal((IngestVerdict.Accept, 2, 1, 3L), (result.Verdict, result.Stored, result.SetAside, result.Reply!.Ack!.Value.Through));
        Assert.Equal(["1", "3"], _stored);
        SetAsideItem aside = Assert.Single(new LinkDoubts(_database, TimeProvider.System).SetAside());
        Assert.Equal((_box.ToString(), 2L), (aside.Box, aside.Sequence));
    }

    [Fact]
    public async Task Two_boxes_with_one_card_are_told_and_take_turns_of_an_hour()
    {
        var doubts = new LinkDoubts(_database, _time);
        async Task<IngestVerdict> ClashAsync() => (await TakeAsync(_epoch, 1, 1, oneWay: false, storage: ++_otherStorage)).Verdict;
        for (int i = 0; i <= EpochRate.FreeADay; i++)
        {
            Assert.Empty(doubts.Cloned());
            Assert.Equal(IngestVerdict.NewEpoch, await ClashAsync());
        }
        Assert.Equal([_box], doubts.Cloned());
        Assert.Equal(IngestVerdict.Wait, await ClashAsync());
        _time.Advance(EpochRate.Apart - TimeSpan.FromSeconds(1));
        Assert.Equal(IngestVerdict.Wait, await ClashAsync());
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(IngestVerdict.NewEpoch, await ClashAsync());
        _time.Advance(TimeSpan.FromDays(2));
        Assert.Empty(doubts.Cloned());
        Assert.Equal(IngestVerdict.NewEpoch, await ClashAsync());
    }

    /// <summary>One school owes a month, forty owe a lesson: nobody waits for the one, and the one goes on.</summary>
    [Fact]
    public async Task In_a_storm_no_box_waits_for_the_backlog_of_another()
    {
        int ofTheBig = 0, whenLastSmallWasDone = 0, small = 40;
        async Task SendAsync(BoxId box, int batches, Action done)
        {
            long epoch = (await _writer.TakeAsync(Batch(box, 0, 1, 0, oneWay: false, Storage), Token)).Reply!.Epoch!.Value.Epoch;
            for (int batch = 0; batch < batches; batch++)
            {
                IngestResult result = await _writer.TakeAsync(Batch(box, epoch, 1 + 20 * batch, 20, oneWay: false, Storage), Token);
                Assert.Equal(IngestVerdict.Accept, result.Verdict);
                done();
            }
        }
        Task big = SendAsync(BoxId.New(), 60, () => Interlocked.Increment(ref ofTheBig));
        await Task.WhenAll(Enumerable.Range(0, small).Select(async _ =>
        {
            await SendAsync(BoxId.New(), 2, () => { });
            if (Interlocked.Decrement(ref small) == 0)
                whenLastSmallWasDone = Volatile.Read(ref ofTheBig);
        }));
        await big;
        Assert.InRange(whenLastSmallWasDone, 1, 20);
        Assert.Equal(60, ofTheBig);
    }

    [Fact]
    public async Task A_greeting_is_told_the_pace()
    {
        IngestResult greeted = await TakeAsync(_epoch, 1, 0, oneWay: false);
        Assert.Equal(new LinkPace(SpreadSeconds: 0), greeted.Reply!.Pace);
        Assert.Null((await TakeAsync(_epoch, 1, 3, oneWay: false)).Reply!.Pace);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Task<IngestResult> TakeAsync(long epoch, long first, int count, bool oneWay, ulong storage = Storage) => _writer.TakeAsync(Batch(_box, epoch, first, count, oneWay, storage), Token);

    private static ArrivedBatch Batch(BoxId box, long epoch, long first, int count, bool oneWay, ulong storage)
    {
        ImmutableArray<FeedbackItem> items = [.. Enumerable.Range(0, count).Select(n => Item(first + n))];
        var header = new EnvelopeHeader(epoch, storage, first, Previous: 0, count, DownThrough: 0);
        return new ArrivedBatch(box, "school-1", EnvelopeRead.Whole, header, items, default, oneWay);
    }

    private static FeedbackItem Item(long number) => new(new ItemId(5, (ulong)number), FeedbackKind.Question, FeedbackPriority.Normal, "maths", null, new Seat("3A", 7, SeatRole.Pupil), null, $"{number}",
        new ItemTime(1, number, 0, TimeQuality.Unknown));
}
