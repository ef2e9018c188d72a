namespace Edge.Core.Live;

/// <summary>How fast bytes came of late, while some were asked for. Older ones count less and less; the slower of a short and a long memory counts, so that a link that
/// grows thin is seen within seconds and one that was wide for a moment is not trusted.</summary>
public readonly record struct Throughput
{
    /// <summary>After so much time of fetching, what came before counts half.</summary>
    public static readonly TimeSpan ShortHalfLife = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongHalfLife = TimeSpan.FromSeconds(4);

    /// <summary>A longer silence is a link that is gone, not one that is slow: it says nothing about how fast it will be when it is back.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(1.5);

    private const double EnoughSeconds = 1;

    private Memory Short { get; init; }

    private Memory Long { get; init; }

    /// <summary>Null: too little was seen.</summary>
    public double? BitsPerSecond => Long.Seconds >= EnoughSeconds ? Math.Min(Short.Bits / Short.Seconds, Long.Bits / Long.Seconds) : null;

    /// <summary>Some bytes came.</summary>
    /// <param name="waited">Since the bytes before, or since they were asked for when nothing else was under way.</param>
    public Throughput With(int lengthBytes, TimeSpan waited)
    {
        double seconds = waited > LongestSilence ? 0 : Math.Max(0, waited.TotalSeconds);
        return new Throughput { Short = Short.With(lengthBytes, seconds, ShortHalfLife), Long = Long.With(lengthBytes, seconds, LongHalfLife) };
    }

    private readonly record struct Memory(double Bits, double Seconds)
    {
        public Memory With(int lengthBytes, double seconds, TimeSpan halfLife)
        {
            double kept = Math.Pow(0.5, seconds / halfLife.TotalSeconds);
            return new Memory(Bits * kept + lengthBytes * 8.0, Seconds * kept + seconds);
        }
    }
}
