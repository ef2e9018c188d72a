using System.Globalization;
using System.Text;

namespace TestKit.Live;

/// <summary>Reads every version of one media playlist as it is served, and says what a strict player could hold against it (RFC 8216 and its 2nd edition; paragraphs stand in the messages).
/// Reads the text by itself: a mistake of the product's own reader must not hide one of its writer.</summary>
public sealed class PlaylistChecker
{
    /// <summary>As many violations are kept.</summary>
    private const int MaxViolations = 100;

    private readonly Dictionary<long, Entry> _known = [];
    private readonly List<string> _violations = [];
    private long _mediaSequence = -1;
    private long _discontinuitySequence;
    private long _last = -1;
    private string? _target;
    private string? _ended;
    private string _kind = "";

    public IReadOnlyList<string> Violations => _violations;

    /// <summary>Lists taken in.</summary>
    public int Lists { get; private set; }

    /// <summary>Takes the next version in, in the order in which one client got them.</summary>
    public void Take(string text)
    {
        Lists++;
        string[] lines = text.Split('\n');
        if (lines[0] != "#EXTM3U")
            Violation("the first line is #EXTM3U (§4.3.1.1)");
        if (_ended is not null && _ended != text)
            Violation("after EXT-X-ENDLIST nothing changes (§6.2.1)");
        long media = Whole(lines, "#EXT-X-MEDIA-SEQUENCE:");
        long discontinuity = Whole(lines, "#EXT-X-DISCONTINUITY-SEQUENCE:");
        long skipped = Whole(lines, "#EXT-X-SKIP:SKIPPED-SEGMENTS=");
        string? target = Value(lines, "#EXT-X-TARGETDURATION:");
        string kind = Value(lines, "#EXT-X-PLAYLIST-TYPE:") ?? "";
        if (target is null)
            Violation("EXT-X-TARGETDURATION is required (§4.3.3.1)");
        else if (_target is not null && target != _target)
            Violation($"EXT-X-TARGETDURATION was {_target} and is {target} (§6.2.1)");
        if (_kind != kind && Lists > 1)
            Violation("EXT-X-PLAYLIST-TYPE changed (§6.2.1)");
        if (media < _mediaSequence)
            Violation($"EXT-X-MEDIA-SEQUENCE went back from {_mediaSequence} to {media} (§6.2.2)");
        if (discontinuity < _discontinuitySequence)
            Violation($"EXT-X-DISCONTINUITY-SEQUENCE went back from {_discontinuitySequence} to {discontinuity} (§6.2.2)");
        if (kind.Length > 0 && _mediaSequence >= 0 && media != _mediaSequence)
            Violation("entries left a list that only grows (§4.3.3.5)");

        List<Entry> entries = Entries(lines, target, media + skipped);
        bool uncounted = false;
        for (long left = Math.Max(0, _mediaSequence); left < media; left++)
        {
            if (!_known.TryGetValue(left, out Entry? gone))
                uncounted = true; // it came and left between two looks
            else if (gone.Discontinuity)
                _discontinuitySequence++;
        }
        if (_mediaSequence >= 0 && !uncounted && discontinuity != _discontinuitySequence)
            Violation($"EXT-X-DISCONTINUITY-SEQUENCE is {discontinuity}, but {_discontinuitySequence} left the list (§6.2.2)");
        for (int i = 0; i < entries.Count; i++)
        {
            long number = media + skipped + i;
            if (_known.TryGetValue(number, out Entry? before) && before != entries[i])
                Violation($"entry {number} was {before} and is {entries[i]} (§6.2.1)");
            else if (before is null && number <= _last)
                Violation($"entry {number} appeared before the end of the list (§6.2.1)");
            _known[number] = entries[i];
        }
        long last = media + skipped + entries.Count - 1;
        if (last < _last)
            Violation($"the list ended with {_last} and ends with {last} (§6.2.1)");
        if (skipped > 0 && media + skipped > _last + 1)
            Violation("a delta update leaves out what its reader never had (8216bis §6.2.5.1)");
        bool ended = lines.Contains("#EXT-X-ENDLIST");
        if (ended && lines.Last(line => line.Length > 0) != "#EXT-X-ENDLIST")
            Violation("something follows EXT-X-ENDLIST");
        if (!ended && _ended is not null)
            Violation("EXT-X-ENDLIST was taken back (§6.2.1)");
        (_mediaSequence, _discontinuitySequence, _last, _target, _kind) = (media, discontinuity, Math.Max(last, _last), target ?? _target, kind);
        if (ended)
            _ended ??= text;
    }

    /// <summary>What is wrong with a multivariant playlist's renditions.</summary>
    public static IReadOnlyList<string> Multivariant(string text)
    {
        var violations = new List<string>();
        var names = new HashSet<(string, string)>();
        var groups = new HashSet<string>();
        string[] lines = text.Split('\n');
        if (lines[0] != "#EXTM3U")
            violations.Add("the first line is #EXTM3U (§4.3.1.1)");
        foreach (string line in lines.Where(line => line.StartsWith("#EXT-X-MEDIA:", StringComparison.Ordinal)))
        {
            string? Of(string name) => System.Text.RegularExpressions.Regex.Match(line, $"[:,]{name}=\"?([^\",]*)") is { Success: true } match ? match.Groups[1].Value : null;
            if (Of("TYPE") is not ("AUDIO" or "SUBTITLES") || Of("GROUP-ID") is not { Length: > 0 } group || Of("NAME") is not { Length: > 0 } name)
            {
                violations.Add($"{line}: TYPE, GROUP-ID and NAME are required (§4.3.4.1)");
                continue;
            }
            if (!names.Add((group, name)))
                violations.Add($"{line}: a group has each name once (§4.3.4.1.1)");
            if (Of("TYPE") == "SUBTITLES" && Of("URI") is null)
                violations.Add($"{line}: subtitles have a URI (§4.3.4.1)");
            if (Of("DEFAULT") == "YES" && Of("AUTOSELECT") != "YES")
                violations.Add($"{line}: what is default is selected by itself (§4.3.4.1)");
            groups.Add($"{Of("TYPE")}=\"{group}\"");
        }
        foreach (string stream in lines.Where(line => line.StartsWith("#EXT-X-STREAM-INF:", StringComparison.Ordinal)))
            violations.AddRange(groups.Where(group => !stream.Contains(group, StringComparison.Ordinal)).Select(group => $"{stream}: it lacks {group} (§4.3.4.2)"));
        return violations;
    }

    /// <summary>What is wrong with a segment of captions beside pictures that begin at a time stamp.</summary>
    public static IReadOnlyList<string> Captions(string text, long timeStamp)
    {
        var violations = new List<string>();
        string[] lines = text.Split('\n');
        if (lines[0] != "WEBVTT")
            violations.Add("a segment begins with WEBVTT (§3.5)");
        if (!lines[1].StartsWith("X-TIMESTAMP-MAP=LOCAL:", StringComparison.Ordinal) || !lines[1].EndsWith($",MPEGTS:{timeStamp}", StringComparison.Ordinal))
            violations.Add($"{lines[1]}: the head says which time stands for {timeStamp} (§3.5)");
        violations.AddRange(lines.Where(line => line.Contains('<', StringComparison.Ordinal)).Select(line => $"{line}: markup"));
        return violations;
    }

    private List<Entry> Entries(string[] lines, string? target, long first)
    {
        var entries = new List<Entry>();
        (string? duration, string? date, bool discontinuity, bool gap) = (null, null, false, false);
        int version = (int)Whole(lines, "#EXT-X-VERSION:");
        DateTimeOffset? reckoned = null;
        foreach (string line in lines.Skip(1).Where(line => line.Length > 0))
        {
            if (line.StartsWith("#EXTINF:", StringComparison.Ordinal))
                duration = line["#EXTINF:".Length..].Split(',')[0];
            else if (line == "#EXT-X-DISCONTINUITY")
                discontinuity = true;
            else if (line == "#EXT-X-GAP")
                gap = true;
            else if (line.StartsWith("#EXT-X-PROGRAM-DATE-TIME:", StringComparison.Ordinal))
                date = line["#EXT-X-PROGRAM-DATE-TIME:".Length..];
            else if (line[0] != '#')
            {
                long number = first + entries.Count;
                if (duration is null || !double.TryParse(duration, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) || seconds <= 0)
                    Violation($"entry {number}: EXTINF is {duration} (§4.3.2.1)");
                else if (target is not null && Math.Round(seconds, MidpointRounding.AwayFromZero) > double.Parse(target, CultureInfo.InvariantCulture))
                    Violation($"entry {number}: {duration} s is over the target duration (§4.3.3.1)");
                else
                {
                    if ((entries.Count == 0 || discontinuity) && date is null)
                        Violation($"entry {number}: no EXT-X-PROGRAM-DATE-TIME at the start or after a discontinuity (§6.2.1)");
                    if (date is not null && DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, out DateTimeOffset time))
                    {
                        // Milliseconds are rounded on both sides. Behind a discontinuity another clock may stand.
                        if (!discontinuity && reckoned is { } expected && (time - expected).TotalMilliseconds is var step and (< -20 or > 20))
                            Violation($"entry {number}: its date is {step:0} ms from where the one before ended");
                        reckoned = time + TimeSpan.FromSeconds(seconds);
                    }
                }
                if (gap && version < 8)
                    Violation("EXT-X-GAP needs version 8 (8216bis §8)");
                if (number == 0 && discontinuity)
                    Violation("the first entry of all has nothing to break with");
                entries.Add(new Entry(line, duration ?? "", date, discontinuity, gap));
                (duration, date, discontinuity, gap) = (null, null, false, false);
            }
        }
        return entries;
    }

    private void Violation(string what)
    {
        if (_violations.Count < MaxViolations)
            _violations.Add($"list {Lists}: {what}");
    }

    private static string? Value(string[] lines, string tag) => lines.FirstOrDefault(line => line.StartsWith(tag, StringComparison.Ordinal))?[tag.Length..];

    private static long Whole(string[] lines, string tag) => long.TryParse(Value(lines, tag)?.Split(',')[0], CultureInfo.InvariantCulture, out long value) ? value : 0;

    private sealed record Entry(string Uri, string Duration, string? Date, bool Discontinuity, bool Gap)
    {
        public override string ToString() =>
            new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Uri} {Duration} s {Date}{(Discontinuity ? " discontinuity" : "")}{(Gap ? " gap" : "")}").ToString();
    }
}
