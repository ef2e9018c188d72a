using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Edge.Core.Live;

/// <summary>A cue of a WebVTT file: when, and what in plain text.</summary>
public readonly record struct WebVttCue(TimeSpan Start, TimeSpan End, string Text);

/// <summary>What is wrong with a WebVTT file.</summary>
public enum WebVttFault { None, TooLong, NoHead, Time, Text, TooManyCues }

/// <summary>Captions as WebVTT (W3C), as much of it as captioners send and players need: cues with times and plain text.
/// Tags, styles and settings are left out; what is written is escaped, so a text can never be markup.</summary>
public static class WebVtt
{
    public const int MaxLengthBytes = 256 << 10;
    public const int MaxCues = 1000;

    /// <summary>Reads a file. Text that is no UTF-8 gets replacement letters.</summary>
    public static WebVttFault Read(ReadOnlySpan<byte> file, out ImmutableArray<WebVttCue> cues)
    {
        cues = [];
        if (file.Length > MaxLengthBytes)
            return WebVttFault.TooLong;
        string[] lines = Encoding.UTF8.GetString(file).TrimStart('\uFEFF').ReplaceLineEndings("\n").Split('\n');
        if (lines[0] != "WEBVTT" && !lines[0].StartsWith("WEBVTT ", StringComparison.Ordinal) && !lines[0].StartsWith("WEBVTT\t", StringComparison.Ordinal))
            return WebVttFault.NoHead;
        ImmutableArray<WebVttCue>.Builder read = ImmutableArray.CreateBuilder<WebVttCue>();
        for (int at = 1; at < lines.Length; at++)
        {
            // A block without a time line is a note, a style or the head's rest.
            if (!lines[at].Contains("-->", StringComparison.Ordinal))
                continue;
            if (!TryReadTimes(lines[at], out TimeSpan start, out TimeSpan end))
                return WebVttFault.Time;
            var text = new StringBuilder();
            while (++at < lines.Length && lines[at].Length > 0)
                text.Append(lines[at]).Append('\n');
            if (text.Length == 0)
                continue;
            if (Caption.Clean(Unescape(WithoutTags(text.ToString()))) is not { } clean)
                return WebVttFault.Text;
            if (read.Count == MaxCues)
                return WebVttFault.TooManyCues;
            read.Add(new WebVttCue(start, end, clean));
        }
        cues = read.ToImmutable();
        return WebVttFault.None;
    }

    /// <summary>Writes a segment of an HLS rendition (RFC 8216 §3.5).</summary>
    /// <param name="local">The time that stands for <paramref name="mediaTime"/> in these cues.</param>
    /// <param name="mediaTime">Time stamp of the pictures: 33 bits of a 90 kHz clock.</param>
    public static string WriteSegment(TimeSpan local, long mediaTime, IEnumerable<WebVttCue> cues)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:{Time(local)},MPEGTS:{mediaTime}\n");
        foreach (WebVttCue cue in cues)
            text.Append(CultureInfo.InvariantCulture, $"\n{Time(cue.Start)} --> {Time(cue.End)}\n{Escape(cue.Text)}\n");
        return text.ToString();
    }

    private static string Escape(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>The references that WebVTT captions use; the ampersand last, so that nothing is read twice.</summary>
    private static string Unescape(string text) => text.Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal).Replace("&nbsp;", " ", StringComparison.Ordinal)
        .Replace("&lrm;", "\u200E", StringComparison.Ordinal).Replace("&rlm;", "\u200F", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal);

    private static string Time(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours:00}:{time:mm\\:ss\\.fff}");

    private static bool TryReadTimes(string line, out TimeSpan start, out TimeSpan end)
    {
        (start, end) = (default, default);
        int arrow = line.IndexOf("-->", StringComparison.Ordinal);
        return TryReadTime(line.AsSpan(0, arrow).Trim(), out start)
            && line[(arrow + 3)..].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [{ } last, ..] && TryReadTime(last, out end)
            && start < end && end <= Caption.MaxSecond && end - start <= Caption.MaxLength;
    }

    /// <summary>Hours may be left out; a file has three digits behind the point.</summary>
    private static bool TryReadTime(ReadOnlySpan<char> text, out TimeSpan time)
    {
        time = default;
        Span<Range> parts = stackalloc Range[4];
        int count = text.Split(parts, ':');
        if (count is not (2 or 3) || text[parts[count - 1]] is not { Length: 6 } seconds || seconds[2] != '.')
            return false;
        int hours = 0;
        if ((count == 3 && !TryReadNumber(text[parts[0]], 23, out hours)) || !TryReadNumber(text[parts[count - 2]], 59, out int minutes)
            || !TryReadNumber(seconds[..2], 59, out int whole) || !TryReadNumber(seconds[3..], 999, out int milliseconds))
            return false;
        time = new TimeSpan(0, hours, minutes, whole, milliseconds);
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<char> digits, int most, out int number) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;

    private static string WithoutTags(string text)
    {
        var kept = new StringBuilder(text.Length);
        bool tag = false;
        foreach (char letter in text)
        {
            if (letter == '<')
                tag = true;
            else if (letter == '>' && tag)
                tag = false;
            else if (!tag)
                kept.Append(letter);
        }
        return kept.ToString();
    }
}
