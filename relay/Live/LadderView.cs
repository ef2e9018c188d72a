using System.Collections.Immutable;
using Edge.Core.Live;

namespace Relay.Live;

/// <summary>A lesson's rungs as its multivariant playlist lists them.</summary>
internal static class LadderView
{
    /// <summary>Rates are those of so many newest segments: about a minute.</summary>
    private const int Newest = 30;

    /// <summary>The source first, then the others, the best first; those without a segment are left out.</summary>
    public static ImmutableArray<Rendition> Of(PlaylistWindow source, ImmutableSortedDictionary<string, PlaylistWindow> rungs) =>
    [
        Rendition("index.m3u8", source),
        .. rungs.Where(rung => rung.Value.Segments.Any(segment => !segment.IsGap)).Select(rung => Rendition($"{rung.Key}/index.m3u8", rung.Value)).OrderByDescending(rendition => rendition.Rate),
    ];

    private static Rendition Rendition(string uri, PlaylistWindow window)
    {
        Segment[] newest = [.. window.Segments.Reverse().Where(segment => !segment.IsGap).Take(Newest)];
        double seconds = newest.Sum(segment => segment.Duration.TotalSeconds);
        // Of what is shorter than a second the rate says little.
        double highest = newest.Max(segment => segment.LengthBytes * 8 / Math.Max(1, segment.Duration.TotalSeconds));
        return new Rendition(uri, (long)Math.Ceiling(highest), null, null, null, Math.Max(1, (long)(newest.Sum(segment => (long)segment.LengthBytes) * 8 / Math.Max(1, seconds))));
    }
}
