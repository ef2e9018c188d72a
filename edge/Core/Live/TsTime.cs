namespace Edge.Core.Live;

/// <summary>Times of a transport stream: 33 bits of a 90 kHz clock (ISO/IEC 13818-1 §2.4.3.7).</summary>
public static class TsTime
{
    public const long Hertz = 90_000;

    private const long Mask = (1L << 33) - 1;

    /// <summary>From one time to another the short way round, in ticks of that clock; negative: back.</summary>
    public static long Step(long from, long to) => (to - from) << 31 >> 31;

    /// <summary>A time so many ticks later.</summary>
    public static long Add(long time, long ticks) => (time + ticks) & Mask;

    public static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Hertz);

    public static TimeSpan Span(long ticks) => TimeSpan.FromTicks(ticks * TimeSpan.TicksPerSecond / Hertz);
}
