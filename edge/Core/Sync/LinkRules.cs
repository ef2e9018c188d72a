using System.Collections.Immutable;
using System.Globalization;

namespace Edge.Core.Sync;

/// <summary>What a byte over the link costs the school.</summary>
public enum LinkCost
{
    /// <summary>Nothing: caps do not apply.</summary>
    Unmetered,
    /// <summary>Within the caps, nothing.</summary>
    Metered,
    /// <summary>Much: within the caps, and only packs that are due at some time come.</summary>
    Expensive,
}

/// <summary>A span of the day with a rate of its own; it may go over midnight. Null is the full rate, 0 is none.</summary>
public readonly record struct RateWindow(TimeOnly From, TimeOnly To, long? RateBitsPerSecond)
{
    public bool Contains(TimeOnly local) => From <= To ? local >= From && local < To : local >= From || local < To;
}

/// <summary>The rules of a link as staff write them: in the box's settings, and in the plan, which goes before.</summary>
/// <param name="Rates">As <see cref="LinkRules.ReadRates"/> reads them; null or empty: always full.</param>
/// <param name="DayBytes">Most bytes of packs a day, up and down; null: no cap.</param>
/// <param name="MonthBytes">The same in a calendar month.</param>
/// <param name="Cost">What a byte costs.</param>
public sealed record LinkTerms(string? Rates, long? DayBytes, long? MonthBytes, LinkCost Cost);

/// <summary>How much of the link packs may use, and when. Times are the school's local time.</summary>
/// <param name="Windows">The first that contains the time gives the rate.</param>
/// <param name="OtherwiseBitsPerSecond">Outside of all windows; null is the full rate, 0 is none.</param>
public sealed record LinkRules(ImmutableArray<RateWindow> Windows, long? OtherwiseBitsPerSecond, long? DayBytes, long? MonthBytes, LinkCost Cost)
{
    /// <summary>Most windows of one day.</summary>
    public const int MaxWindows = 24;

    /// <summary>A slower rate is no rate: write none instead.</summary>
    public const long MinBitsPerSecond = 1000;

    public const long MaxBitsPerSecond = 100_000_000_000;

    /// <summary>No rules.</summary>
    public static LinkRules Free { get; } = new([], null, null, null, LinkCost.Unmetered);

    /// <summary>Rate at a local time. Without a time that can be trusted, the lowest of all rates: it is right at any time.</summary>
    /// <returns>Bits a second; null is the full rate.</returns>
    public long? RateAt(TimeOnly? local)
    {
        if (local is not { } time)
            return Windows.Select(window => window.RateBitsPerSecond).Append(OtherwiseBitsPerSecond).Min();
        foreach (RateWindow window in Windows)
        {
            if (window.Contains(time))
                return window.RateBitsPerSecond;
        }
        return OtherwiseBitsPerSecond;
    }

    /// <summary>Caps, where the cost of the link makes them count.</summary>
    public long? Cap(long? bytes) => Cost == LinkCost.Unmetered ? null : bytes;

    /// <returns>Null when the rates are not understood, or a cap is below zero.</returns>
    public static LinkRules? Of(LinkTerms terms) =>
        ReadRates(terms.Rates) is { } rates && terms.DayBytes is null or >= 0 && terms.MonthBytes is null or >= 0 && Enum.IsDefined(terms.Cost)
            ? new LinkRules(rates.Windows, rates.Otherwise, terms.DayBytes, terms.MonthBytes, terms.Cost) : null;

    /// <summary>Reads rates such as <c>22:00-06:00 full, 64k</c>: windows in the order in which they count, each <c>from-to rate</c>, and at most one rate
    /// without times for the rest of the day (full when there is none). A rate is <c>full</c>, <c>off</c>, or bits a second with k or M.</summary>
    /// <returns>Null when they are not understood.</returns>
    public static (ImmutableArray<RateWindow> Windows, long? Otherwise)? ReadRates(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return ([], null);
        var windows = ImmutableArray.CreateBuilder<RateWindow>();
        long? otherwise = null;
        bool rest = false;
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] words = item.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length is 0 or > 2 || !TryRate(words[^1], out long? rate))
                return null;
            if (words.Length == 1)
            {
                if (rest)
                    return null;
                (otherwise, rest) = (rate, true);
            }
            else if (windows.Count < MaxWindows && words[0].Split('-') is [var from, var to] && TryTime(from, out TimeOnly begin) && TryTime(to, out TimeOnly end) && begin != end)
                windows.Add(new RateWindow(begin, end, rate));
            else
                return null;
        }
        return (windows.ToImmutable(), otherwise);
    }

    /// <summary>Writes rates so that <see cref="ReadRates"/> reads the same; null when packs always go at full rate.</summary>
    public static string? WriteRates(IEnumerable<RateWindow> windows, long? otherwise)
    {
        string[] items = [.. windows.Select(window => string.Create(CultureInfo.InvariantCulture, $"{window.From:HH:mm}-{window.To:HH:mm} {RateText(window.RateBitsPerSecond)}")), .. otherwise is null ? Array.Empty<string>() : [RateText(otherwise)]];
        return items.Length == 0 ? null : string.Join(", ", items);

        static string RateText(long? rate) => rate switch
        {
            null => "full",
            0 => "off",
            { } bits when bits % 1000 == 0 => string.Create(CultureInfo.InvariantCulture, $"{bits / 1000}k"),
            { } bits => bits.ToString(CultureInfo.InvariantCulture),
        };
    }

    private static bool TryTime(string text, out TimeOnly time) => TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    private static bool TryRate(string text, out long? bitsPerSecond)
    {
        bitsPerSecond = null;
        if (text == "full")
            return true;
        if (text == "off")
        {
            bitsPerSecond = 0;
            return true;
        }
        (string digits, long unit) = text switch { [.. var k, 'k'] => (k, 1_000L), [.. var m, 'M'] => (m, 1_000_000L), _ => (text, 1L) };
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) || number * unit is < MinBitsPerSecond or > MaxBitsPerSecond)
            return false;
        bitsPerSecond = (long)(number * unit);
        return true;
    }
}
