using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>When the source's segments begin on its own clock, so that what was made of them is cut in the same places. One writer; any number of readers.</summary>
public sealed class LadderTimes
{
    /// <summary>As many of the newest are remembered: half an hour of work that lies between what went in and what came out.</summary>
    public const int Kept = 1024;

    // Encoders round a time stamp to their own grid; pictures lie at least three times as far from each other.
    private const long ToleranceTicks = 450;

    private ImmutableArray<(long Sequence, long Time)> _starts = [];

    /// <summary>Segment <paramref name="sequence"/> begins with the picture shown at <paramref name="time"/> (33 bits of a 90 kHz clock).</summary>
    public void Add(long sequence, long time)
    {
        ImmutableArray<(long, long)> starts = _starts.Length == Kept ? _starts.RemoveAt(0) : _starts;
        ImmutableInterlocked.InterlockedExchange(ref _starts, starts.Add((sequence, time)));
    }

    /// <summary>The segment that a picture belongs to.</summary>
    /// <param name="time">When it is shown.</param>
    /// <param name="late">How long after the segment's start that is.</param>
    /// <returns>Null when it comes before all that are known.</returns>
    public long? SequenceOf(long time, out TimeSpan late)
    {
        ImmutableArray<(long Sequence, long Time)> starts = _starts;
        for (int i = starts.Length - 1; i >= 0; i--)
        {
            long step = TsTime.Step(starts[i].Time, time);
            if (step < -ToleranceTicks)
                continue;
            late = TsTime.Span(Math.Max(0, step));
            return starts[i].Sequence;
        }
        late = default;
        return null;
    }

    /// <summary>The cuts of one rung that lies at <paramref name="place"/> in the stream; to be used by one segmenter.</summary>
    public TsCuts Cuts(int place)
    {
        long? current = null;
        return new TsCuts(place, time =>
        {
            if (SequenceOf(time, out _) is not { } sequence || sequence <= current)
                return false;
            current = sequence;
            return true;
        });
    }
}
