using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Relay.Feedback;
using Relay.Fleet;
using Relay.Live;

namespace Relay.Console;

/// <summary>The page of who teaches a lesson: which rooms are there, questions, polls, notes with the teachers in the rooms. Its address holds a secret of the lesson
/// and opens nothing else; there is no sign-in to forget five minutes before a lesson.</summary>
internal static class TeachPages
{
    private const int MaxQuestions = 100;
    private const int MaxNotes = 200;
    private const int MaxWords = 200;

    public static void MapTeachPages(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder teach = routes.MapGroup("/teach/{key}");
        teach.AllowAnonymous(); // the key in the address is what the teacher knows
        teach.MapGet("", (HttpContext context, string key, LessonStore lessons) => lessons.FindByTeachKey(key) is { } lesson ? Page(context, lesson) : SchoolPages.Missing());

        teach.MapPost("/note", async (HttpContext context, string key, LessonStore lessons, FleetStore fleet, FeedbackStore feedback, IFormCollection form, CancellationToken cancellationToken) =>
        {
            if (lessons.FindByTeachKey(key) is not { } lesson)
                return SchoolPages.Missing();
            string? school = form["school"].ToString() is { Length: > 0 } one ? one : null;
            ImmutableArray<BoxId> boxes = [.. fleet.Boxes().Where(box => !box.Revoked && lesson.IsFor(box.School) && (school is null || box.School == school)).Select(box => box.Id)];
            bool sent = await feedback.SendNoteAsync(lesson.Id, school, boxes, form["text"].ToString(), cancellationToken);
            return Said.Back(context, $"/teach/{key}", sent ? "said.note" : "said.note.not");
        });

        teach.MapPost("/reply/{number:long}", async (HttpContext context, string key, long number, LessonStore lessons, FeedbackStore feedback, IFormCollection form, CancellationToken cancellationToken) =>
        {
            if (lessons.FindByTeachKey(key) is not { } lesson || !IsQuestion(feedback.Find(number), lesson))
                return SchoolPages.Missing();
            FeedbackState state = form["do"] == "decline" ? FeedbackState.Declined : FeedbackState.Answered;
            ReplyOutcome outcome = await feedback.ReplyAsync(number, state, form["text"].ToString(), cancellationToken);
            return Said.Back(context, $"/teach/{key}", outcome == ReplyOutcome.Queued ? state == FeedbackState.Answered ? "said.answered" : "said.declined" : $"reply.{outcome.ToString().ToLowerInvariant()}");
        });

        teach.MapPost("/many", async (HttpContext context, Reader reader, string key, LessonStore lessons, FeedbackStore feedback, IFormCollection form, CancellationToken cancellationToken) =>
            lessons.FindByTeachKey(key) is { } lesson
                ? await FeedbackPages.ManyAsync(context, reader, feedback, form, $"/teach/{key}", number => IsQuestion(feedback.Find(number), lesson), cancellationToken)
                : SchoolPages.Missing());
    }

    /// <summary>Questions of this lesson and of no other are open to its teacher.</summary>
    private static bool IsQuestion(FeedbackEntry? entry, Lesson lesson) => entry is { Kind: FeedbackKind.Question } && entry.Lesson == lesson.Id;

    private static RazorComponentResult<TeachPage> Page(HttpContext context, Lesson lesson)
    {
        IServiceProvider services = context.RequestServices;
        var time = services.GetRequiredService<TimeProvider>();
        var feedback = services.GetRequiredService<FeedbackStore>();
        FleetBoard fleet = FleetBoard.Read(services.GetRequiredService<FleetStore>(), services.GetRequiredService<IOptions<ConsoleOptions>>(), time);
        ImmutableArray<FeedbackEntry> questions = feedback.Find(new FeedbackFilter(Lesson: lesson.Id, Kind: FeedbackKind.Question, Most: MaxQuestions));
        LessonSummary summary = LessonEndpoints.Summary(lesson, services.GetRequiredService<LiveOrigin>(), services.GetRequiredService<IngestDesk>());
        TimeSpan edge = TimeSpan.FromSeconds(summary.EdgeSeconds);
        return new RazorComponentResult<TeachPage>(new
        {
            Row = LessonRow.Of(lesson, services.GetRequiredService<IngestDesk>().SilenceOf(lesson.Id), time.GetUtcNow()),
            Edge = edge,
            SpareHeard = summary.Cameras.Any(camera => camera is { Heard: true, OnAir: false }),
            Rooms = TeachRoom.Of(LessonRow.Places(lesson, fleet), lesson),
            Signals = feedback.Signals(lesson.Id, (int)edge.TotalSeconds - ClassSignal.LostFadesAfter),
            LostByMinute = feedback.LostByMinute(lesson.Id),
            Words = feedback.Words(lesson.Id, MaxWords),
            Polls = PollResult.Of([.. lesson.Polls.Where(poll => !poll.Options.IsEmpty)], feedback.Votes(lesson.Id), fleet.Schools),
            // Open ones first; within both, the newest first.
            Questions = questions.OrderBy(question => question.State != FeedbackState.Open).ToImmutableArray(),
            Alike = feedback.Alike(lesson.Id, null),
            FromRooms = feedback.Find(new FeedbackFilter(Lesson: lesson.Id, Kind: FeedbackKind.Note, Most: MaxNotes)),
            ToRooms = feedback.NotesOf(lesson.Id),
            Schools = fleet.Schools,
            context.Request.Path,
        });
    }
}

/// <summary>How a room stands, for who teaches.</summary>
public enum RoomState
{
    /// <summary>New pictures reach it.</summary>
    Receives,

    /// <summary>It is there, and has what it needs before the lesson.</summary>
    Ready,

    /// <summary>It is there, without picture or kit.</summary>
    Lost,

    /// <summary>It has no link now: it may still teach from its kit.</summary>
    Away,
}

/// <summary>A school in who teaches' list.</summary>
public sealed record TeachRoom(School School, RoomState State)
{
    public static ImmutableArray<TeachRoom> Of(ImmutableArray<LessonPlace> places, Lesson lesson) =>
    [
        .. places.GroupBy(place => place.School.Id).Select(school => new TeachRoom(school.First().School, school.Min(place => place switch
        {
            { Receives: true } => RoomState.Receives,
            { Box: null } => RoomState.Away,
            { Box.Link: not BoxLink.Connected } => RoomState.Away,
            _ when lesson is { Live: true, Stage: LessonStage.Running } => RoomState.Lost,
            _ when lesson.Kit is not null && place.Kit is not { State: PackHolding.Verified } => RoomState.Lost,
            _ => RoomState.Ready,
        }))).OrderByDescending(room => room.State == RoomState.Lost).ThenBy(room => room.School.Id, StringComparer.Ordinal),
    ];
}
