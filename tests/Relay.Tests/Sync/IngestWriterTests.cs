using System.Collections.Immutable;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Extensions.Options;
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
    private long _epoch;

    public async ValueTask InitializeAsync()
    {
        _database = new DurableDatabase(_folder["relay.db"], SyncTables.Schema);
        var ports = new SyncPorts(null!, null!, null!, null!, null!, null!, null!, (_, _, arrived) => _stored.Add(arrived.Item.Content));
        _writer = new IngestWriter(_database, ports, new RelayGeneration(1), Options.Create(new SyncOptions()), TimeProvider.System);
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

    private Task<IngestResult> TakeAsync(long epoch, long first, int count, bool oneWay)
    {
        ImmutableArray<FeedbackItem> items = [.. Enumerable.Range(0, count).Select(n => Item(first + n))];
        var header = new EnvelopeHeader(epoch, Storage, first, Previous: 0, count, DownThrough: 0);
        return _writer.TakeAsync(new ArrivedBatch(_box, "school-1", EnvelopeRead.Whole, header, items, default, oneWay), TestContext.Current.CancellationToken);
    }

    private static FeedbackItem Item(long number) => new(new ItemId(5, (ulong)number), FeedbackKind.Question, FeedbackPriority.Normal, "maths", null, new Seat("3A", 7, SeatRole.Pupil), null, $"{number}",
        new ItemTime(1, number, 0, TimeQuality.Unknown));
}
