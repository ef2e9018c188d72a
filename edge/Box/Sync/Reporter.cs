using Edge.Core.Feedback;
using Edge.Core.Sync;

namespace Edge.Box.Sync;

/// <summary>Decides when a status report is due and makes it.</summary>
internal sealed class Reporter(LinkPorts ports, LinkState state, SyncOptions options, TimeProvider time, long start)
{
    private readonly long _started = time.GetTimestamp();
    private StatusFacts? _told;
    private long _toldAt;

    /// <summary>The next connection begins with a report.</summary>
    public void Reset() => _told = null;

    /// <summary>The report to send now, or null when nothing worth it changed.</summary>
    public StatusReport? Due(Outbox outbox)
    {
        TimeSpan since = time.GetElapsedTime(_toldAt);
        if (_told is not null && since < options.StatusInterval)
            return null;
        StatusFacts facts = ports.Facts();
        if (_told is not null && since < options.StatusRefresh && IsSame(facts, _told))
            return null;
        _told = facts;
        _toldAt = time.GetTimestamp();
        return new StatusReport(StatusReport.CounterOf(outbox.Epoch, start, state.NextReport()), ports.Software, time.GetElapsedTime(_started),
            facts.Packs, facts.LiveLessons, outbox.Unsent, facts.FreeBytes, facts.Lists);
    }

    private static bool IsSame(StatusFacts now, StatusFacts told) =>
        now.Packs.SequenceEqual(told.Packs) && now.LiveLessons.SequenceEqual(told.LiveLessons) && now.Lists == told.Lists;

}
