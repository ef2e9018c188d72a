using TestKit;
using Xunit;

namespace Edge.Core.Tests.Sync;

/// <summary>What was promised is stored, in order per box, none twice: weeks full of faults, each with its seed.</summary>
public class ExactlyOnceTests
{
    private const int Parts = 8;
    private const int MutationSeeds = 50;
    private static readonly int SeedsPerPart = (Fuzz.IsLong ? 100_000 : 2_000) / Parts;
    private static readonly int StickSeedsPerPart = SeedsPerPart / 4;

    public static TheoryData<int> Starts => [.. Enumerable.Range(0, Parts).Select(part => part * SeedsPerPart)];

    [Theory, MemberData(nameof(Starts))]
    public void Said_yes_kept_every_answer_of_a_school_week_arrives_once_and_in_order(int firstSeed)
    {
        var happened = new Dictionary<string, int>();
        for (int seed = firstSeed; seed < firstSeed + SeedsPerPart; seed++)
        {
            var week = new SchoolWeek(seed);
            string? wrong = week.Play();
            Assert.True(wrong is null, $"seed {seed}: {wrong}");
            foreach ((string what, int times) in week.Happened)
                happened[what] = happened.GetValueOrDefault(what) + times;
        }
        foreach (string what in (string[])["relay restored", "card restored", "card replaced", "card cloned"])
            Assert.True(happened.GetValueOrDefault(what) > SeedsPerPart / 4, $"{what}: {happened.GetValueOrDefault(what)} times");
    }

    /// <summary>Stick and link deliver in any order, sticks are carried twice, half, and late, acks of long ago come back.</summary>
    [Theory, MemberData(nameof(Starts))]
    public void Said_yes_kept_whatever_order_stick_and_link_deliver_in(int firstSeed)
    {
        for (int seed = firstSeed; seed < firstSeed + StickSeedsPerPart; seed++)
            Assert.Null(Wrong(seed, Troubles.Sticks | Troubles.RelayRestored, Mutation.None));
    }

    [Fact]
    public void The_week_finds_rows_that_leave_on_the_brokers_word() => AssertFound(Mutation.RowsLeaveOnPuback);

    [Fact]
    public void The_week_finds_epochs_that_are_dropped() => AssertFound(Mutation.EpochsDropped);

    [Fact]
    public void The_week_finds_a_relay_that_stores_without_asking() => AssertFound(Mutation.DedupOff);

    [Fact]
    public void The_week_finds_a_restored_relay_that_looks_like_the_one_before() => AssertFound(Mutation.GenerationIgnored);

    [Fact]
    public void The_week_finds_a_yes_that_was_said_before_the_disk() => AssertFound(Mutation.YesBeforeDisk);

    private static void AssertFound(Mutation mutation) =>
        Assert.Contains(Enumerable.Range(0, MutationSeeds), seed => Wrong(seed, Troubles.All, mutation) is not null);

    private static string? Wrong(int seed, Troubles troubles, Mutation mutation) => new SchoolWeek(seed, troubles, mutation).Play() is { } wrong ? $"seed {seed}: {wrong}" : null;
}
