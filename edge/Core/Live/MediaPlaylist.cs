using System.Collections.Immutable;
using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>One entry of a media playlist as somebody lists it.</summary>
/// <param name="Sequence">The lister's media sequence number.</param>
/// <param name="Uri">Relative to the playlist's own address, or absolute.</param>
/// <param name="ProgramTime">As listed, or counted on from the nearest earlier entry that has one (RFC 8216 §4.3.2.6); null when none has.</param>
/// <param name="Gap">Listed as not available (RFC 8216bis §4.4.4.7).</param>
/// <param name="LengthBytes">From our own tag EXT-X-EDGE-SEGMENT; null in foreign playlists.</param>
/// <param name="Hash">From our own tag EXT-X-EDGE-SEGMENT; null in foreign playlists.</param>
public sealed record ListedSegment(
    long Sequence,
    string Uri,
    TimeSpan Duration,
    DateTimeOffset? ProgramTime,
    bool Discontinuity,
    bool Gap,
    int? LengthBytes,
    ChunkId? Hash)
{
    public static ListedSegment Of(Segment segment, bool withHash) =>
        new(segment.Sequence, segment.FileName, segment.Duration, segment.ProgramTime, segment.Discontinuity, segment.IsGap,
            withHash && !segment.IsGap ? segment.LengthBytes : null, withHash && !segment.IsGap ? segment.Hash : null);
}

/// <summary>May entries leave the list? (RFC 8216 §4.3.3.5)</summary>
public enum PlaylistKind
{
    /// <summary>A sliding window: the oldest leave.</summary>
    Sliding,

    /// <summary>Entries are only ever added at the end.</summary>
    Event,

    /// <summary>Nothing changes any more.</summary>
    OnDemand,
}

/// <summary>A media playlist (RFC 8216 §4.3.3), reduced to what a restream of MPEG-TS needs.</summary>
/// <param name="TargetDuration">Whole seconds; no entry's rounded duration is longer.</param>
/// <param name="MediaSequence">Number of the first entry, skipped ones included.</param>
/// <param name="Ended">EXT-X-ENDLIST stands in it.</param>
/// <param name="Origin">Our own tag EXT-X-EDGE-ORIGIN: names one numbering. Another origin is another numbering, whatever the numbers say. Null in foreign playlists.</param>
/// <param name="SkipUntil">How far back from its end the lister keeps entries in a delta update; null: it gives none (RFC 8216bis §4.4.3.8).</param>
/// <param name="Skipped">Entries left out of this delta update at its start (RFC 8216bis §4.4.5.2).</param>
public sealed record MediaPlaylist(
    TimeSpan TargetDuration,
    long MediaSequence,
    long DiscontinuitySequence,
    PlaylistKind Kind,
    bool Ended,
    string? Origin,
    TimeSpan? SkipUntil,
    long Skipped,
    ImmutableArray<ListedSegment> Segments)
{
    /// <summary>Number of the first entry that is written out.</summary>
    public long FirstListed => MediaSequence + Skipped;

    /// <summary>Number that the next entry will get.</summary>
    public long Next => FirstListed + Segments.Length;
}

/// <summary>One rendition offered by a multivariant playlist (RFC 8216 §4.3.4.2).</summary>
/// <param name="BitsPerSecond">Its highest rate.</param>
/// <param name="AverageBitsPerSecond">Null: not told.</param>
public sealed record Rendition(string Uri, long BitsPerSecond, string? Codecs, int? Width, int? Height, long? AverageBitsPerSecond = null)
{
    /// <summary>What a link must carry for it.</summary>
    public long Rate => AverageBitsPerSecond ?? BitsPerSecond;
}
