using Edge.Core.Sync;
using Xunit;

namespace Edge.Core.Tests.Sync;

public sealed class ConnectionCountTests
{
    private const int Most = 8;

    [Theory]
    [InlineData(4, 8)]      // twice as many are tried
    [InlineData(1, 2)]
    [InlineData(8, 8)]      // no more are allowed
    public void After_the_first_measurement_more_are_tried(int count, int then) =>
        Assert.Equal(then, new ConnectionCount(count, count, 0, 0, false).Next(100, Most).Count);

    [Theory]
    // Known good, tried, measured: what is held then, and what is known good then.
    [InlineData(4, 8, 106, 8, 8)]       // more bring more: they stay
    [InlineData(4, 8, 104, 4, 4)]       // by chance perhaps: back
    [InlineData(4, 5, 106, 6, 5)]       // one more pays: another is tried
    [InlineData(5, 4, 97, 3, 4)]        // one less costs nothing: still one less is tried
    [InlineData(5, 4, 96, 5, 5)]        // it costs something: back
    [InlineData(2, 1, 100, 1, 1)]       // never below one
    public void A_trial_stays_when_it_pays(int known, int tried, double rate, int then, int thenKnown)
    {
        ConnectionCount next = new ConnectionCount(tried, known, 100, 0, DownNext: tried < known).Next(rate, Most);
        Assert.Equal((then, thenKnown), (next.Count, next.Base));
    }

    [Fact]
    public void It_rests_between_trials_and_never_holds_more_than_allowed()
    {
        var count = new ConnectionCount(4, 4, 100, ConnectionCount.RestBetweenTrials, false);
        for (int i = 0; i < ConnectionCount.RestBetweenTrials; i++)
            Assert.Equal(4, (count = count.Next(100, Most)).Count);
        Assert.Equal(5, count.Next(100, Most).Count);
        Assert.Equal(2, new ConnectionCount(8, 8, 100, 3, false).Next(100, 2).Count);
    }

    /// <summary>A link that gives each connection a share until it is full, with measurements that are off by up to a twentieth. Bad luck may hold a few more
    /// for a while, so the number held is judged over all the days.</summary>
    [Fact]
    public void It_finds_the_number_that_fills_the_link_and_not_many_more()
    {
        const int Days = 2_000, Settled = 20, Measurements = 120;
        double tooMany = 0;
        for (int day = 0; day < Days; day++)
        {
            var chance = new Random(day);
            double full = 0.5 + 11.5 * chance.NextDouble();
            ConnectionCount count = ConnectionCount.Start(Most);
            double brought = 0, held = 0;
            for (int i = 0; i < Measurements; i++)
            {
                double rate = Math.Min(full, count.Count) * 1000;
                if (i >= Settled)
                    (brought, held) = (brought + rate, held + count.Count);
                count = count.Next(rate * (0.95 + 0.1 * chance.NextDouble()), Most);
            }
            double best = 1000 * Math.Min(full, Most) * (Measurements - Settled);
            Assert.True(brought >= 0.9 * best, $"day {day}: {brought / best:P0} where {full:0.0} connections fill the link");
            tooMany += held / (Measurements - Settled) - Math.Ceiling(Math.Min(full, Most));
        }
        Assert.True(tooMany / Days <= 1.5, $"{tooMany / Days:0.00} more than are needed");
    }
}
