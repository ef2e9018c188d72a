using System.Globalization;
using Edge.Box.Access;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Edge.Box.Pages;

/// <summary>"Something does not work": one tap on any page, kept like any answer, with a number by which its state can be asked for.</summary>
public static class ProblemEndpoints
{
    private const int MaxFormBytes = 4 << 10;

    /// <summary>Taps on one page within this time are one report: who is annoyed taps again.</summary>
    private static readonly TimeSpan SameReport = TimeSpan.FromMinutes(10);

    public static void MapProblems(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/problem", TapAsync).WithMetadata(new RequestSizeLimitAttribute(MaxFormBytes)).DisableAntiforgery();
        // What an old page or a bookmark leads to.
        routes.MapGet("/problem", IResult () => Page(null));
        routes.MapGet("/problem/{number:long}", IResult (long number, LessonQuestions questions) => Page(questions.Problem(number)));
        routes.MapGet("/problem/{number:long}/state", IResult (long number, LessonQuestions questions) =>
            questions.Problem(number) is { } report ? new RazorComponentResult<ProblemState>(new { Report = report }) : Results.NotFound());
    }

    private static RazorComponentResult<ProblemPage> Page(ProblemReport? report) =>
        new(new { Report = report }) { StatusCode = report is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK };

    private static async Task<IResult> TapAsync(HttpContext context, FeedbackDesk desk, Reader reader, ClassAccess access, TimeProvider time, CancellationToken cancellationToken)
    {
        // Other sites may link here, not report in our pupils' name.
        if (context.Request.Headers["Sec-Fetch-Site"] == "cross-site")
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken);
        string page = LocalSeeOther.Local(form["page"].ToString());
        // Whoever taps has typed no seat, perhaps: the room says it then.
        (string? className, int? number) = reader.Seat;
        Seat seat = access.Giver(PhoneMark.Of(context), FeedbackKind.Problem, new(className ?? "", number ?? 0, SeatRole.Pupil)) ?? default;
        if (!seat.IsValid)
            seat = new Seat(PanelActions.WholeSchool, 0, SeatRole.Room);
        long span = (long)(time.GetTimestamp() / (double)time.TimestampFrequency / SameReport.TotalSeconds);
        byte[] name = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{page}\n{seat}\n{span}\n{context.Connection.RemoteIpAddress}")));
        Given given = await desk.GiveAsync(new FeedbackDraft(FeedbackKind.Problem, null, null, seat, null, $"[{page}]", "tap-" + Convert.ToHexStringLower(name.AsSpan(0, 16))), cancellationToken);
        return given.Outcome == GiveOutcome.Saved ? new LocalSeeOther($"/problem/{given.Number}")
            : Results.Text(reader["feedback." + (given.Outcome == GiveOutcome.Full ? "full" : "broken")], "text/plain; charset=utf-8", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
