using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>What a lesson has published so far, in our own numbering: the one source of every playlist of the lesson. Entries are only added at the end and never
/// change, so media and discontinuity sequence cannot go back, whatever upstream does and however often a process dies in between (RFC 8216 §6.2.1, §6.2.2).</summary>
public sealed record PlaylistWindow
{
    private PlaylistWindow(TimeSpan target) => Target = target;

    /// <summary>Target duration in whole seconds, fixed when the lesson starts.</summary>
    public TimeSpan Target { get; }

    /// <summary>All entries of the lesson; the one with sequence n stands at index n.</summary>
    public ImmutableArray<Segment> Segments { get; private init; } = [];

    /// <summary>The lesson is over: nothing changes any more.</summary>
    public bool Ended { get; private init; }

    /// <summary>Sequence that the next segment gets.</summary>
    public long Next => Segments.Length;

    public Segment? Last => Segments.IsEmpty ? null : Segments[^1];

    /// <param name="target">Longest duration that a segment may have; rounded up to whole seconds.</param>
    public static PlaylistWindow Start(TimeSpan target)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(target, TimeSpan.Zero);
        return new PlaylistWindow(TimeSpan.FromSeconds(Math.Ceiling(target.TotalSeconds)));
    }

    /// <summary>The window as a journal remembers it.</summary>
    /// <param name="segments">In order of their numbers, from 0 without a hole.</param>
    public static PlaylistWindow Resume(TimeSpan target, ImmutableArray<Segment> segments, bool ended)
    {
        for (int i = 0; i < segments.Length; i++)
            ArgumentOutOfRangeException.ThrowIfNotEqual(segments[i].Sequence, i);
        return Start(target) with { Segments = segments, Ended = ended };
    }

    /// <summary>May a segment of this duration be listed? Rounded it is at most the target duration, and it is over zero (RFC 8216 §4.3.3.1).</summary>
    public bool Takes(TimeSpan duration) =>
        duration > TimeSpan.Zero && Math.Round(duration.TotalSeconds, MidpointRounding.AwayFromZero) <= Target.TotalSeconds;

    /// <summary>Adds a segment at the end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not the <see cref="Next"/> one, or of a duration that <see cref="Takes"/> refuses.</exception>
    /// <exception cref="InvalidOperationException">The lesson has ended.</exception>
    public PlaylistWindow With(Segment segment)
    {
        if (Ended)
            throw new InvalidOperationException("the lesson has ended");
        ArgumentOutOfRangeException.ThrowIfNotEqual(segment.Sequence, Next);
        if (!Takes(segment.Duration))
            throw new ArgumentOutOfRangeException(nameof(segment), segment.Duration, "longer than the target duration, or nothing");
        // Nothing stands before the first one that it could break with.
        Segment entry = segment.Sequence == 0 && segment.Discontinuity ? segment with { Discontinuity = false } : segment;
        return this with { Segments = Segments.Add(entry) };
    }

    /// <summary>Adds <paramref name="source"/>'s entries from <see cref="Next"/> to before <paramref name="until"/> as gaps: this list lacks them for good.</summary>
    public PlaylistWindow WithGaps(PlaylistWindow source, long until) => Ended || until <= Next ? this
        : this with { Segments = Segments.AddRange(source.Segments.Skip((int)Next).Take((int)(until - Next)).Select(segment => segment.AsGap())) };

    /// <summary>Closes the lesson; an outage is no reason to.</summary>
    public PlaylistWindow End() => this with { Ended = true };

    /// <summary>The whole lesson, growing at its end: viewers may rewind to the start.</summary>
    public MediaPlaylist Whole(string? origin = null, bool withHashes = false) => List(0, 0, PlaylistKind.Event, origin, null, withHashes);

    /// <summary>The newest entries that last at least <paramref name="keep"/>, and at least three target durations (RFC 8216 §6.2.2).</summary>
    /// <param name="onlyNewest">As a delta update: leaves out entries further from the end than this, when the list is longer (RFC 8216bis §6.2.5.1).</param>
    /// <param name="canSkip">What delta updates leave in; tells clients that they may ask for one. At least six target durations.</param>
    public MediaPlaylist Newest(TimeSpan keep, string? origin, TimeSpan canSkip, bool onlyNewest, bool withHashes)
    {
        int first = FirstWithin(keep > 3 * Target ? keep : 3 * Target);
        TimeSpan skip = canSkip > 6 * Target ? canSkip : 6 * Target;
        int listed = onlyNewest ? Math.Max(first, FirstWithin(skip)) : first;
        return List(first, listed - first, PlaylistKind.Sliding, origin, skip, withHashes);
    }

    private MediaPlaylist List(int first, int skipped, PlaylistKind kind, string? origin, TimeSpan? skip, bool withHashes) =>
        new(Target, first, Segments.AsSpan()[..first].Count(segment => segment.Discontinuity), kind, Ended, origin, skip, skipped,
            [.. Segments.Skip(first + skipped).Select(segment => ListedSegment.Of(segment, withHashes))]);

    /// <summary>Index of the first of the newest entries that together last at least <paramref name="keep"/>.</summary>
    private int FirstWithin(TimeSpan keep)
    {
        int first = Segments.Length;
        for (TimeSpan length = TimeSpan.Zero; first > 0 && length < keep; first--)
            length += Segments[first - 1].Duration;
        return first;
    }
}

file static class SpanCounting
{
    public static int Count(this ReadOnlySpan<Segment> segments, Predicate<Segment> wanted)
    {
        int count = 0;
        foreach (Segment segment in segments)
        {
            if (wanted(segment))
                count++;
        }
        return count;
    }
}
