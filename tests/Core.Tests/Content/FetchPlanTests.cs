using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Content;

public class FetchPlanTests
{
    private static readonly DateTimeOffset Morning = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_is_due_first_comes_first_then_priority_and_what_has_no_due_time_last()
    {
        SitePlan plan = PlanOf(
            new PlannedPack("later", 1, Morning.AddDays(1), 0),
            new PlannedPack("whenever", 1, null, 0),
            new PlannedPack("second", 1, Morning, 5),
            new PlannedPack("first", 1, Morning, 1));
        Assert.Equal(["first", "second", "later", "whenever"], FetchPlan.Goals(plan, CatalogueOf("first", "second", "later", "whenever")).Select(goal => goal.Pack));
    }

    [Fact]
    public void What_is_withdrawn_or_not_in_the_catalogue_is_not_fetched()
    {
        Catalogue catalogue = CatalogueOf("here", "gone");
        catalogue = catalogue with { Packs = [.. catalogue.Packs.Select(pack => pack.Id == "gone" ? pack with { Versions = [pack.Versions[0] with { Withdrawn = true }] } : pack)] };
        SitePlan plan = PlanOf(new PlannedPack("here", 1, null, 0), new PlannedPack("here", 2, null, 0), new PlannedPack("gone", 1, null, 0), new PlannedPack("unknown", 1, null, 0));
        Assert.Equal([("here", 1L)], FetchPlan.Goals(plan, catalogue).Select(goal => (goal.Pack, goal.Version)));
    }

    [Fact]
    public void Ranges_bring_each_wanted_chunk_once_and_stay_bounded() =>
        Gen.Select(Gen.Int[1, 900_000].Array[1, 60], Gen.Bool.Array[60]).Sample((lengths, wanted) =>
        {
            VolumeIndex index = IndexOf(lengths);
            ChunkId[] ids = [.. index.Entries.Where((_, i) => wanted[i]).Select(entry => entry.Id)];
            ImmutableArray<RangeFetch> ranges = FetchPlan.Ranges(ids.Concat(ids), [KeyValuePair.Create(ChunkId.Of("v"u8), index)], out var missing);
            Assert.Empty(missing);
            Assert.Equal(ids, ranges.SelectMany(range => range.Chunks).Select(chunk => chunk.Id));
            foreach (RangeFetch range in ranges)
            {
                Assert.InRange(range.LengthBytes, 1, FetchPlan.MaxRangeBytes);
                Assert.Equal(range.OffsetBytes, range.Chunks[0].OffsetBytes);
                Assert.Equal(range.OffsetBytes + range.LengthBytes, range.Chunks[^1].OffsetBytes + range.Chunks[^1].StoredBytes);
                int unwanted = range.LengthBytes - range.Chunks.Sum(chunk => chunk.StoredBytes);
                Assert.InRange(unwanted, 0, FetchPlan.MaxGapBytes * (range.Chunks.Length - 1));
            }
        }, iter: 300);

    [Fact]
    public void A_small_gap_is_taken_along_and_a_large_one_is_not()
    {
        ChunkId volume = ChunkId.Of("v"u8);
        VolumeIndex near = IndexOf(1000, FetchPlan.MaxGapBytes, 1000);
        VolumeIndex far = IndexOf(1000, FetchPlan.MaxGapBytes + 1, 1000);
        Assert.Single(FetchPlan.Ranges([near.Entries[0].Id, near.Entries[2].Id], [KeyValuePair.Create(volume, near)], out _));
        Assert.Equal(2, FetchPlan.Ranges([far.Entries[0].Id, far.Entries[2].Id], [KeyValuePair.Create(volume, far)], out _).Length);
    }

    [Fact]
    public void A_chunk_in_no_known_volume_is_named()
    {
        ChunkId lost = ChunkId.Of("lost"u8);
        Assert.Empty(FetchPlan.Ranges([lost], [KeyValuePair.Create(ChunkId.Of("v"u8), IndexOf(10))], out ImmutableArray<ChunkId> missing));
        Assert.Equal([lost], missing);
    }

    private static VolumeIndex IndexOf(params int[] lengths)
    {
        var entries = ImmutableArray.CreateBuilder<VolumeEntry>();
        int offset = Volume.HeaderBytes;
        foreach (int length in lengths)
        {
            entries.Add(new VolumeEntry(ChunkId.Of(BitConverter.GetBytes(entries.Count)), offset, length, length, ChunkCoding.Plain));
            offset += length;
        }
        return new VolumeIndex(entries.ToImmutable());
    }

    private static SitePlan PlanOf(params PlannedPack[] packs) => new(1, "hill-school", LocalText.Of("en", "Hill"), [.. packs], []);

    private static Catalogue CatalogueOf(params string[] packs) =>
        new(1, [.. packs.Select(id => new CataloguePack(id, [new CatalogueVersion(1, ChunkId.Of("m"u8), 10, false)]))]);
}
