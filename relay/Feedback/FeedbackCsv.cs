using System.Globalization;
using System.Text;

namespace Relay.Feedback;

/// <summary>Items as a table (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe: what pupils type is never run.</summary>
internal static class FeedbackCsv
{
    public const string Head = "number,box,epoch,sequence,school,class,seat,role,kind,lesson,second,subject,content,asked,arrived,state,reply,replied,same_as\r\n";

    public static string Line(FeedbackEntry entry) => string.Join(',', new[]
    {
        Number(entry.Number), entry.Box, Number(entry.Epoch), Number(entry.Sequence), Cell(entry.School), Cell(entry.Class), Number(entry.Seat), entry.Role.ToString(), entry.Kind.ToString(),
        Cell(entry.Lesson), entry.Second is { } second ? Number(second) : "", Cell(entry.Subject), Cell(entry.Content), Time(entry.Asked), Time(entry.Arrived), entry.State.ToString(),
        Cell(entry.Reply), entry.Replied is { } replied ? Time(replied) : "", entry.SameAs is { } same ? Number(same) : "",
    }) + "\r\n";

    private static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            text = "'" + text;
        return text.AsSpan().ContainsAny(",\"\r\n") ? new StringBuilder(text).Replace("\"", "\"\"").Insert(0, '"').Append('"').ToString() : text;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
