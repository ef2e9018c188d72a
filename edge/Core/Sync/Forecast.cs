using System.Collections.Immutable;

namespace Edge.Core.Sync;

/// <summary>A pack that is on its way or waits, with what is missing of it.</summary>
public sealed record PendingPack(string Pack, long Version, DateTimeOffset? Due, long LeftBytes);

/// <summary>What a forecast says of a pack.</summary>
public enum ForecastWord
{
    /// <summary>It will be whole before it is due, or is not due at any time.</summary>
    InTime,
    /// <summary>Late, because the link is too slow for what comes before it and for it.</summary>
    LinkTooSlow,
    /// <summary>Late, because of the rates of the day: at full rate it would be in time.</summary>
    Rates,
    /// <summary>Late, because of the caps: without them it would be in time.</summary>
    Caps,
    /// <summary>Never, as things are: the link is expensive and it has no due time, or the rules leave nothing.</summary>
    Never,
    /// <summary>Not known: the link's rate was not measured yet, or there is no clock to be trusted.</summary>
    Unknown,
}

/// <summary>When a pack will be whole.</summary>
/// <param name="Ready">Null: not within <see cref="Forecast.Horizon"/>, or not known.</param>
public sealed record PackForecast(string Pack, long Version, DateTimeOffset? Due, long LeftBytes, ForecastWord Word, DateTimeOffset? Ready);

/// <summary>Says of each pack whether it makes its deadline, if not, why, and by when it will be there.</summary>
public static class Forecast
{
    /// <summary>How far is looked ahead.</summary>
    public static readonly TimeSpan Horizon = TimeSpan.FromDays(60);

    /// <summary>Time goes on from one quarter of an hour to the next; a window that begins between is seen at the next.</summary>
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);

    /// <param name="packs">In the order in which they are fetched.</param>
    /// <param name="bytesPerSecond">What the link was measured to give; null: not measured yet.</param>
    /// <param name="rules">Of the link.</param>
    /// <param name="use">Up to date.</param>
    /// <param name="now">The school's local time; null: no clock to be trusted.</param>
    public static ImmutableArray<PackForecast> For(ImmutableArray<PendingPack> packs, double? bytesPerSecond, LinkRules rules, LinkUse use, DateTimeOffset? now)
    {
        if (bytesPerSecond is not > 0 || now is not { } from)
            return [.. packs.Select(pack => new PackForecast(pack.Pack, pack.Version, pack.Due, pack.LeftBytes, ForecastWord.Unknown, null))];
        DateTimeOffset?[] ready = Ready(packs, bytesPerSecond.Value, rules, use, from);
        DateTimeOffset?[]? uncapped = null;
        DateTimeOffset?[]? full = null;
        return [.. packs.Select((pack, place) =>
        {
            ForecastWord word =
                InTime(pack, ready[place]) ? ForecastWord.InTime
                : pack.Due is null ? ForecastWord.Never
                : InTime(pack, (uncapped ??= Ready(packs, bytesPerSecond.Value, rules with { DayBytes = null, MonthBytes = null }, use, from))[place]) ? ForecastWord.Caps
                : InTime(pack, (full ??= Ready(packs, bytesPerSecond.Value, LinkRules.Free, use, from))[place]) ? ForecastWord.Rates
                : ForecastWord.LinkTooSlow;
            return new PackForecast(pack.Pack, pack.Version, pack.Due, pack.LeftBytes, word, ready[place]);
        })];
    }

    private static bool InTime(PendingPack pack, DateTimeOffset? ready) => ready is { } at && (pack.Due is not { } due || at <= due);

    /// <summary>Lets time pass, and gives each span's bytes to the packs in their order.</summary>
    private static DateTimeOffset?[] Ready(ImmutableArray<PendingPack> packs, double bytesPerSecond, LinkRules rules, LinkUse use, DateTimeOffset from)
    {
        var ready = new DateTimeOffset?[packs.Length];
        double[] left = [.. packs.Select(pack => (double)LinkShare.WireBytes(pack.LeftBytes))];
        TimeSpan step;
        for (DateTimeOffset at = from; at - from < Horizon && Array.Exists(ready, done => done is null); at += step)
        {
            step = Quarter - TimeSpan.FromTicks(at.TimeOfDay.Ticks % Quarter.Ticks);
            use = use.At(DateOnly.FromDateTime(at.DateTime));
            double used = 0;
            for (int i = 0; i < packs.Length; i++)
            {
                LinkGrant grant = LinkShare.For(rules, at.DateTime, use, live: false, due: packs[i].Due is not null);
                if (ready[i] is not null || grant.Hold != LinkHold.None)
                    continue;
                double rate = Math.Min(bytesPerSecond, grant.RateBitsPerSecond / 8.0 ?? double.MaxValue);
                double most = Math.Min(rate * step.TotalSeconds - used, grant.LeftBytes ?? double.MaxValue);
                double taken = Math.Min(left[i], Math.Max(0, most));
                left[i] -= taken;
                used += taken;
                use = use.Plus((long)Math.Ceiling(taken));
                // What remains below a byte is rounding.
                if (left[i] < 1)
                    ready[i] = at + TimeSpan.FromSeconds(Math.Min(step.TotalSeconds, used / rate));
            }
        }
        return ready;
    }
}
