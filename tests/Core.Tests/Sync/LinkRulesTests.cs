using CsCheck;
using Edge.Core.Sync;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Sync;

public sealed class LinkRulesTests
{
    private static LinkRules Rules(string? rates, long? day = null, long? month = null, LinkCost cost = LinkCost.Metered) =>
        LinkRules.Of(new LinkTerms(rates, day, month, cost))!;

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(place => values[place]);

    [Theory]
    [InlineData("22:00-06:00 full, 64k", "21:59", 64_000L)]
    [InlineData("22:00-06:00 full, 64k", "22:00", null)]
    [InlineData("22:00-06:00 full, 64k", "05:59", null)]
    [InlineData("22:00-06:00 full, 64k", "06:00", 64_000L)]
    [InlineData("07:30-17:00 off", "12:00", 0L)]
    [InlineData("07:30-17:00 off", "17:00", null)]
    [InlineData("12:00-13:00 1.5M, 08:00-17:00 64k, 256k", "12:30", 1_500_000L)]
    [InlineData("12:00-13:00 1.5M, 08:00-17:00 64k, 256k", "16:00", 64_000L)]
    [InlineData("12:00-13:00 1.5M, 08:00-17:00 64k, 256k", "20:00", 256_000L)]
    [InlineData("", "12:00", null)]
    [InlineData(null, "12:00", null)]
    public void The_first_window_that_contains_the_time_gives_the_rate(string? rates, string time, long? bitsPerSecond) =>
        Assert.Equal(bitsPerSecond, Rules(rates).RateAt(TimeOnly.Parse(time, null)));

    [Theory]
    [InlineData("22:00-06:00 full, 64k", 64_000L)]
    [InlineData("22:00-06:00 off, 64k", 0L)]
    [InlineData("22:00-06:00 128k", 128_000L)]
    [InlineData("", null)]
    public void The_clock_may_lie_and_without_one_the_lowest_rate_holds(string rates, long? bitsPerSecond) =>
        Assert.Equal(bitsPerSecond, Rules(rates).RateAt(null));

    [Theory]
    [InlineData("fast")]
    [InlineData("22:00 full")]
    [InlineData("22:00-6 full")]
    [InlineData("22:00-22:00 full")]
    [InlineData("24:00-06:00 full")]
    [InlineData("64k, 128k")]
    [InlineData("22:00-06:00 full 64k")]
    [InlineData("22:00-06:00 full,")]
    [InlineData("-5k")]
    [InlineData("999")]
    [InlineData("1e9M")]
    public void What_is_no_rate_is_not_understood(string rates) => Assert.Null(LinkRules.Of(new LinkTerms(rates, null, null, LinkCost.Metered)));

    [Fact]
    public void What_is_written_is_read_as_the_same_rates()
    {
        Gen<long?> rate = Gen.OneOf(OneOf<long?>(null, 0), Gen.Long[LinkRules.MinBitsPerSecond, 50_000_000].Select(bits => (long?)bits), Gen.Long[1, 100_000].Select(k => (long?)(k * 1000)));
        Gen<TimeOnly> time = Gen.Int[0, 24 * 60 - 1].Select(minute => TimeOnly.MinValue.AddMinutes(minute));
        Gen.Select(time, time, rate).Where(window => window.Item1 != window.Item2).Select(window => new RateWindow(window.Item1, window.Item2, window.Item3)).Array[0, LinkRules.MaxWindows].Select(rate)
            .Sample((windows, otherwise) => LinkRules.ReadRates(LinkRules.WriteRates(windows, otherwise)) is { } read && read.Windows.SequenceEqual(windows) && read.Otherwise == otherwise, iter: 2_000);
    }

    [Fact]
    public void Any_text_is_read_or_refused() =>
        Gen.Char["0129:- ,kMful.o"].Array[0, 40].Select(letters => new string(letters)).Sample(text => LinkRules.ReadRates(text) is null or { Windows.Length: <= 24 }, iter: Fuzz.Inputs);

    [Theory]
    // Live, expensive, caps, window: what goes first is said first.
    [InlineData("off", 100, LinkCost.Expensive, true, false, 100, LinkHold.Live)]
    [InlineData("off", 100, LinkCost.Expensive, false, false, 100, LinkHold.Expensive)]
    [InlineData("off", 100, LinkCost.Expensive, false, true, 100, LinkHold.DayCap)]
    [InlineData("off", 100, LinkCost.Metered, false, false, 99, LinkHold.Window)]
    [InlineData("64k", 100, LinkCost.Metered, false, false, 99, LinkHold.None)]
    [InlineData("64k", 100, LinkCost.Unmetered, false, false, 100, LinkHold.None)]
    public void The_link_is_shared_by_rule_and_the_reason_is_told(string rates, long cap, LinkCost cost, bool live, bool due, long used, LinkHold hold) =>
        Assert.Equal(hold, LinkShare.For(Rules(rates, cap, null, cost), new DateTime(2026, 3, 2, 12, 0, 0), new LinkUse(new DateOnly(2026, 3, 2), used, used), live, due).Hold);

    [Fact]
    public void The_clock_may_lie_and_no_cap_is_given_twice()
    {
        var use = new LinkUse(new DateOnly(2026, 3, 10), 70, 700);
        Assert.Equal(use, use.At(null));
        Assert.Equal(use, use.At(new DateOnly(2026, 3, 9)));
        Assert.Equal(use, use.At(new DateOnly(2026, 2, 8)).At(new DateOnly(2026, 3, 10)));
        Assert.Equal(new LinkUse(new DateOnly(2026, 3, 11), 0, 700), use.At(new DateOnly(2026, 3, 11)));
        Assert.Equal(new LinkUse(new DateOnly(2026, 4, 1), 0, 0), use.At(new DateOnly(2026, 4, 1)));
        // It had once seen 2099: counting goes on today, and tomorrow is a new day.
        LinkUse back = new LinkUse(new DateOnly(2099, 1, 1), 70, 700).At(new DateOnly(2026, 3, 10));
        Assert.Equal(new LinkUse(new DateOnly(2026, 3, 10), 70, 700), back);
        Assert.Equal(0, back.At(new DateOnly(2026, 3, 11)).DayBytes);
    }

    [Fact]
    public void Wire_bytes_and_body_bytes_agree() => Gen.Int[1, 40 << 20].Sample(body =>
        LinkShare.BodyBytes(LinkShare.WireBytes(body)) is var back && back == body && LinkShare.WireBytes(LinkShare.BodyBytes(body)) <= Math.Max(body, 1_200));

    /// <summary>A box that asks as fast as it may, through days in small and large steps of time, with a clock that is lost and comes back, lessons that begin
    /// and end, restarts, and a clock that is wrong by some days now and then.</summary>
    [Fact]
    public void The_link_is_shared_by_rule_never_over_rate_window_or_cap_in_any_schedule() =>
        Gen.Select(
            OneOf("22:00-06:00 full, 64k", "08:00-17:00 off, 256k", "64k", "12:00-12:05 1M, 2M", "full"),
            Gen.Long[0, 3_000_000], Gen.Long[0, 20_000_000], OneOf(LinkCost.Unmetered, LinkCost.Metered, LinkCost.Expensive),
            Gen.Select(Gen.Int[0, 9], Gen.Double[0, 1], Gen.Int[1, 500_000]).Array[1, 300]).Sample((rates, day, month, cost, steps) =>
        {
            LinkRules rules = Rules(rates, day, month, cost);
            var budget = new LinkBudget(default, default);
            var local = new DateTime(2026, 3, 30, 21, 50, 0);
            var monotonic = TimeSpan.Zero;
            (bool live, bool due, bool clock, int wrongDays) = (false, true, true, 0);
            var days = new Dictionary<DateOnly, long>();
            var months = new Dictionary<(int, int), long>();
            DateOnly newest = DateOnly.MinValue;
            var taken = new List<(TimeSpan At, long Bytes, long Rate)>();
            foreach ((int what, double share, int wanted) in steps)
            {
                TimeSpan passed = what switch { < 5 => TimeSpan.FromSeconds(3 * share), < 7 => TimeSpan.FromMinutes(10 * share), 7 => TimeSpan.FromHours(30 * share), _ => TimeSpan.Zero };
                (local, monotonic) = (local + passed, monotonic + passed);
                if (what == 8)
                    (live, due, clock, wrongDays) = (share < 0.2, share is < 0.4 or > 0.6, share is < 0.5 or > 0.7, share > 0.9 ? -3 : 0);
                if (what == 9)
                {
                    // A restart: the monotonic clock begins anew, what was used is read from disk.
                    taken.Clear();
                    (monotonic, budget) = (TimeSpan.Zero, budget with { Bucket = default });
                }
                DateTime? told = clock ? local.AddDays(wrongDays) : null;
                (budget, LinkAnswer answer) = budget.Ask(rules, new LinkMoment(monotonic, told, live, due), wanted);
                if (told is { } seen && DateOnly.FromDateTime(seen) > newest)
                    newest = DateOnly.FromDateTime(seen);
                if (answer.BodyBytes == 0)
                {
                    Assert.True(answer.Wait > TimeSpan.Zero);
                    continue;
                }
                long wire = LinkShare.WireBytes(answer.BodyBytes);
                Assert.InRange(answer.BodyBytes, 1, wanted);
                Assert.False(live);
                Assert.True(due || cost != LinkCost.Expensive);
                long? rate = rules.RateAt(told is { } at ? TimeOnly.FromDateTime(at) : null);
                Assert.NotEqual(0, rate);
                days[newest] = days.GetValueOrDefault(newest) + wire;
                months[(newest.Year, newest.Month)] = months.GetValueOrDefault((newest.Year, newest.Month)) + wire;
                if (rate is { } limit)
                    taken.Add((monotonic, wire, limit));
                else
                    taken.Clear();
                // Over any span: what the rate gives in it, and one bucketful.
                for (int from = 0; from < taken.Count; from++)
                {
                    long most = taken.Skip(from).Max(item => item.Rate);
                    Assert.True(taken.Skip(from).Sum(item => item.Bytes) <= most / 8.0 * (monotonic - taken[from].At).TotalSeconds + LinkShare.BurstBytes(most) + 1);
                }
            }
            if (cost == LinkCost.Unmetered)
                return;
            Assert.All(days.Values, used => Assert.InRange(used, 0, day));
            Assert.All(months.Values, used => Assert.InRange(used, 0, month));
        }, iter: 2_000);

    [Theory]
    // Rate, day cap, wait: the longest that is still right and the shortest that is not.
    [InlineData("64k", 0, 1)]
    [InlineData("64k", 2299, 1)]
    [InlineData("64k", 2301, 0)]
    public void A_piece_goes_out_when_the_rate_has_paid_for_it(string rates, int milliseconds, int waits)
    {
        // 16 KiB and heads are 18 403 bytes on the wire: 2.3 s at 64 kbit/s.
        (_, LinkAnswer answer) = new LinkBudget(default, default).Ask(Rules(rates), new LinkMoment(TimeSpan.FromMilliseconds(milliseconds), null, false, false), 16 << 10);
        Assert.Equal(waits == 1, answer.BodyBytes == 0);
    }

    [Fact]
    public void What_did_not_come_is_given_back_to_the_cap()
    {
        (LinkBudget budget, LinkAnswer answer) = new LinkBudget(default, default).Ask(Rules(null, 100_000), new LinkMoment(default, null, false, false), 1 << 20);
        Assert.InRange(answer.BodyBytes, 94_000, 94_100);
        Assert.Equal(LinkHold.DayCap, budget.Ask(Rules(null, 100_000), new LinkMoment(default, null, false, false), 1000).Answer.Hold);
        Assert.True(budget.GiveBack(50_000).Ask(Rules(null, 100_000), new LinkMoment(default, null, false, false), 1 << 20).Answer.BodyBytes > 45_000);
    }
}
