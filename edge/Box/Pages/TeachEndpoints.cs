using System.Collections.Immutable;
using Edge.Box.Content;
using Edge.Box.Feedback;
using Edge.Box.Identity;
using Edge.Box.Panel;
using Edge.Core.Feedback;
using Edge.Core.Learning;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Edge.Box.Pages;

/// <summary>The page of the teacher in the room and what it sends. Where the school has a PIN, teachers only.</summary>
public static class TeachEndpoints
{
    private const int MaxFormBytes = 16 << 10;

    public static void MapTeach(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder lesson = routes.MapGroup("/lesson/{id}");
        lesson.AddEndpointFilter(async (call, next) =>
        {
            HttpContext context = call.HttpContext;
            // Other sites may link here, not write in a teacher's name.
            if (HttpMethods.IsPost(context.Request.Method) && context.Request.Headers["Sec-Fetch-Site"] == "cross-site")
                return Results.StatusCode(StatusCodes.Status403Forbidden);
            if (!context.RequestServices.GetRequiredService<TeacherPin>().IsSet || context.RequestServices.GetRequiredService<TeacherSessions>().IsTeacher(context))
                return await next(call);
            return HttpMethods.IsPost(context.Request.Method) ? Results.StatusCode(StatusCodes.Status403Forbidden)
                : new LocalSeeOther($"/teacher?back={Uri.EscapeDataString($"/lesson/{context.Request.RouteValues["id"]}/teach")}");
        });
        lesson.MapGet("/teach", async Task<IResult> (string id, HttpContext context, SiteView view, LessonCues cues, LessonQuestions questions, PanelHub hub, PanelJoins joins, CancellationToken cancellationToken) =>
        {
            if (view.Lesson(id) is not { } planned)
                return Results.NotFound();
            (ImmutableArray<Cue> sheet, PackView? kit) = await cues.OfAsync(planned, cancellationToken);
            return new RazorComponentResult<TeachPage>(new { Lesson = planned, Cues = sheet, Kit = kit, Second = view.SecondNow(planned), Face = PanelFace.Of(hub.Current, hub.Now, joins.Text), Notes = questions.Notes(id), Signals = questions.Signals(id, (int)view.SecondNow(planned).TotalSeconds), Result = questions.Answering(planned) });
        });
        lesson.MapGet("/teach/now", async Task<IResult> (string id, SiteView view, LessonCues cues, PanelHub hub, PanelJoins joins, CancellationToken cancellationToken) =>
        {
            if (view.Lesson(id) is not { } planned)
                return Results.NotFound();
            (ImmutableArray<Cue> sheet, PackView? kit) = await cues.OfAsync(planned, cancellationToken);
            return new RazorComponentResult<TeachNow>(new { Cues = sheet, Kit = kit, Second = view.SecondNow(planned), Face = PanelFace.Of(hub.Current, hub.Now, joins.Text) });
        });
        lesson.MapGet("/teach/notes", IResult (string id, LessonQuestions questions) => new RazorComponentResult<TeachNotes>(new { Notes = questions.Notes(id) }));
        lesson.MapGet("/teach/class", IResult (string id, SiteView view, LessonQuestions questions) => view.Lesson(id) is not { } planned ? Results.NotFound()
            : new RazorComponentResult<TeachClass>(new { Signals = questions.Signals(id, (int)view.SecondNow(planned).TotalSeconds), Result = questions.Answering(planned) }));
        lesson.MapPost("/teach/lower", LowerAsync).WithMetadata(new RequestSizeLimitAttribute(MaxFormBytes)).DisableAntiforgery();
        lesson.MapPost("/teach/hide", (string id, ClassPulse pulse) =>
        {
            pulse.Hide(id);
            return new LocalSeeOther($"/lesson/{id}/teach");
        }).WithMetadata(new RequestSizeLimitAttribute(MaxFormBytes)).DisableAntiforgery();
        lesson.MapPost("/note", NoteAsync).WithMetadata(new RequestSizeLimitAttribute(MaxFormBytes)).DisableAntiforgery();
        lesson.MapPost("/board", BoardAsync).WithMetadata(new RequestSizeLimitAttribute(ScreenBoard.MaxBytes)).DisableAntiforgery();
    }

    private static Task<IResult> NoteAsync(string id, HttpContext context, CancellationToken cancellationToken) =>
        FeedbackEndpoints.TakeAsync(context, FeedbackKind.Note, id, subject: null, contentField: "text", cancellationToken, SeatRole.Teacher);

    /// <summary>All hands down, and all can follow again: what is kept is what the teacher saw to.</summary>
    private static async Task<IResult> LowerAsync(string id, SiteView view, FeedbackDesk desk, CancellationToken cancellationToken)
    {
        if (view.Lesson(id) is not { } planned)
            return Results.NotFound();
        foreach (FeedbackKind kind in (FeedbackKind[])[FeedbackKind.Hand, FeedbackKind.Lost])
            await desk.GiveAsync(new FeedbackDraft(kind, id, (int)view.SecondNow(planned).TotalSeconds, new Seat(planned.Class, 0, SeatRole.Teacher), null, ClassSignal.Down, null), cancellationToken);
        return new LocalSeeOther($"/lesson/{id}/teach");
    }

    private static async Task<IResult> BoardAsync(string id, HttpContext context, SiteView view, ScreenBoard board, CancellationToken cancellationToken)
    {
        if (view.Lesson(id) is null)
            return Results.NotFound();
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellationToken);
        return board.TryDraw(id, body.GetBuffer().AsSpan(0, (int)body.Length)) ? Results.NoContent() : Results.BadRequest();
    }
}
