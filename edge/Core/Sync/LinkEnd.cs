namespace Edge.Core.Sync;

/// <summary>How a box's connection came to its end.</summary>
public enum LinkEnd
{
    /// <summary>It was never answered, or the link fell silent: the trouble is between us.</summary>
    Silent,
    /// <summary>The other end closed a connection that stood: perhaps all boxes' at once.</summary>
    Closed,
    /// <summary>Somebody else connected under this box's name: a copy of its card. To and fro, each would pay a handshake a second.</summary>
    TakenOver,
}

/// <summary>When a box dials again.</summary>
public static class Redial
{
    /// <param name="end">How it ended.</param>
    /// <param name="backoff">Failures in a row.</param>
    /// <param name="spread">As the relay asked last (<see cref="LinkPace.SpreadSeconds"/>).</param>
    /// <param name="draw">Chance, 0 to below 1.</param>
    /// <param name="first">Longest wait after the first failure.</param>
    /// <param name="cap">Longest wait of the backoff.</param>
    public static TimeSpan After(LinkEnd end, Backoff backoff, TimeSpan spread, double draw, TimeSpan first, TimeSpan cap) => end switch
    {
        LinkEnd.TakenOver => cap * (0.5 + draw / 2),
        LinkEnd.Closed when spread > first => draw * spread,
        _ => backoff.Delay(draw, first, cap),
    };
}
