namespace Edge.Core.Sync;

/// <summary>How long to wait after failures: full jitter, so that a thousand boxes do not come back in step.</summary>
/// <param name="Failures">Failures in a row; 0 after a success.</param>
public readonly record struct Backoff(int Failures)
{
    private const int MaxDoublings = 30;

    public Backoff Next() => new(Math.Min(Failures + 1, MaxDoublings));

    /// <summary>A wait between zero and <paramref name="first"/> doubled with each failure after the first, at most <paramref name="cap"/>;
    /// none when nothing has failed.</summary>
    /// <param name="draw">Chance, 0 to below 1.</param>
    /// <param name="first">The longest wait after the first failure.</param>
    /// <param name="cap">The longest wait ever.</param>
    public TimeSpan Delay(double draw, TimeSpan first, TimeSpan cap) =>
        Failures == 0 ? TimeSpan.Zero : draw * TimeSpan.FromTicks((long)Math.Min(cap.Ticks, first.Ticks * Math.Pow(2, Failures - 1)));
}
