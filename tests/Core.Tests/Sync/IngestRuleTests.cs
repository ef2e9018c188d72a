using Edge.Core.Sync;
using Xunit;

namespace Edge.Core.Tests.Sync;

public class IngestRuleTests
{
    private const ulong Storage = 7;
    private static readonly IngestCursor Cursor = new(Epoch: 2, Storage, Through: 10);

    // Item n has digest n; stored is the same.
    private static IngestDecision Decide(IngestCursor cursor, EnvelopeHeader header, UInt128 changed = default) =>
        IngestRule.Decide(cursor, header, i => (UInt128)(header.First + i) + changed, sequence => (UInt128)sequence);

    private static EnvelopeHeader Header(long epoch, ulong storage, long first, int count) =>
        new(epoch, storage, first, Previous: (ulong)(first - 1), count, DownThrough: 0);

    public static TheoryData<string, IngestCursor, EnvelopeHeader, IngestDecision> Cases => new()
    {
        { "the next batch", Cursor, Header(2, Storage, 11, 5), new(IngestVerdict.Accept, Cursor with { Through = 15 }) },
        { "half of it is held", Cursor, Header(2, Storage, 8, 5), new(IngestVerdict.Accept, Cursor with { Through = 12 }, Skip: 3) },
        { "all of it is held", Cursor, Header(2, Storage, 6, 5), new(IngestVerdict.Duplicate, Cursor) },
        { "one is missing before it", Cursor, Header(2, Storage, 12, 5), new(IngestVerdict.Gap, Cursor) },
        { "a greeting in step", Cursor, Header(2, Storage, 11, 0), new(IngestVerdict.Duplicate, Cursor) },
        { "a greeting that lags", Cursor, Header(2, Storage, 3, 0), new(IngestVerdict.Duplicate, Cursor) },
        { "a greeting that is ahead: the relay was restored", Cursor, Header(2, Storage, 21, 0), new(IngestVerdict.Gap, Cursor) },
        { "first contact", default, Header(0, Storage, 1, 0), new(IngestVerdict.NewEpoch, new(1, Storage, 0)) },
        { "first contact with items", default, Header(0, Storage, 1, 5), new(IngestVerdict.NewEpoch, new(1, Storage, 0)) },
        { "the grant was lost", new(2, Storage, 0), Header(0, Storage, 1, 0), new(IngestVerdict.TellEpoch, new(2, Storage, 0)) },
        { "the epoch was given up", Cursor, Header(0, Storage, 1, 0), new(IngestVerdict.NewEpoch, new(3, Storage, 0)) },
        { "a late batch of the epoch before", new(2, Storage, 0), Header(1, Storage, 4, 2), new(IngestVerdict.TellEpoch, new(2, Storage, 0)) },
        { "an older copy of the storage", Cursor, Header(1, Storage, 4, 2), new(IngestVerdict.NewEpoch, new(3, Storage, 0)) },
        { "another storage", Cursor, Header(2, 8, 11, 5), new(IngestVerdict.NewEpoch, new(3, 8, 0)) },
        { "a fresh storage", Cursor, Header(0, 8, 1, 0), new(IngestVerdict.NewEpoch, new(3, 8, 0)) },
        { "an epoch of the future: the relay was restored", Cursor, Header(9, Storage, 4, 2), new(IngestVerdict.NewEpoch, new(10, Storage, 0)) },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Every_arrival_is_decided(string name, IngestCursor cursor, EnvelopeHeader header, IngestDecision expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, Decide(cursor, header));
    }

    /// <summary>Nobody hears an answer to a stick, so it never issues an epoch and never moves the cursor but forward in its own.</summary>
    [Theory, MemberData(nameof(Cases))]
    public void On_a_stick_no_epoch_is_issued(string name, IngestCursor cursor, EnvelopeHeader header, IngestDecision overTheLink)
    {
        Assert.NotEmpty(name);
        IngestDecision decision = IngestRule.DecideOneWay(cursor, header, i => (UInt128)(header.First + i), sequence => (UInt128)sequence);
        if (header.Count == 0)
            Assert.Equal(new IngestDecision(IngestVerdict.Duplicate, cursor), decision);
        else if (overTheLink.Verdict is IngestVerdict.Accept or IngestVerdict.Duplicate)
            Assert.Equal(overTheLink, decision);
        else if (overTheLink.Verdict == IngestVerdict.Gap)
            Assert.Equal(new IngestDecision(IngestVerdict.Ahead, cursor), decision);
        else
            Assert.Equal(new IngestDecision(IngestVerdict.Late, cursor), decision);
    }

    [Fact]
    public void A_held_sequence_with_other_content_is_a_clash() =>
        Assert.Equal(new IngestDecision(IngestVerdict.Clash, new(3, Storage, 0)), Decide(Cursor, Header(2, Storage, 8, 5), changed: 1));

    [Fact]
    public void A_batch_that_goes_on_from_another_item_is_a_clash() =>
        Assert.Equal(IngestVerdict.Clash, Decide(Cursor, Header(2, Storage, 11, 5) with { Previous = 99 }).Verdict);

    [Fact]
    public void What_is_not_known_any_more_is_no_clash() =>
        Assert.Equal(IngestVerdict.Duplicate, IngestRule.Decide(Cursor, Header(2, Storage, 6, 5), _ => 1, _ => null).Verdict);
}
