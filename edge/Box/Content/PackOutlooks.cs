using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Sync;

namespace Edge.Box.Content;

/// <summary>What is shown, on its way, or waits, with a forecast for all that is not whole. For the status page, the panel's code and the report to the relay.</summary>
public sealed class PackOutlooks(ListStore lists, PackLibrary library, Transfer transfer, LinkGate gate, TimeProvider time)
{
    /// <summary>A forecast goes days ahead: it need not be made at each question.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

    /// <summary>Ready times are told to the quarter of an hour, upward: a report is worth sending when one moves that far.</summary>
    private static readonly TimeSpan Grain = TimeSpan.FromMinutes(15);

    /// <summary>Most packs that a forecast is made for.</summary>
    private const int MostPending = 40;

    private Made? _made;

    public ImmutableArray<PackReport> Reports
    {
        get
        {
            if (_made is not { } made || time.GetElapsedTime(made.At) >= Life)
                _made = made = new Made(Outlooks(), time.GetTimestamp());
            ImmutableDictionary<(string, long), PackReport> outlooks = made.Pending;
            ImmutableArray<PackReport> told = library.Reports;
            return
            [
                .. told.Select(report => report.State == PackHolding.Fetching && outlooks.TryGetValue((report.Pack, report.Version), out PackReport? pending) ? report with { Outlook = pending.Outlook } : report),
                .. outlooks.Values.Where(pending => !told.Any(report => report.Pack == pending.Pack && report.Version == pending.Version)).OrderBy(pending => pending.Pack, StringComparer.Ordinal),
            ];
        }
    }

    private ImmutableDictionary<(string, long), PackReport> Outlooks()
    {
        if (lists.Current is not { Catalogue: { } catalogue, Plan: { } plan })
            return ImmutableDictionary<(string, long), PackReport>.Empty;
        ImmutableArray<PackReport> told = library.Reports;
        PackReport[] pending = [.. library.NotShown(FetchPlan.Goals(plan, catalogue)).Take(MostPending).Select(goal =>
            told.FirstOrDefault(report => report.Pack == goal.Pack && report.Version == goal.Version)
            ?? new PackReport(goal.Pack, goal.Version, PackHolding.Fetching, 0, catalogue.Find(goal.Pack, goal.Version)?.LengthBytes ?? 0))];
        Dictionary<(string, long), DateTimeOffset?> due = plan.Packs.DistinctBy(pack => (pack.Pack, pack.Version)).ToDictionary(pack => (pack.Pack, pack.Version), pack => pack.Due);
        ImmutableArray<PackForecast> forecasts = Forecast.For(
            [.. pending.Select(report => new PendingPack(report.Pack, report.Version, due.GetValueOrDefault((report.Pack, report.Version)), report.TotalBytes - report.HaveBytes))],
            transfer.BytesPerSecond, gate.Rules, gate.Use, gate.LocalNow);
        return pending.Zip(forecasts).ToImmutableDictionary(pair => (pair.First.Pack, pair.First.Version),
            pair => pair.First with { Outlook = new PackOutlook(pair.Second.Word, pair.Second.Due, pair.Second.Ready is { } ready ? Upward(ready) : null) });
    }

    private static DateTimeOffset Upward(DateTimeOffset at) => at.AddTicks(Grain.Ticks - 1 - (at.Ticks + Grain.Ticks - 1) % Grain.Ticks);

    private sealed record Made(ImmutableDictionary<(string, long), PackReport> Pending, long At);
}
