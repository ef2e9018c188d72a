namespace Edge.Core.Live;

/// <summary>How fast bytes came of late, while some were asked for. Older ones count less and less.</summary>
/// <param name="Bits">Weighed.</param>
/// <param name="Seconds">Weighed in the same way.</param>
public readonly record struct Throughput(double Bits, double Seconds)
{
    /// <summary>After so much time of fetching, what came before counts half.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromSeconds(3);

    /// <summary>A longer silence is a link that is gone, not one that is slow: it says nothing about how fast it will be when it is back.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(2);

    private const double EnoughSeconds = 1;

    /// <summary>Null: too little was seen.</summary>
    public double? BitsPerSecond => Seconds >= EnoughSeconds ? Bits / Seconds : null;

    /// <summary>Some bytes came.</summary>
    /// <param name="waited">Since the bytes before, or since they were asked for when nothing else was under way.</param>
    public Throughput With(int lengthBytes, TimeSpan waited)
    {
        double seconds = Math.Clamp(waited.TotalSeconds, 0, LongestSilence.TotalSeconds);
        double kept = Math.Pow(0.5, seconds / HalfLife.TotalSeconds);
        return new Throughput(Bits * kept + lengthBytes * 8.0, Seconds * kept + seconds);
    }
}
