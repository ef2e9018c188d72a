using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>Why a text is no playlist that we can use: the line, from 1, and a sentence for the log.</summary>
public readonly record struct PlaylistFault(int Line, string Reason)
{
    public override string ToString() => Line > 0 ? $"line {Line}: {Reason}" : Reason;
}

/// <summary>Reads and writes playlists (RFC 8216 and its 2nd edition, draft-pantos-hls-rfc8216bis). Reading takes what encoders really write, within bounds,
/// and never throws; writing keeps to the letter. Tags we do not know are passed over, as the RFC asks (§6.3.1).</summary>
public static class PlaylistText
{
    /// <summary>Longest playlist read. A whole day of 2 s segments is 8 MB.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>Most entries read: a whole day of 1 s segments, rounded up.</summary>
    public const int MaxEntries = 100_000;

    /// <summary>Longest line read; longer ones are a fault.</summary>
    public const int MaxLineBytes = 4096;

    /// <summary>Most renditions read from a multivariant playlist.</summary>
    public const int MaxRenditions = 64;

    /// <summary>Longest name of a numbering (EXT-X-EDGE-ORIGIN); ASCII.</summary>
    public const int MaxOriginLength = 32;

    private static readonly TimeSpan LongestDuration = TimeSpan.FromHours(1);

    /// <summary>Reads a media playlist.</summary>
    /// <returns>False, with the fault, when it is none, is out of bounds, or needs what we do not carry (encryption).</returns>
    public static bool TryRead(ReadOnlySpan<byte> utf8, out MediaPlaylist playlist, out PlaylistFault fault) => TryRead(utf8, null, out playlist, out fault);

    /// <summary>Reads a media playlist that may be a delta update of another.</summary>
    /// <param name="former">What a delta update leaves out goes on here: date, head, and the place within a file (RFC 8216bis §6.2.5.1).</param>
    public static bool TryRead(ReadOnlySpan<byte> utf8, MediaPlaylist? former, out MediaPlaylist playlist, out PlaylistFault fault)
    {
        playlist = null!;
        var reading = new Reading(former);
        if (!Lines(utf8, reading.Take, out fault) || !reading.Finish(out playlist, out fault))
            return false;
        return true;
    }

    /// <summary>Reads a multivariant playlist: its renditions in the order listed.</summary>
    public static bool TryReadRenditions(ReadOnlySpan<byte> utf8, out ImmutableArray<Rendition> renditions, out PlaylistFault fault)
    {
        bool read = TryReadMultivariant(utf8, out MultivariantPlaylist playlist, out fault);
        renditions = playlist.Renditions;
        return read;
    }

    /// <summary>Reads a multivariant playlist.</summary>
    public static bool TryReadMultivariant(ReadOnlySpan<byte> utf8, out MultivariantPlaylist playlist, out PlaylistFault fault)
    {
        var found = ImmutableArray.CreateBuilder<Rendition>();
        var media = ImmutableArray.CreateBuilder<MediaRendition>();
        Rendition? next = null;
        bool whole = Lines(utf8, line =>
        {
            if (Value(line, "#EXT-X-STREAM-INF:") is { } attributes)
            {
                long? bandwidth = Whole(Attribute(attributes, "BANDWIDTH"));
                if (bandwidth is null)
                    return "EXT-X-STREAM-INF without BANDWIDTH";
                (int? width, int? height) = Resolution(Attribute(attributes, "RESOLUTION"));
                next = new Rendition("", bandwidth.Value, Attribute(attributes, "CODECS"), width, height, Whole(Attribute(attributes, "AVERAGE-BANDWIDTH"))) { Audio = Attribute(attributes, "AUDIO") };
            }
            else if (Value(line, "#EXT-X-MEDIA:") is { } beside && Attribute(beside, "TYPE") is { } type && Attribute(beside, "GROUP-ID") is { } group)
            {
                if (media.Count == MaxRenditions)
                    return "too many renditions";
                media.Add(new MediaRendition(type, group, Attribute(beside, "NAME") ?? "", Attribute(beside, "LANGUAGE"), Attribute(beside, "DEFAULT") == "YES", Attribute(beside, "URI")));
            }
            else if (line.Length > 0 && line[0] != '#' && next is not null)
            {
                if (found.Count == MaxRenditions)
                    return "too many renditions";
                found.Add(next with { Uri = line });
                next = null;
            }
            return null;
        }, out fault);
        playlist = new MultivariantPlaylist(found.ToImmutable(), media.ToImmutable());
        if (whole && found.Count == 0)
            fault = new PlaylistFault(0, "no rendition in it");
        return whole && found.Count > 0;
    }

    /// <summary>Writes a media playlist; each entry has its PROGRAM-DATE-TIME where known.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An entry is longer than the target duration or has none: our own bug.</exception>
    public static string Write(MediaPlaylist playlist)
    {
        var text = new StringBuilder(256 + playlist.Segments.Length * 96);
        // RFC 8216bis §8: what older readers must not pass over.
        char version = playlist.Skipped > 0 ? '9' : playlist.Segments.Any(segment => segment.Gap) ? '8' : playlist.Segments.Any(segment => segment.Map is not null) ? '6' : '3';
        text.Append("#EXTM3U\n#EXT-X-VERSION:").Append(version).Append('\n');
        Line(text, "#EXT-X-TARGETDURATION:", (long)playlist.TargetDuration.TotalSeconds);
        Line(text, "#EXT-X-MEDIA-SEQUENCE:", playlist.MediaSequence);
        Line(text, "#EXT-X-DISCONTINUITY-SEQUENCE:", playlist.DiscontinuitySequence);
        if (playlist.Kind == PlaylistKind.Event)
            text.Append("#EXT-X-PLAYLIST-TYPE:EVENT\n");
        else if (playlist.Kind == PlaylistKind.OnDemand)
            text.Append("#EXT-X-PLAYLIST-TYPE:VOD\n");
        if (playlist.Origin is not null)
            text.Append("#EXT-X-EDGE-ORIGIN:").Append(playlist.Origin).Append('\n');
        if (playlist.SkipUntil is { } until)
            text.Append("#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=").Append(Seconds(until)).Append('\n');
        if (playlist.Skipped > 0)
            Line(text, "#EXT-X-SKIP:SKIPPED-SEGMENTS=", playlist.Skipped);
        MediaMap? map = null;
        foreach (ListedSegment segment in playlist.Segments)
        {
            Entry(text, segment, playlist.TargetDuration, map);
            map = segment.Map;
        }
        if (playlist.Ended)
            text.Append("#EXT-X-ENDLIST\n");
        return text.ToString();
    }

    /// <summary>Writes a multivariant playlist (RFC 8216 §4.3.4.2).</summary>
    public static string WriteRenditions(IEnumerable<Rendition> renditions)
    {
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:3\n");
        foreach (Rendition rendition in renditions)
        {
            text.Append("#EXT-X-STREAM-INF:BANDWIDTH=").Append(rendition.BitsPerSecond.ToString(CultureInfo.InvariantCulture));
            if (rendition.AverageBitsPerSecond is { } average)
                text.Append(CultureInfo.InvariantCulture, $",AVERAGE-BANDWIDTH={average}");
            if (rendition.Codecs is not null)
                text.Append(",CODECS=\"").Append(rendition.Codecs).Append('"');
            if (rendition is { Width: { } width, Height: { } height })
                text.Append(CultureInfo.InvariantCulture, $",RESOLUTION={width}x{height}");
            text.Append('\n').Append(rendition.Uri).Append('\n');
        }
        return text.ToString();
    }

    private static void Entry(StringBuilder text, ListedSegment segment, TimeSpan target, MediaMap? former)
    {
        if (!segment.Gap)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(segment.Duration, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Round(segment.Duration.TotalSeconds, MidpointRounding.AwayFromZero), target.TotalSeconds);
        }
        if (segment.Discontinuity)
            text.Append("#EXT-X-DISCONTINUITY\n");
        // Behind each break anew, though it may be the same: players drop what they held.
        if (segment.Map is { } map && (segment.Discontinuity || map != former))
            text.Append("#EXT-X-MAP:URI=\"").Append(map.Uri).Append("\"\n");
        if (segment.ProgramTime is { } time)
            text.Append("#EXT-X-PROGRAM-DATE-TIME:").Append(time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append('\n');
        if (segment.Gap)
            text.Append("#EXT-X-GAP\n");
        if (segment is { LengthBytes: { } length, Hash: { } hash })
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-EDGE-SEGMENT:BYTES={length},SHA256=\"{hash}\"\n");
        text.Append("#EXTINF:").Append(Seconds(segment.Duration)).Append(",\n").Append(segment.Uri).Append('\n');
    }

    // Milliseconds: finer than any player's clock, and the same text each time it is written.
    private static string Seconds(TimeSpan duration) =>
        Math.Max(0.001, duration.TotalSeconds).ToString("0.000", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder text, string tag, long value) =>
        text.Append(tag).Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');

    /// <summary>Gives each line to <paramref name="take"/>, which answers with a fault or null; checks the bounds and the first line.</summary>
    private static bool Lines(ReadOnlySpan<byte> utf8, Func<string, string?> take, out PlaylistFault fault)
    {
        fault = default;
        if (utf8.Length > MaxBytes)
        {
            fault = new PlaylistFault(0, $"longer than {MaxBytes} bytes");
            return false;
        }
        if (utf8.StartsWith("\xEF\xBB\xBF"u8))
            utf8 = utf8[3..];
        int number = 0;
        foreach (Range range in utf8.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = utf8[range].TrimEnd((byte)'\r');
            number++;
            string? reason = line.Length > MaxLineBytes ? $"longer than {MaxLineBytes} bytes"
                : number == 1 && !line.Trim((byte)' ').SequenceEqual("#EXTM3U"u8) ? "a playlist begins with #EXTM3U"
                : take(Encoding.UTF8.GetString(line).Trim());
            if (reason is null)
                continue;
            fault = new PlaylistFault(number, reason);
            return false;
        }
        return true;
    }

    /// <summary>What follows the tag, or null when the line is another.</summary>
    private static string? Value(string line, string tag) => line.StartsWith(tag, StringComparison.Ordinal) ? line[tag.Length..] : null;

    /// <summary>One attribute of an attribute list (RFC 8216 §4.2), without its quotes.</summary>
    private static string? Attribute(string list, string name)
    {
        int at = 0;
        while (at < list.Length)
        {
            int equals = list.IndexOf('=', at);
            if (equals < 0)
                return null;
            bool wanted = list.AsSpan(at, equals - at).Trim().SequenceEqual(name);
            int start = equals + 1;
            int end;
            int next;
            if (start < list.Length && list[start] == '"')
            {
                start++;
                end = list.IndexOf('"', start);
                if (end < 0)
                    return null;
                next = list.IndexOf(',', end);
            }
            else
            {
                next = list.IndexOf(',', start);
                end = next < 0 ? list.Length : next;
            }
            if (wanted)
                return list[start..end];
            if (next < 0)
                return null;
            at = next + 1;
        }
        return null;
    }

    /// <summary>A decimal-integer (RFC 8216 §4.2), within what a long holds with room to count on.</summary>
    private static long? Whole(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value < long.MaxValue / 4 ? value : null;

    private static TimeSpan? Duration(string? text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds) && seconds <= (decimal)LongestDuration.TotalSeconds
            ? new TimeSpan((long)(seconds * TimeSpan.TicksPerSecond)) : null;

    private static (int? Width, int? Height) Resolution(string? text)
    {
        string[] parts = (text ?? "").Split('x', 2);
        return parts.Length == 2 && Whole(parts[0]) is { } width and < 100_000 && Whole(parts[1]) is { } height and < 100_000 ? ((int)width, (int)height) : (null, null);
    }

    /// <summary>ISO 8601; ffmpeg writes the zone without its colon.</summary>
    private static DateTimeOffset? Date(string text)
    {
        if (text.Length is < 10 or > 40)
            return null;
        if (text[^5] is '+' or '-' && text.Contains('T', StringComparison.Ordinal) && !text.AsSpan(text.Length - 4).ContainsAnyExceptInRange('0', '9'))
            text = text[..^2] + ":" + text[^2..];
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset date)
            ? date : null;
    }

    /// <summary>What has been read of a media playlist so far.</summary>
    private sealed class Reading(MediaPlaylist? former)
    {
        private readonly ImmutableArray<ListedSegment>.Builder _entries = ImmutableArray.CreateBuilder<ListedSegment>();
        private TimeSpan? _target;
        private long _mediaSequence;
        private long _discontinuitySequence;
        private PlaylistKind _kind;
        private bool _ended;
        private string? _origin;
        private TimeSpan? _skipUntil;
        private long _skipped;
        private TimeSpan? _duration;
        private DateTimeOffset? _programTime;
        private bool _discontinuity;
        private bool _gap;
        private int? _lengthBytes;
        private ChunkId? _hash;
        private (long? Offset, int LengthBytes)? _range;
        private MediaMap? _map;
        private bool _mapped;
        private int _unmapped;

        public string? Take(string line)
        {
            if (line.Length == 0)
                return null;
            return line[0] == '#' ? Tag(line) : Entry(line);
        }

        public bool Finish(out MediaPlaylist playlist, out PlaylistFault fault)
        {
            playlist = null!;
            fault = default;
            if (_target is not { } target)
            {
                fault = new PlaylistFault(0, "no EXT-X-TARGETDURATION: not a media playlist");
                return false;
            }
            playlist = new MediaPlaylist(target, _mediaSequence, _discontinuitySequence, _kind, _ended, _origin, _skipUntil, _skipped, Numbered());
            return true;
        }

        private string? Tag(string line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string value = colon < 0 ? "" : line[(colon + 1)..].Trim();
            switch (colon < 0 ? line : line[..colon])
            {
                case "#EXT-X-STREAM-INF":
                    return "a multivariant playlist where a media playlist was expected";
                case "#EXT-X-TARGETDURATION":
                    // Some senders write a fraction; up is the safe side.
                    if (Duration(value) is not { } target || target <= TimeSpan.Zero)
                        return "EXT-X-TARGETDURATION is no duration";
                    _target = TimeSpan.FromSeconds(Math.Ceiling(target.TotalSeconds));
                    return null;
                case "#EXT-X-MEDIA-SEQUENCE":
                    return Set(ref _mediaSequence, Whole(value), "EXT-X-MEDIA-SEQUENCE is no number");
                case "#EXT-X-DISCONTINUITY-SEQUENCE":
                    return Set(ref _discontinuitySequence, Whole(value), "EXT-X-DISCONTINUITY-SEQUENCE is no number");
                case "#EXT-X-PLAYLIST-TYPE":
                    _kind = value switch { "EVENT" => PlaylistKind.Event, "VOD" => PlaylistKind.OnDemand, _ => PlaylistKind.Sliding };
                    return null;
                case "#EXT-X-ENDLIST":
                    _ended = true;
                    return null;
                case "#EXT-X-EDGE-ORIGIN":
                    if (value.Length is 0 or > MaxOriginLength || !Ascii.IsValid(value))
                        return "EXT-X-EDGE-ORIGIN is no name";
                    _origin = value;
                    return null;
                case "#EXT-X-SERVER-CONTROL":
                    _skipUntil = Duration(Attribute(value, "CAN-SKIP-UNTIL"));
                    return null;
                case "#EXT-X-SKIP":
                    return _entries.Count > 0 ? "EXT-X-SKIP after an entry"
                        : Set(ref _skipped, Whole(Attribute(value, "SKIPPED-SEGMENTS")), "EXT-X-SKIP without SKIPPED-SEGMENTS");
                case "#EXTINF":
                    _duration = Duration(value.Split(',', 2)[0].Trim());
                    return _duration is null ? "EXTINF is no duration" : null;
                case "#EXT-X-DISCONTINUITY":
                    _discontinuity = true;
                    return null;
                case "#EXT-X-GAP":
                    _gap = true;
                    return null;
                case "#EXT-X-PROGRAM-DATE-TIME":
                    _programTime = Date(value);
                    return _programTime is null ? "EXT-X-PROGRAM-DATE-TIME is no date" : null;
                case "#EXT-X-EDGE-SEGMENT":
                    if (Whole(Attribute(value, "BYTES")) is not ({ } length and > 0 and <= Segment.MaxLengthBytes) || !ChunkId.TryParse(Attribute(value, "SHA256"), out ChunkId hash))
                        return "EXT-X-EDGE-SEGMENT without BYTES and SHA256";
                    (_lengthBytes, _hash) = ((int)length, hash);
                    return null;
                case "#EXT-X-KEY" when Attribute(value, "METHOD") != "NONE":
                    return "encrypted segments are not carried";
                case "#EXT-X-MAP":
                    (_map, _mapped) = (Map(value), true);
                    return _map is null ? "EXT-X-MAP without a sound URI and BYTERANGE" : null;
                case "#EXT-X-BYTERANGE":
                    _range = Range(value);
                    return _range is null ? "EXT-X-BYTERANGE is no range, or too long" : null;
                default:
                    return null;
            }
        }

        private string? Entry(string uri)
        {
            if (_duration is not { } duration)
                return "an address without EXTINF before it";
            if (_entries.Count == MaxEntries)
                return $"more than {MaxEntries} entries";
            PartSpan? range = null;
            if (_range is ({ } offset, { } length))
                range = new PartSpan(offset, length);
            else if (_range is (null, { } rest) && Before is { Range: { } before } && Before.Uri == uri)
                range = new PartSpan(before.End, rest);
            else if (_range is not null)
                return "a byte range that goes on where none was";
            // Numbers follow when the whole head is known: tags may come in any order.
            _entries.Add(new ListedSegment(0, uri, duration, _programTime, _discontinuity, _gap, _lengthBytes, _hash) { Range = range, Map = _map });
            if (!_mapped)
                _unmapped = _entries.Count;
            (_duration, _programTime, _discontinuity, _gap, _lengthBytes, _hash, _range) = (null, null, false, false, null, null, null);
            return null;
        }

        /// <summary>The entry before the one being read; before the first of a delta update it is the one that was left out last.</summary>
        private ListedSegment? Before => _entries.Count > 0 ? _entries[^1] : LeftOut;

        private ListedSegment? LeftOut => _skipped > 0 && former is not null && _mediaSequence + _skipped - 1 - former.FirstListed is >= 0 and var place && place < former.Segments.Length
            ? former.Segments[(int)place] : null;

        /// <summary>A range within a file: n, and where it begins if that is not behind the one before.</summary>
        private static (long? Offset, int LengthBytes)? Range(string text)
        {
            string[] parts = text.Split('@', 2);
            return Whole(parts[0]) is { } length and > 0 and <= Segment.MaxLengthBytes && (parts.Length == 1 || Whole(parts[1]) is not null)
                ? (parts.Length == 1 ? null : Whole(parts[1]), (int)length) : null;
        }

        private static MediaMap? Map(string attributes)
        {
            if (Attribute(attributes, "URI") is not { Length: > 0 } uri)
                return null;
            if (Attribute(attributes, "BYTERANGE") is not { } text)
                return new MediaMap(uri);
            return Range(text) is (var offset, { } length) ? new MediaMap(uri, new PartSpan(offset ?? 0, length)) : null;
        }

        private ImmutableArray<ListedSegment> Numbered()
        {
            DateTimeOffset? reckoned = LeftOut is { ProgramTime: { } last } leftOut && last < LastDate ? last + leftOut.Duration : null;
            for (int i = 0; i < _entries.Count; i++)
            {
                ListedSegment entry = i < _unmapped && LeftOut is not null ? _entries[i] with { Map = LeftOut.Map } : _entries[i];
                DateTimeOffset? time = entry.ProgramTime ?? (entry.Discontinuity ? null : reckoned);
                _entries[i] = entry with { Sequence = _mediaSequence + _skipped + i, ProgramTime = time };
                reckoned = time is { } start && start < LastDate ? start + entry.Duration : null;
            }
            return _entries.ToImmutable();
        }

        private static readonly DateTimeOffset LastDate = DateTimeOffset.MaxValue - TimeSpan.FromDays(1);

        private static string? Set(ref long field, long? value, string reason)
        {
            if (value is null)
                return reason;
            field = value.Value;
            return null;
        }
    }
}
