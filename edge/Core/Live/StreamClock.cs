namespace Edge.Core.Live;

/// <summary>Reads a stream's clock against ours, by what came with the least delay lately: what is late tells of the network, not of the clock.</summary>
public sealed class StreamClock
{
    /// <summary>Older arrivals are forgotten: the two clocks drift.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    private readonly Queue<(long Time, TimeSpan Arrived)> _arrivals = [];

    /// <summary>Something of the stream's time <paramref name="time"/> (33 bits of 90 kHz) came.</summary>
    /// <param name="arrived">By our clock, which never goes back.</param>
    public void Add(long time, TimeSpan arrived)
    {
        _arrivals.Enqueue((time, arrived));
        while (arrived - _arrivals.Peek().Arrived > Kept)
            _arrivals.Dequeue();
    }

    /// <summary>Forgets all: the stream begins anew.</summary>
    public void Clear() => _arrivals.Clear();

    /// <summary>The stream's time that comes at <paramref name="now"/> with the least delay; null: nothing came.</summary>
    public long? At(TimeSpan now)
    {
        long? best = null;
        foreach ((long time, TimeSpan arrived) in _arrivals)
        {
            long there = TsTime.Add(time, TsTime.Ticks(now - arrived));
            if (best is not { } before || TsTime.Step(before, there) > 0)
                best = there;
        }
        return best;
    }
}
