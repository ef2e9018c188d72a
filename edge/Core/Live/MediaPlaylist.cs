using System.Collections.Immutable;
using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>A part of what lies under an address (RFC 8216 §4.3.2.2).</summary>
public readonly record struct PartSpan(long Offset, int LengthBytes)
{
    public long End => Offset + LengthBytes;
}

/// <summary>Where the head of fragmented MP4 segments lies (RFC 8216 §4.3.2.5).</summary>
/// <param name="Range">Null: all that is there.</param>
public sealed record MediaMap(string Uri, PartSpan? Range = null);

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
    /// <summary>It is a part of what lies under its address; null: all of it.</summary>
    public PartSpan? Range { get; init; }

    /// <summary>Its head, when it is fragmented MP4; null: a transport stream.</summary>
    public MediaMap? Map { get; init; }

    /// <summary>How long it is, if the list tells.</summary>
    public int? ToldBytes => LengthBytes ?? Range?.LengthBytes;

    public static ListedSegment Of(Segment segment, bool withHash) =>
        new(segment.Sequence, segment.FileName, segment.Duration, segment.ProgramTime, segment.Discontinuity, segment.IsGap,
            withHash && !segment.IsGap ? segment.LengthBytes : null, withHash && !segment.IsGap ? segment.Hash : null)
        {
            Map = segment.MapName is { } map ? new MediaMap(map) : null,
        };
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

/// <summary>A media playlist (RFC 8216 §4.3.3), reduced to what a restream needs.</summary>
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
    /// <summary>Group of the sound that goes with it; null: its sound is in its own segments.</summary>
    public string? Audio { get; init; }

    /// <summary>What a link must carry for it.</summary>
    public long Rate => AverageBitsPerSecond ?? BitsPerSecond;
}

/// <summary>What goes beside the pictures of a multivariant playlist (RFC 8216 §4.3.4.1).</summary>
/// <param name="Type">AUDIO, SUBTITLES or another; of captions within the segments nothing is to be fetched.</param>
/// <param name="Language">BCP 47; null: not told.</param>
/// <param name="Uri">Its media playlist; null: it is in the segments of the pictures.</param>
public sealed record MediaRendition(string Type, string Group, string Name, string? Language, bool Default, string? Uri);

/// <summary>A multivariant playlist.</summary>
public sealed record MultivariantPlaylist(ImmutableArray<Rendition> Renditions, ImmutableArray<MediaRendition> Media)
{
    /// <summary>How codecs of pictures begin (RFC 6381).</summary>
    private static readonly ImmutableArray<string> Pictures = ["avc", "hvc", "hev", "dvh", "dva", "vp0", "av01", "mp4v"];

    /// <summary>The renditions that a class can be shown, the best first. One without pictures freezes players that come to it from one with, so it is never among others; one whose sound lies in a list
    /// of its own only where there is no other.</summary>
    public ImmutableArray<Rendition> Rungs()
    {
        bool sizesTold = Renditions.Any(rendition => rendition.Width is not null);
        ImmutableArray<Rendition> seen = [.. Renditions.Where(rendition => rendition.Codecs is { } codecs ? codecs.Split(',').Any(IsPicture) : rendition.Width is not null || !sizesTold)];
        ImmutableArray<Rendition> heard = [.. seen.Where(rendition => !HasSoundElsewhere(rendition))];
        return [.. (heard.IsEmpty ? seen : heard).OrderByDescending(rendition => rendition.Rate).DistinctBy(rendition => rendition.Uri)];
    }

    /// <summary>Is all its sound in lists of its own? Where one of a group has no address, it is in the segments.</summary>
    public bool HasSoundElsewhere(Rendition rendition) =>
        rendition.Audio is { } group && Media.Any(media => IsSound(media, group)) && !Media.Any(media => IsSound(media, group) && media.Uri is null);

    private static bool IsSound(MediaRendition media, string group) => media.Type == "AUDIO" && media.Group == group;

    private static bool IsPicture(string codec)
    {
        string name = codec.Trim();
        return Pictures.Any(start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase));
    }
}
