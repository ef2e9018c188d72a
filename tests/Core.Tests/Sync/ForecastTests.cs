using Edge.Core.Sync;
using Xunit;

namespace Edge.Core.Tests.Sync;

public sealed class ForecastTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.FromHours(8));

    private static PackForecast Only(long leftBytes, TimeSpan? due, double? bytesPerSecond, LinkTerms? terms = null) =>
        Forecast.For([new PendingPack("p", 1, Now + due, leftBytes)], bytesPerSecond, terms is null ? LinkRules.Free : LinkRules.Of(terms)!, default, Now)[0];

    [Theory]
    // 100 MB at 100 kB/s and 5 % for heads: 17.5 minutes.
    [InlineData(18, null, null, ForecastWord.InTime)]
    [InlineData(17, null, null, ForecastWord.LinkTooSlow)]
    // 64 kbit/s by day: at midnight only 330 MB came, at 22:00 the full rate begins.
    [InlineData(120, "22:00-06:00 full, 64k", null, ForecastWord.Rates)]
    [InlineData(620, "22:00-06:00 full, 64k", null, ForecastWord.InTime)]
    [InlineData(120, null, 60_000_000L, ForecastWord.Caps)]
    [InlineData(800, null, 60_000_000L, ForecastWord.InTime)]
    public void A_pack_in_time_or_late_for_a_reason(int dueInMinutes, string? rates, long? dayBytes, ForecastWord word) =>
        Assert.Equal(word, Only(100_000_000, TimeSpan.FromMinutes(dueInMinutes), 100_000, new LinkTerms(rates, dayBytes, null, LinkCost.Metered)).Word);

    [Fact]
    public void By_when_is_told_within_a_step()
    {
        PackForecast late = Only(100_000_000, TimeSpan.FromMinutes(5), 100_000);
        Assert.InRange(late.Ready!.Value, Now.AddMinutes(17), Now.AddMinutes(18));
        // 100 MB at 60 MB a day: a little more than two thirds of it today, the rest after midnight.
        Assert.InRange(Only(100_000_000, null, 100_000, new LinkTerms(null, 60_000_000, null, LinkCost.Metered)).Ready!.Value, Now.AddHours(12), Now.AddHours(12).AddMinutes(15));
    }

    [Fact]
    public void The_first_in_order_gets_the_link_first()
    {
        var both = Forecast.For([new("soon", 1, Now.AddMinutes(10), 30_000_000), new("later", 1, Now.AddMinutes(10), 30_000_000)], 100_000, LinkRules.Free, default, Now);
        Assert.Equal([ForecastWord.InTime, ForecastWord.LinkTooSlow], both.Select(pack => pack.Word));
        Assert.True(both[0].Ready < both[1].Ready);
    }

    [Fact]
    public void What_cannot_be_known_is_not_told()
    {
        Assert.Equal(ForecastWord.Unknown, Only(1000, null, null).Word);
        Assert.Equal(ForecastWord.Unknown, Forecast.For([new PendingPack("p", 1, null, 1)], 1000, LinkRules.Free, default, null)[0].Word);
        Assert.Equal(ForecastWord.Never, Only(1000, null, 1000, new LinkTerms(null, null, null, LinkCost.Expensive)).Word);
        Assert.Equal(ForecastWord.Never, Only(1000, null, 1000, new LinkTerms("off", null, null, LinkCost.Metered)).Word);
        PackForecast never = Only(1000, TimeSpan.FromDays(90), 1000, new LinkTerms("off", null, null, LinkCost.Metered));
        Assert.Equal((ForecastWord.Rates, null), (never.Word, never.Ready));
    }

    [Fact]
    public void A_long_list_is_forecast_quickly_and_bounded()
    {
        var many = Forecast.For([.. Enumerable.Range(0, 200).Select(i => new PendingPack($"p{i}", 1, Now.AddDays(1), 1L << 30))], 1_000,
            LinkRules.Of(new LinkTerms("22:00-06:00 full, 64k", 1 << 20, 1 << 24, LinkCost.Metered))!, default, Now);
        Assert.Equal(200, many.Length);
        Assert.All(many, pack => Assert.Null(pack.Ready));
    }
}
