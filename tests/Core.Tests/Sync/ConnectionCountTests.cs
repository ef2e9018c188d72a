using CsCheck;
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

    /// <summary>A link that gives each connection a share until it is full, with measurements that are off by up to a twentieth.</summary>
    [Fact]
    public void It_finds_the_number_that_fills_the_link_and_not_many_more() => Gen.Select(Gen.Double[0.5, 12], Gen.Double[-0.05, 0.05].Array[120]).Sample((full, noise) =>
    {
        ConnectionCount count = ConnectionCount.Start(Most);
        double brought = 0, held = 0;
        for (int i = 0; i < noise.Length; i++)
        {
            double rate = Math.Min(full, count.Count) * 1000;
            if (i >= 20)
                (brought, held) = (brought + rate, held + count.Count);
            count = count.Next(rate * (1 + noise[i]), Most);
        }
        Assert.True(brought / 100 >= 0.9 * 1000 * Math.Min(full, Most), $"{brought / 100:0} of {1000 * Math.Min(full, Most):0}");
        Assert.True(held / 100 <= Math.Min(Most, full + 4), $"{held / 100:0.0} held where {full:0.0} do");
    }, iter: 2_000);
}
