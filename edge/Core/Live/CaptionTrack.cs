using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>A caption as a box holds it.</summary>
/// <param name="From">Second up to which captions had been listed when it came: what is listed never changes, so it shows from there on at the earliest.</param>
public sealed record HeldCaption(Caption Caption, TimeSpan From)
{
    /// <summary>When players show it: at its second; one that came late as soon as it can, for as long as it was meant.</summary>
    public TimeSpan Start => Caption.Start > From ? Caption.Start : From;

    public TimeSpan End => Start + (Caption.End - Caption.Start);
}

/// <summary>How captions become segments beside the pictures' (RFC 8216 §3.5): the same numbers, cuts and discontinuities.</summary>
public static class CaptionTrack
{
    /// <summary>The list of captions ends so much before that of the pictures while a lesson runs: a captioner is a few seconds late, and players are 6 s behind the newest picture.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromSeconds(4);

    /// <summary>The segments that captions are listed for.</summary>
    public static ImmutableArray<Segment> Listed(PlaylistWindow window)
    {
        if (window.Ended || window.Last is not { } last)
            return window.Segments;
        int count = window.Segments.Length;
        while (count > 0 && window.Segments[count - 1].ProgramEnd > last.ProgramEnd - Hold)
            count--;
        return window.Segments[..count];
    }

    /// <summary>Cues to be shown while a segment plays: all that were here before it was listed, and no others, so its bytes never change.</summary>
    public static IEnumerable<WebVttCue> Cues(IEnumerable<HeldCaption> captions, string language, TimeSpan start, TimeSpan length) =>
        captions.Where(held => held.Caption.Language == language && held.From <= start && held.Start < start + length && held.End > start)
            .Select(held => new WebVttCue(held.Start, held.End, held.Caption.Text));
}
