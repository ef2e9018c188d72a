using System.Collections.Immutable;
using System.Security.Cryptography;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Live;
using Edge.Core.Text;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>A poll as staff ask for it; without an id it gets its place in the list.</summary>
public sealed record PollRequest(string? Id, LocalText Question, ImmutableArray<LocalText> Options, TimeSpan? At);

/// <summary>A lesson as staff ask for it.</summary>
/// <param name="Id">Given: a lesson that has not begun is changed. Not given: it is made of the English title and the start.</param>
/// <param name="Schools">Ids of schools; null or empty: every school.</param>
/// <param name="Live">Default true.</param>
public sealed record ScheduleRequest(
    string? Id,
    LocalText Title,
    string Class,
    string Subject,
    DateTimeOffset Start,
    TimeSpan Duration,
    string? Kit,
    bool? Live,
    ImmutableArray<string>? Schools,
    ImmutableArray<PollRequest>? Polls);

/// <summary>A lesson as staff see it.</summary>
/// <param name="Ingest">Path, on the console's port, that the encoder sends to.</param>
/// <param name="EdgeSeconds">How much of it has been published.</param>
/// <param name="EncoderSilentSeconds">Since an encoder last sent something; null: none has since the relay started.</param>
public sealed record LessonSummary(PlannedLesson Lesson, ImmutableArray<string>? Schools, string Ingest, double EdgeSeconds, long Segments, double? EncoderSilentSeconds);

/// <summary>The timetable in the staff API.</summary>
public static class LessonEndpoints
{
    public const int MaxPolls = 50;
    public const int MaxOptions = 10;
    public const int MaxTextLength = 500;
    private static readonly TimeSpan LongestLesson = TimeSpan.FromHours(12);

    public static void MapLessons(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/lessons", (LessonStore lessons, LiveOrigin origin, IngestDesk desk) => lessons.All().Select(lesson => Summary(lesson, origin, desk)));

        routes.MapGet("/api/lessons/{id}", (string id, LessonStore lessons, LiveOrigin origin, IngestDesk desk) =>
            lessons.Find(id) is { } lesson ? Results.Ok(Summary(lesson, origin, desk)) : NoSuchLesson());

        routes.MapPost("/api/lessons", async (ScheduleRequest request, LessonStore lessons, LiveOrigin origin, IngestDesk desk, LivePorts ports,
            IOptions<LiveOptions> options, CancellationToken cancellationToken) =>
        {
            string? id = request.Id ?? Slug.From($"{request.Title?.In("en")} {request.Start.UtcDateTime:MMdd-HHmm}");
            if (Wrong(request, id) is { } why)
                return Problem(why);
            var lesson = new Lesson(id!, request.Title!, request.Class, request.Subject, request.Start, request.Duration, request.Kit, request.Live ?? true, LessonStage.Planned,
                Polls(request), request.Schools is { Length: > 0 } schools ? schools : null,
                IngestKey: RandomNumberGenerator.GetString("abcdefghjkmnpqrstvwxyz0123456789", 26), Origin: RandomNumberGenerator.GetHexString(16, lowercase: true),
                Target: TimeSpan.FromSeconds(Math.Ceiling(2 * options.Value.SegmentDuration.TotalSeconds)));
            if (await lessons.ScheduleAsync(lesson, cancellationToken) == ScheduleOutcome.TooLate)
                return Problem("this lesson has begun or is over; only lessons to come can be changed", StatusCodes.Status409Conflict);
            await ports.PlansChanged(cancellationToken);
            return Results.Ok(Summary(lessons.Find(lesson.Id)!, origin, desk));
        });

        routes.MapPost("/api/lessons/{id}/end", async (string id, LessonStore lessons, LiveOrigin origin, IngestDesk desk, CancellationToken cancellationToken) =>
        {
            if (lessons.Find(id) is not { } lesson)
                return NoSuchLesson();
            return await desk.EndAsync(lesson, cancellationToken)
                ? Results.Ok(Summary(lessons.Find(id)!, origin, desk))
                : Problem("this lesson is over already", StatusCodes.Status409Conflict);
        });
    }

    public static LessonSummary Summary(Lesson lesson, LiveOrigin origin, IngestDesk desk)
    {
        PlaylistWindow window = origin.Window(lesson);
        return new LessonSummary(lesson.ToPlanned(), lesson.Schools, $"/ingest/{lesson.IngestKey}",
            LessonTimeline.Edge(window.Segments).TotalSeconds, window.Next, desk.SilenceOf(lesson.Id)?.TotalSeconds);
    }

    private static ImmutableArray<Poll> Polls(ScheduleRequest request) => request.Polls is not { } polls ? []
        : [.. polls.Select((poll, place) => new Poll(poll.Id ?? $"poll-{place + 1}", poll.Question, poll.Options, poll.At))];

    private static string? Wrong(ScheduleRequest request, string? id)
    {
        if (!Slug.IsValid(id))
            return "a lesson id has 1 to 64 lower-case letters, digits and hyphens";
        if (!IsText(request.Title))
            return $"a lesson has a title of at most {MaxTextLength} letters";
        if (string.IsNullOrWhiteSpace(request.Class) || request.Class.Length > 40 || string.IsNullOrWhiteSpace(request.Subject) || request.Subject.Length > 80)
            return "a lesson has a class and a subject";
        if (request.Duration <= TimeSpan.Zero || request.Duration > LongestLesson)
            return $"a lesson lasts up to {LongestLesson.TotalHours} hours";
        if (request.Kit is not null && !Slug.IsValid(request.Kit))
            return "the kit is the id of a pack";
        if (request.Schools is { } schools && !schools.All(Slug.IsValid))
            return "schools are named by their ids";
        ImmutableArray<Poll> polls = Polls(request);
        if (polls.Length > MaxPolls || polls.Select(poll => poll.Id).Distinct().Count() != polls.Length)
            return $"a lesson has at most {MaxPolls} polls, each with an id of its own";
        foreach (Poll poll in polls)
        {
            if (!Slug.IsValid(poll.Id) || !IsText(poll.Question) || poll.Options is not { IsDefault: false, Length: >= 2 and <= MaxOptions } || !poll.Options.All(IsText))
                return $"poll {poll.Id} needs a question and 2 to {MaxOptions} answers";
        }
        return null;
    }

    private static bool IsText(LocalText? text) => text is { Texts.Count: > 0 } && text.Texts.Values.All(value => value.Length is > 0 and <= MaxTextLength);

    private static IResult NoSuchLesson() => Problem("no such lesson", StatusCodes.Status404NotFound);

    private static IResult Problem(string why, int status = StatusCodes.Status400BadRequest) => Results.Json(new { error = why }, statusCode: status);
}
