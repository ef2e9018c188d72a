namespace Edge.Core.Live;

/// <summary>Where a segment lies on its sender's own media clock: tells whether the next one of a list that does not mark its breaks follows on.</summary>
/// <param name="Length">As its samples say; null: it does not tell.</param>
/// <param name="Turn">After so long the clock begins anew; null: never.</param>
public readonly record struct MediaStart(TimeSpan Time, TimeSpan? Length, TimeSpan? Turn)
{
    /// <summary>Durations in lists are rounded, and the first picture shown is not the first sent.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan TurnOfTransportStream = TimeSpan.FromSeconds((1L << 33) / 90_000.0);

    /// <param name="head">Of fragmented MP4; null: a transport stream.</param>
    /// <returns>Null when it does not tell.</returns>
    public static MediaStart? Of(ReadOnlySpan<byte> segment, Mp4Head? head)
    {
        if (head is not null)
            return Mp4Fragment.Read(segment, head, out Mp4Fragment fragment) == SegmentFault.None ? new MediaStart(fragment.Start, fragment.Length, null) : null;
        return TsSegmentHead.Read(segment) is { } read ? new MediaStart(TimeSpan.FromSeconds(read.StartTime / 90_000.0), null, TurnOfTransportStream) : null;
    }

    /// <summary>Does <paramref name="next"/> follow on behind this one?</summary>
    /// <param name="listed">Duration of this one as the list has it.</param>
    public bool Leads(TimeSpan listed, MediaStart next)
    {
        TimeSpan step = next.Time - Time - (Length ?? listed);
        if (Turn is { } turn)
            step -= turn * Math.Round(step / turn);
        return step.Duration() <= Tolerance;
    }
}
