using System.Text;
using Edge.Core.Identity;
using Edge.Core.Sync;

namespace Relay.Sync;

/// <summary>A word of staff to schools.</summary>
/// <param name="Text">At most 2048 bytes in UTF-8; 1024 when it is urgent or an erratum.</param>
/// <param name="School">Only this school; null: all, or all of the lesson.</param>
/// <param name="Lesson">Shown with this lesson; null: on the first page.</param>
/// <param name="Urgent">Before everything else that waits.</param>
/// <param name="Erratum">Something that was taught or printed was wrong.</param>
/// <param name="Expires">From when on it is worth nothing; null: never.</param>
public sealed record NoticeRequest(string Text, string? School = null, string? Lesson = null, bool Urgent = false, bool Erratum = false, DateTimeOffset? Expires = null)
{
    /// <summary>In plain words why it cannot be sent; null: it can.</summary>
    public string? Fault(DateTimeOffset now)
    {
        int bytes = Encoding.UTF8.GetByteCount(Text ?? "");
        return string.IsNullOrWhiteSpace(Text) ? "a notice has a text"
            : bytes > ToItem().MaxBytes ? $"{(Urgent ? "what is urgent" : Erratum ? "an erratum" : "a notice")} has at most {ToItem().MaxBytes} bytes of text, this one has {bytes}"
            : Lesson is not null && !Slug.IsValid(Lesson) ? "a lesson is named by lower-case letters, digits and hyphens"
            : Expires <= now ? "it expires before it is sent" : null;
    }

    public DownItem ToItem() => new(0, "", DownKind.Notice, null, Lesson, Text.Trim(), Urgent: Urgent, Erratum: Erratum, Expires: Expires);
}

/// <summary>Words of staff to schools, and how far each has come.</summary>
public static class NoticeEndpoints
{
    private const int MaxNotices = 200;

    /// <param name="routes">Where to add it.</param>
    /// <param name="boxesOf">The boxes of a school and a lesson, either null for any; null: there is no such school or lesson.</param>
    public static void MapNotices(this IEndpointRouteBuilder routes, Func<string?, string?, IReadOnlyCollection<BoxId>?> boxesOf)
    {
        routes.MapPost("/api/notices", async (NoticeRequest request, DownQueue down, TimeProvider time, CancellationToken cancellationToken) =>
            request.Fault(time.GetUtcNow()) is { } fault ? Problem(fault, StatusCodes.Status400BadRequest)
            : boxesOf(request.School, request.Lesson) is not { } boxes ? Problem("there is no such school or lesson", StatusCodes.Status404NotFound)
            : boxes.Count == 0 ? Problem("there is no box to send it to", StatusCodes.Status409Conflict)
            : Results.Ok(new { id = await down.WriteNoticeAsync(boxes, request.ToItem(), cancellationToken), boxes = boxes.Count }));
        routes.MapGet("/api/notices", (DownQueue down) => down.Notices(MaxNotices));
        routes.MapGet("/api/notices/{id}", (string id, DownQueue down) =>
            down.OfItem(id) is { IsEmpty: false } states ? Results.Ok(states) : Problem("there is no such notice", StatusCodes.Status404NotFound));
    }

    private static IResult Problem(string why, int status) => Results.Json(new { error = why }, statusCode: status);
}
