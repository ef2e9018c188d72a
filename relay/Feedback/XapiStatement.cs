using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Edge.Core.Feedback;

namespace Relay.Feedback;

/// <summary>One item as a statement of xAPI 1.0.3 (Experience API, part 2, 2.1). The actor is a seat, never a name: no name leaves a school's box. The same item gives the same
/// statement at every export, so a store of statements takes it once.</summary>
internal static class XapiStatement
{
    private const string Version = "1.0.3";
    private const string Adl = "http://adlnet.gov/expapi/";

    /// <param name="json">Where to write the object.</param>
    /// <param name="entry">The item.</param>
    /// <param name="homePage">See <see cref="ExportOptions.HomePage"/>.</param>
    public static void Write(Utf8JsonWriter json, FeedbackEntry entry, Uri homePage)
    {
        json.WriteStartObject();
        json.WriteString("id", IdOf(entry));
        json.WriteStartObject("actor");
        json.WriteString("objectType", "Agent");
        json.WriteStartObject("account");
        json.WriteString("homePage", homePage.AbsoluteUri);
        json.WriteString("name", ActorOf(entry));
        json.WriteEndObject();
        json.WriteEndObject();
        (string verb, string word) = VerbOf(entry, homePage);
        json.WriteStartObject("verb");
        json.WriteString("id", verb);
        WriteWords(json, "display", word);
        json.WriteEndObject();
        json.WriteStartObject("object");
        json.WriteString("objectType", "Activity");
        json.WriteString("id", ActivityOf(entry, homePage));
        json.WriteStartObject("definition");
        json.WriteString("type", Adl + (entry.Subject is not null && entry.Attachment is null ? "activities/question" : "activities/lesson"));
        json.WriteEndObject();
        json.WriteEndObject();
        if (entry.Content.Length > 0)
        {
            json.WriteStartObject("result");
            json.WriteString("response", entry.Content);
            json.WriteEndObject();
        }
        json.WriteStartObject("context");
        json.WriteString("platform", "school box " + entry.Box);
        json.WriteStartObject("extensions");
        json.WriteString(new Uri(homePage, "xapi/school").AbsoluteUri, entry.School);
        if (entry.Second is { } second)
            json.WriteNumber(new Uri(homePage, "xapi/second").AbsoluteUri, second);
        json.WriteString(new Uri(homePage, "xapi/position").AbsoluteUri, string.Create(CultureInfo.InvariantCulture, $"{entry.Epoch}/{entry.Sequence}"));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("timestamp", Time(entry.Asked));
        json.WriteString("version", Version);
        json.WriteEndObject();
    }

    /// <summary>Made of where the item came from, so that it is the same each time. Marked as one made of a name (RFC 9562, 5.5); the hash is SHA-256, of which the first half is taken.</summary>
    public static Guid IdOf(FeedbackEntry entry)
    {
        Span<byte> hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{entry.Box}/{entry.Id}"))).AsSpan(0, 16);
        hash[6] = (byte)(hash[6] & 0x0f | 0x50);
        hash[8] = (byte)(hash[8] & 0x3f | 0x80);
        return new Guid(hash, bigEndian: true);
    }

    private static string ActorOf(FeedbackEntry entry) => entry.Role switch
    {
        SeatRole.Pupil => string.Create(CultureInfo.InvariantCulture, $"{entry.Box}/{entry.Class}/{entry.Seat}"),
        SeatRole.Teacher => $"{entry.Box}/teacher",
        _ => $"{entry.Box}/room",
    };

    private static (string Id, string Word) VerbOf(FeedbackEntry entry, Uri homePage) => entry.Kind switch
    {
        FeedbackKind.Question or FeedbackKind.HelpRequest => (Adl + "verbs/asked", "asked"),
        FeedbackKind.PollAnswer or FeedbackKind.ExerciseAnswer or FeedbackKind.ShortAnswer => (Adl + "verbs/answered", "answered"),
        FeedbackKind.Attendance => (Adl + "verbs/attended", "attended"),
        FeedbackKind.Note => (Adl + "verbs/commented", "commented"),
        FeedbackKind kind => (new Uri(homePage, "xapi/verbs/" + kind.ToString().ToLowerInvariant()).AbsoluteUri, kind switch
        {
            FeedbackKind.Problem => "reported a problem",
            FeedbackKind.Hand => "raised or lowered a hand",
            FeedbackKind.Lost => "could or could not follow",
            _ => kind.ToString().ToLowerInvariant(),
        }),
    };

    private static string ActivityOf(FeedbackEntry entry, Uri homePage)
    {
        string path = entry.Lesson is { } lesson ? "lessons/" + Uri.EscapeDataString(lesson) : "schools/" + Uri.EscapeDataString(entry.School);
        return new Uri(homePage, entry.Subject is { } subject && entry.Attachment is null ? $"{path}/{Uri.EscapeDataString(subject)}" : path).AbsoluteUri;
    }

    private static void WriteWords(Utf8JsonWriter json, string name, string words)
    {
        json.WriteStartObject(name);
        json.WriteString("en", words);
        json.WriteEndObject();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
