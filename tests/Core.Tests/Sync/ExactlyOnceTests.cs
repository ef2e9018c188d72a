using Xunit;

namespace Edge.Core.Tests.Sync;

public class ExactlyOnceTests
{
    private const int SeedsPerCase = 50;

    public static TheoryData<int> Starts => [.. Enumerable.Range(0, 8).Select(i => i * SeedsPerCase)];

    [Theory, MemberData(nameof(Starts))]
    public void Said_yes_kept_every_answer_arrives_once_and_in_order_over_a_bad_link(int firstSeed) => ForSeeds(firstSeed, seed =>
    {
        var world = Day(seed, cardMayBeRestored: false);
        Assert.True(world.Promised.SequenceEqual(world.OnRelay), $"seed {seed}: {world.Promised.Count} promised, {world.OnRelay.Count} stored, {world.Unsent} unsent");
    });

    [Theory, MemberData(nameof(Starts))]
    public void Said_yes_kept_a_restored_card_loses_and_doubles_nothing_that_either_end_still_holds(int firstSeed) => ForSeeds(firstSeed, seed =>
    {
        var world = Day(seed, cardMayBeRestored: true);
        Assert.Equal(world.OnRelay.Count, world.OnRelay.Distinct().Count());
        Assert.True(world.Promised.ToHashSet().IsSubsetOf(world.OnRelay), $"seed {seed}");
    });

    /// <summary>Stick and link deliver in any order, sticks are carried twice, half, and late, acks of long ago come back.</summary>
    [Theory, MemberData(nameof(Starts))]
    public void Said_yes_kept_whatever_order_stick_and_link_deliver_in(int firstSeed) => ForSeeds(firstSeed, seed =>
    {
        var world = new World(seed);
        for (int step = 0; step < 400; step++)
        {
            world.Step();
            if (step % 3 == 0)
                world.StickStep();
        }
        world.RunUntilQuiet();
        Assert.Equal(world.OnRelay.Count, world.OnRelay.Distinct().Count());
        Assert.True(world.Promised.ToHashSet().SetEquals(world.OnRelay), $"seed {seed}: {world.Promised.Count} promised, {world.OnRelay.Count} stored, {world.Unsent} unsent");
        Assert.Equal(0, world.Unsent);
    });

    private static World Day(int seed, bool cardMayBeRestored)
    {
        var world = new World(seed) { CardMayBeRestored = cardMayBeRestored };
        for (int step = 0; step < 400; step++)
            world.Step();
        world.RunUntilQuiet();
        return world;
    }

    private static void ForSeeds(int first, Action<int> act)
    {
        for (int seed = first; seed < first + SeedsPerCase; seed++)
            act(seed);
    }
}
