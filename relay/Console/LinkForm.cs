using System.Collections.Immutable;
using System.Globalization;
using Edge.Core.Sync;

namespace Relay.Console;

/// <summary>A span of the day as it is typed.</summary>
/// <param name="From">"22:00".</param>
/// <param name="To">"06:00".</param>
/// <param name="Rate">kbit/s; empty: as fast as the link goes; 0: nothing.</param>
public sealed record WindowForm(string From, string To, string Rate)
{
    public static readonly WindowForm Empty = new("", "", "");
}

/// <summary>The rules of a school's link as people type them: speeds in kbit/s, amounts in MB.</summary>
/// <param name="Own">These rules hold; else each box goes by its own settings.</param>
/// <param name="Windows">Spans of the day, the first that fits counts.</param>
/// <param name="Rest">Speed at all other times; empty: as fast as the link goes; 0: nothing.</param>
/// <param name="Day">Most MB a day; empty: no limit.</param>
/// <param name="Month">Most MB a month.</param>
/// <param name="Cost">What a byte costs.</param>
/// <param name="Faults">Text key of what is wrong, per field.</param>
public sealed record LinkForm(bool Own, ImmutableArray<WindowForm> Windows, string Rest, string Day, string Month, LinkCost Cost, ImmutableDictionary<string, string> Faults)
{
    /// <summary>Rows for spans that the form has at least.</summary>
    private const int LeastWindows = 3;

    private const decimal BytesPerMegabyte = 1_000_000;
    private const decimal MaxMegabytes = 1_000_000_000;

    /// <summary>The form as it stands before anybody types.</summary>
    public static LinkForm Of(LinkTerms? terms)
    {
        LinkRules rules = terms is not null && LinkRules.Of(terms) is { } read ? read : LinkRules.Free with { Cost = LinkCost.Metered };
        return new LinkForm(terms is not null, Rows(rules.Windows.Select(window => new WindowForm($"{window.From:HH:mm}", $"{window.To:HH:mm}", Kilobits(window.RateBitsPerSecond)))),
            Kilobits(rules.OtherwiseBitsPerSecond), Megabytes(rules.DayBytes), Megabytes(rules.MonthBytes), rules.Cost, ImmutableDictionary<string, string>.Empty);
    }

    public static LinkForm Read(IFormCollection form)
    {
        int rows = Math.Min(LinkRules.MaxWindows, new[] { form["from"].Count, form["until"].Count, form["rate"].Count }.Max());
        string Row(string name, int place) => place < form[name].Count ? form[name][place]!.Trim() : "";
        return new LinkForm(form["own"] == "yes", Rows(Enumerable.Range(0, rows).Select(place => new WindowForm(Row("from", place), Row("until", place), Row("rate", place)))),
            Text(form, "rest"), Text(form, "day"), Text(form, "month"), Enum.TryParse(form["cost"], ignoreCase: true, out LinkCost cost) && Enum.IsDefined(cost) ? cost : LinkCost.Metered,
            ImmutableDictionary<string, string>.Empty);
    }

    /// <summary>The rules that were typed; where something is wrong, the form with words beside each such field.</summary>
    public (LinkTerms? Terms, LinkForm Form) ToTerms()
    {
        var faults = ImmutableDictionary.CreateBuilder<string, string>();
        var windows = new List<RateWindow>();
        for (int place = 0; place < Windows.Length; place++)
        {
            WindowForm typed = Windows[place];
            if (typed == WindowForm.Empty)
                continue;
            if (!TryTime(typed.From, out TimeOnly from) || !TryTime(typed.To, out TimeOnly to) || from == to)
                faults[FieldOf(place)] = "link.fault.times";
            else if (!TryRate(typed.Rate, out long? rate))
                faults[FieldOf(place)] = "link.fault.rate";
            else
                windows.Add(new RateWindow(from, to, rate));
        }
        if (!TryRate(Rest, out long? rest))
            faults["rest"] = "link.fault.rate";
        if (!TryAmount(Day, out long? day))
            faults["day"] = "link.fault.amount";
        if (!TryAmount(Month, out long? month))
            faults["month"] = "link.fault.amount";
        if (faults.Count > 0)
            return (null, this with { Faults = faults.ToImmutable() });
        return (new LinkTerms(LinkRules.WriteRates(windows, rest), day, month, Cost), this);
    }

    /// <summary>Name of the span of this place among <see cref="Faults"/>.</summary>
    public static string FieldOf(int window) => string.Create(CultureInfo.InvariantCulture, $"window-{window}");

    private static ImmutableArray<WindowForm> Rows(IEnumerable<WindowForm> windows)
    {
        WindowForm[] rows = [.. windows];
        int filled = rows.Count(row => row != WindowForm.Empty);
        int most = Math.Clamp(filled + 1, LeastWindows, LinkRules.MaxWindows);
        return [.. rows.Concat(Enumerable.Repeat(WindowForm.Empty, most)).Take(Math.Max(most, rows.Length))];
    }

    /// <summary>"6:00" and the wide colon of Chinese keyboards are times too.</summary>
    private static bool TryTime(string text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text.Replace('：', ':'), ["HH:mm", "H:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out time);

    private static bool TryRate(string text, out long? bitsPerSecond)
    {
        bitsPerSecond = null;
        if (text.Length == 0)
            return true;
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal kilobits) || kilobits > LinkRules.MaxBitsPerSecond / 1000)
            return false;
        bitsPerSecond = (long)(kilobits * 1000);
        return bitsPerSecond == 0 ? kilobits == 0 : bitsPerSecond >= LinkRules.MinBitsPerSecond;
    }

    private static bool TryAmount(string text, out long? bytes)
    {
        bytes = null;
        if (text.Length == 0)
            return true;
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal megabytes) || megabytes > MaxMegabytes)
            return false;
        bytes = (long)(megabytes * BytesPerMegabyte);
        return true;
    }

    private static string Kilobits(long? bitsPerSecond) => bitsPerSecond is { } bits ? (bits / 1000m).ToString("0.###", CultureInfo.InvariantCulture) : "";

    private static string Megabytes(long? bytes) => bytes is { } some ? (some / BytesPerMegabyte).ToString("0.######", CultureInfo.InvariantCulture) : "";

    private static string Text(IFormCollection form, string name) => form[name].ToString().Trim();
}
