using System.Collections.Immutable;
using Edge.Core.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class RungChoiceTests
{
    private static readonly ImmutableArray<long> Rates = [1_500_000, 700_000, 250_000, 80_000];

    [Theory]
    [InlineData(3.9, 100_000, 0)]   // viewers have enough in hand
    [InlineData(4, 100_000, 3)]
    [InlineData(4, 800_000, 1)]
    [InlineData(4, 1_660_000, 0)]   // it is carried: being behind is no reason
    [InlineData(40, 1_660_000, 1)]  // but it must also catch up
    [InlineData(4, 50_000, 3)]      // nothing fits: the slides
    public void Down_at_once_and_as_far_as_needed_when_behind_and_not_carried(double behind, double bitsPerSecond, int rung) =>
        Assert.Equal(rung, Start(0).Next(View(bitsPerSecond, behind, 1)).Rung);

    [Fact]
    public void Nothing_changes_while_nothing_is_known() => Assert.Equal(0, Start(0).Next(View(null, 60, 100)).Rung);

    [Theory]
    [InlineData(9.9, 3_000_000, 3)]
    [InlineData(10, 3_000_000, 0)]
    [InlineData(10, 1_000_000, 1)]
    [InlineData(10, 349_000, 3)]
    [InlineData(10, 350_000, 2)]
    public void Up_as_far_as_is_proven_after_a_hold(double held, double bitsPerSecond, int rung) =>
        Assert.Equal(rung, (Start(3) with { TryAt = TimeSpan.FromHours(1) }).Next(View(bitsPerSecond, 2, held)).Rung);

    [Fact]
    public void A_try_that_fails_is_taken_back_and_the_next_waits_twice_as_long_each_time()
    {
        // 140 kbit/s carry slides and no more; over a long way it looks like less.
        RungChoice choice = Start(0).Next(View(140_000, 5, 1));
        Assert.Equal(3, choice.Rung);
        double now = 1;
        var waits = new List<double>();
        for (int i = 0; i < 8; i++)
        {
            double since = now;
            while (choice.Rung == 3)
                choice = choice.Next(View(120_000, 2, now += 0.5));
            waits.Add(now - since);
            Assert.Equal(2, choice.Rung);
            choice = choice.Next(View(140_000, 4.5, now += 5));
            Assert.Equal(3, choice.Rung);
        }
        Assert.Equal([60, 120, 240, 480, 600, 600, 600, 600], waits.Select(wait => Math.Round(wait)));
    }

    [Fact]
    public void Over_a_long_way_the_best_rung_is_reached_by_trying()
    {
        RungChoice choice = Start(3);
        for (double now = 0; now < 600 && choice.Rung > 0; now += 0.5)
            choice = choice.Next(View(Rates[choice.Rung] * 1.05, 2, now));
        Assert.Equal(0, choice.Rung);
    }

    [Fact]
    public void Under_the_traced_link_no_rung_is_left_within_its_hold_and_the_class_is_never_more_than_some_seconds_late()
    {
        // 2 M, 400 k, 140 k, 90 k, 2 M: a minute each, segments of two seconds, three at once.
        RungChoice choice = RungChoice.Start(View(null, 0, 0));
        var seen = default(Throughput);
        double published = 0, late = 0, switchedAt = double.MinValue;
        int changes = 0;
        for (double now = 0; now < 300; now += 0.1)
        {
            double link = now switch { < 60 => 2e6, < 120 => 400e3, < 180 => 140e3, < 240 => 90e3, _ => 2e6 };
            double behind = now - published;
            if (behind > 0)
            {
                double bits = link * 0.1;
                seen = seen.With((int)(bits / 8), TimeSpan.FromSeconds(0.1));
                published = Math.Min(now, published + bits / Rates[choice.Rung]);
            }
            late = Math.Max(late, behind);
            RungChoice next = choice.Next(View(seen.BitsPerSecond, now - published + 1, now));
            if (next.Rung != choice.Rung)
            {
                Assert.True(next.Rung > choice.Rung || now - switchedAt > 9.9);
                (switchedAt, changes) = (now, changes + 1);
            }
            choice = next;
        }
        Assert.Equal(0, choice.Rung);
        Assert.InRange(late, 0, 12);
        Assert.InRange(changes, 4, 14);
    }

    [Theory]
    [InlineData(20_000, true)]
    [InlineData(20_001, false)]
    public void What_is_left_of_a_segment_is_finished_if_it_is_less_than_the_same_in_the_new_rung(long rest, bool finish) =>
        Assert.Equal(finish, RungChoice.IsWorthFinishing(rest, TimeSpan.FromSeconds(2), 80_000));

    [Fact]
    public void A_silence_says_nothing_about_how_fast_a_link_is()
    {
        var seen = default(Throughput);
        Assert.Null(seen.With(10_000, TimeSpan.FromSeconds(0.9)).BitsPerSecond);
        for (int i = 0; i < 100; i++)
            seen = seen.With(12_500, TimeSpan.FromSeconds(0.1));
        Assert.InRange(seen.BitsPerSecond!.Value, 999_000, 1_001_000);
        Assert.InRange(seen.With(12_500, TimeSpan.FromSeconds(75)).BitsPerSecond!.Value, 990_000, 1_100_000);
    }

    [Fact]
    public void A_link_that_grows_thin_is_seen_within_three_seconds_and_one_moment_of_width_is_not_believed()
    {
        var seen = default(Throughput);
        for (int i = 0; i < 100; i++)
            seen = seen.With(25_000, TimeSpan.FromSeconds(0.1));
        for (int i = 0; i < 30; i++)
            seen = seen.With(1_125, TimeSpan.FromSeconds(0.1));
        Assert.InRange(seen.BitsPerSecond!.Value, 90_000, 400_000);
        for (int i = 0; i < 100; i++)
            seen = seen.With(1_125, TimeSpan.FromSeconds(0.1));
        seen = seen.With(20_000, TimeSpan.FromSeconds(0.1));
        Assert.InRange(seen.BitsPerSecond!.Value, 90_000, 250_000);
    }

    private static RungChoice Start(int rung) => new(rung, TimeSpan.Zero, TimeSpan.FromSeconds(30), 0);

    private static RungView View(double? bitsPerSecond, double behind, double now) => new(Rates, bitsPerSecond, TimeSpan.FromSeconds(behind), TimeSpan.FromSeconds(now));
}
