using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>Seconds of a lesson. Second 0 is the program time of its first segment; the sender's clock counts on from there, also through outages of the encoder.
/// So a second means the same moment at every school, in the recording and in the console, whatever any box's clock says.</summary>
public static class LessonTimeline
{
    /// <summary>How far the lesson has come.</summary>
    public static TimeSpan Edge(ImmutableArray<Segment> segments) =>
        segments.IsDefaultOrEmpty ? TimeSpan.Zero : segments[^1].ProgramEnd - segments[0].ProgramTime;

    /// <summary>The second at which <paramref name="segment"/> begins.</summary>
    public static TimeSpan SecondOf(ImmutableArray<Segment> segments, Segment segment) => segment.ProgramTime - segments[0].ProgramTime;

    /// <summary>From a player's position (media time from the start of the whole playlist) to the second of the lesson. Past the end it stays at the edge.</summary>
    public static TimeSpan SecondAt(ImmutableArray<Segment> segments, TimeSpan position)
    {
        TimeSpan start = TimeSpan.Zero;
        foreach (Segment segment in segments)
        {
            if (position < start + segment.Duration)
                return SecondOf(segments, segment) + (position > start ? position - start : TimeSpan.Zero);
            start += segment.Duration;
        }
        return Edge(segments);
    }

    /// <summary>The segment that shows <paramref name="second"/>; in a hole the one after it; null past the edge.</summary>
    public static Segment? At(ImmutableArray<Segment> segments, TimeSpan second)
    {
        foreach (Segment segment in segments)
        {
            if (second < segment.ProgramEnd - segments[0].ProgramTime)
                return segment;
        }
        return null;
    }
}
