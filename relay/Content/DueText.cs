using System.Globalization;

namespace Relay.Content;

/// <summary>Reads a due time as people write it.</summary>
public static class DueText
{
    public const string Help = "\"today 14:30\", \"tomorrow 08:00\", \"2026-03-02 08:00\" or ISO 8601 with offset";

    private static readonly string[] Local = ["yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
    private static readonly string[] WithOffset = ["yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

    /// <param name="text">What <see cref="Help"/> lists.</param>
    /// <param name="now">The moment that "today" is told from.</param>
    /// <param name="zone">Zone of a time without offset.</param>
    /// <param name="due">The moment meant.</param>
    public static bool TryParse(string text, DateTimeOffset now, TimeZoneInfo zone, out DateTimeOffset due)
    {
        text = text.Trim();
        if (DateTimeOffset.TryParseExact(text, WithOffset, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out due))
            return true;
        if (DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local))
            return At(local, zone, out due);
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int? days = words is [var day, _] ? day.ToLowerInvariant() switch { "today" => 0, "tomorrow" => 1, _ => null } : null;
        return days is not null && TimeOnly.TryParseExact(words[1], ["H:mm", "HH:mm"], CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly time)
            && At(TimeZoneInfo.ConvertTime(now, zone).Date.AddDays(days.Value) + time.ToTimeSpan(), zone, out due);
    }

    private static bool At(DateTime local, TimeZoneInfo zone, out DateTimeOffset due)
    {
        // In the hour that a clock change leaves out there is no such time; the moment before it serves.
        due = new DateTimeOffset(local, zone.GetUtcOffset(local));
        return true;
    }
}
