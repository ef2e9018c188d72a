namespace Edge.Core.Sync;

/// <summary>Why packs get nothing of the link now.</summary>
public enum LinkHold
{
    None,
    /// <summary>A live lesson needs the link.</summary>
    Live,
    /// <summary>At this time of day the rate for packs is 0.</summary>
    Window,
    /// <summary>The day's bytes are used up.</summary>
    DayCap,
    /// <summary>The month's bytes are used up.</summary>
    MonthCap,
    /// <summary>The link is expensive, and this pack is not due at any time.</summary>
    Expensive,
}

/// <summary>What a pack may have of the link at one moment.</summary>
/// <param name="Hold">Nothing, for this reason.</param>
/// <param name="RateBitsPerSecond">Null is the full rate.</param>
/// <param name="LeftBytes">Until a cap is reached; null: no cap.</param>
public readonly record struct LinkGrant(LinkHold Hold, long? RateBitsPerSecond, long? LeftBytes);

/// <summary>How packs share the link: live goes before them, then come windows, caps and rates.</summary>
public static class LinkShare
{
    /// <summary>Heads of request and answer, and their packets' heads.</summary>
    private const int RequestBytes = 1_200;

    /// <summary>Smallest room of the bucket: one small piece, heads included. A lower rate is kept by waiting longer.</summary>
    private const int LeastBurstBytes = 24 << 10;

    /// <summary>Bytes on the wire, up and down, for a request with a body of so many: 5 % for heads of TCP/IP and TLS.</summary>
    public static long WireBytes(long bodyBytes) => bodyBytes + bodyBytes / 20 + RequestBytes;

    /// <summary>Longest body whose wire bytes are within <paramref name="wireBytes"/>; 0 when none is.</summary>
    public static long BodyBytes(long wireBytes) => wireBytes <= RequestBytes ? 0 : (wireBytes - RequestBytes) / 21 * 20 + Math.Min(19, (wireBytes - RequestBytes) % 21);

    /// <param name="rules">In force.</param>
    /// <param name="local">The school's local time; null: no clock to be trusted.</param>
    /// <param name="use">Up to date.</param>
    /// <param name="live">A live lesson needs the link.</param>
    /// <param name="due">The pack is due at some time.</param>
    public static LinkGrant For(LinkRules rules, DateTime? local, LinkUse use, bool live, bool due)
    {
        long? rate = rules.RateAt(local is { } time ? TimeOnly.FromDateTime(time) : null);
        long? day = rules.Cap(rules.DayBytes) - use.DayBytes;
        long? month = rules.Cap(rules.MonthBytes) - use.MonthBytes;
        LinkHold hold =
            live ? LinkHold.Live
            : rules.Cost == LinkCost.Expensive && !due ? LinkHold.Expensive
            : month <= 0 ? LinkHold.MonthCap
            : day <= 0 ? LinkHold.DayCap
            : rate == 0 ? LinkHold.Window
            : LinkHold.None;
        return new LinkGrant(hold, rate, (day, month) switch { (null, _) => month, (_, null) => day, _ => Math.Min(day.Value, month.Value) });
    }

    /// <summary>Room of the bucket at a rate: two seconds of it, so that one piece is on its way while the next is asked for.</summary>
    public static double BurstBytes(long rateBitsPerSecond) => Math.Max(LeastBurstBytes, rateBitsPerSecond / 8.0 * 2);
}

/// <summary>A bucket that fills at a rate: over any span no more is taken than the rate gives in it and one bucketful.</summary>
/// <param name="Bytes">In it.</param>
/// <param name="At">When that was, by the monotonic clock.</param>
public readonly record struct TokenBucket(double Bytes, TimeSpan At)
{
    /// <summary>What it holds at <paramref name="now"/>. When the rate changes, no more stays in it than it holds at the new one.</summary>
    public TokenBucket Filled(TimeSpan now, long rateBitsPerSecond) =>
        new(Math.Min(LinkShare.BurstBytes(rateBitsPerSecond), Bytes + (now - At).TotalSeconds * rateBitsPerSecond / 8), now);

    public TokenBucket Take(double bytes) => this with { Bytes = Bytes - bytes };

    /// <summary>Until it holds so many.</summary>
    public TimeSpan WaitFor(double bytes, long rateBitsPerSecond) => TimeSpan.FromSeconds(Math.Max(0, (bytes - Bytes) * 8 / rateBitsPerSecond));
}
