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

    public static TheoryData<string, IngestCursor, EnvelopeHeader, IngestDecision> Cases => new()
    {
        { "the next batch", Cursor, new(2, Storage, 11, 5, 0), new(IngestVerdict.Accept, Cursor with { Through = 15 }) },
        { "half of it is held", Cursor, new(2, Storage, 8, 5, 0), new(IngestVerdict.Accept, Cursor with { Through = 12 }, Skip: 3) },
        { "all of it is held", Cursor, new(2, Storage, 6, 5, 0), new(IngestVerdict.Duplicate, Cursor) },
        { "one is missing before it", Cursor, new(2, Storage, 12, 5, 0), new(IngestVerdict.Gap, Cursor) },
        { "a greeting in step", Cursor, new(2, Storage, 11, 0, 0), new(IngestVerdict.Duplicate, Cursor) },
        { "a greeting that lags", Cursor, new(2, Storage, 3, 0, 0), new(IngestVerdict.Duplicate, Cursor) },
        { "a greeting that is ahead: the relay was restored", Cursor, new(2, Storage, 21, 0, 0), new(IngestVerdict.Gap, Cursor) },
        { "first contact", default, new(0, Storage, 1, 0, 0), new(IngestVerdict.NewEpoch, new(1, Storage, 0)) },
        { "first contact with items", default, new(0, Storage, 1, 5, 0), new(IngestVerdict.NewEpoch, new(1, Storage, 0)) },
        { "the grant was lost", new(2, Storage, 0), new(0, Storage, 1, 0, 0), new(IngestVerdict.TellEpoch, new(2, Storage, 0)) },
        { "the epoch was given up", Cursor, new(0, Storage, 1, 0, 0), new(IngestVerdict.NewEpoch, new(3, Storage, 0)) },
        { "a late batch of the epoch before", Cursor, new(1, Storage, 4, 2, 0), new(IngestVerdict.TellEpoch, Cursor) },
        { "another storage", Cursor, new(2, 8, 11, 5, 0), new(IngestVerdict.NewEpoch, new(3, 8, 0)) },
        { "a fresh storage", Cursor, new(0, 8, 1, 0, 0), new(IngestVerdict.NewEpoch, new(3, 8, 0)) },
        { "an epoch of the future: the relay was restored", Cursor, new(9, Storage, 4, 2, 0), new(IngestVerdict.NewEpoch, new(10, Storage, 0)) },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Every_arrival_is_decided(string name, IngestCursor cursor, EnvelopeHeader header, IngestDecision expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, Decide(cursor, header));
    }

    [Fact]
    public void A_held_sequence_with_other_content_is_a_clash() =>
        Assert.Equal(new IngestDecision(IngestVerdict.Clash, new(3, Storage, 0)), Decide(Cursor, new(2, Storage, 8, 5, 0), changed: 1));

    [Fact]
    public void What_is_not_known_any_more_is_no_clash() =>
        Assert.Equal(IngestVerdict.Duplicate, IngestRule.Decide(Cursor, new(2, Storage, 6, 5, 0), _ => 1, _ => null).Verdict);
}
