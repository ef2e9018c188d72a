using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Media.Srt;

namespace Relay.Live;

/// <summary>A lesson as staff see it.</summary>
/// <param name="Ingest">Path, on the console's port, that the encoder sends to.</param>
/// <param name="EdgeSeconds">How much of it has been published.</param>
/// <param name="EncoderSilentSeconds">Since an encoder last sent something; null: none has since the relay started.</param>
/// <param name="Teach">Path of the page of who teaches it, on the console's port.</param>
/// <param name="Bells">When schools with other bells show it.</param>
/// <param name="BoxSources">Where schools take it from that have it on their own network.</param>
/// <param name="Cameras">Its inputs, the main one first.</param>
/// <param name="Conflicts">Ids of lessons of the same class at the same time; null when nobody looked.</param>
public sealed record LessonSummary(PlannedLesson Lesson, ImmutableArray<string>? Schools, string Ingest, double EdgeSeconds, long Segments, double? EncoderSilentSeconds, string Teach,
    ImmutableSortedDictionary<string, DateTimeOffset> Bells, ImmutableSortedDictionary<string, string> BoxSources, ImmutableArray<CameraSummary> Cameras, ImmutableArray<string>? Conflicts = null);

/// <summary>A camera as staff see it.</summary>
/// <param name="Ingest">Path, on the console's port, that its encoder sends to; SRT and RTMP take the key that is its end.</param>
/// <param name="Source">Where the relay fetches its stream; null: the encoder sends.</param>
/// <param name="Chosen">Staff want to see it.</param>
/// <param name="OnAir">Classes see it.</param>
/// <param name="SilentSeconds">Since it last sent something; null: it has not since the relay started.</param>
/// <param name="Srt">How its SRT connection does; null: it comes by another road.</param>
/// <param name="Spare">Its sound stands in for that of the camera on air.</param>
/// <param name="Heard">Classes hear it.</param>
/// <param name="Sound">How loud its sound is; null: not known.</param>
/// <param name="Picture">It has one; false: sound alone, null: nothing came yet.</param>
public sealed record CameraSummary(string Id, string Name, string Ingest, string? Source, bool Chosen, bool OnAir, CameraStage Stage, double? SilentSeconds, long Bytes, SrtSummary? Srt,
    bool Spare, bool Heard, SoundLevel? Sound, bool? Picture)
{
    public static CameraSummary Of(CameraState state) => new(state.Camera.Id, state.Camera.Name, $"/ingest/{state.Camera.Key}", state.Camera.Source,
        state.Camera.Chosen, state.OnAir, state.Stage, state.Silence?.TotalSeconds, state.Bytes, state.Srt is { } figures ? SrtSummary.Of(figures) : null,
        state.Camera.Spare, state.Heard, state.Level, state.Program?.Clock?.IsVideo);
}

/// <summary>An SRT connection as staff see it, since it began.</summary>
/// <param name="LatencyMilliseconds">How long a lost packet may take to come after all.</param>
/// <param name="LostPercent">Packets that did not come at first, of all.</param>
/// <param name="DroppedPackets">Packets that did not come in time either: holes in the picture.</param>
public sealed record SrtSummary(double RoundTripMilliseconds, double LatencyMilliseconds, double LostPercent, long DroppedPackets)
{
    public static SrtSummary Of(SrtFigures figures) => new(Math.Round(figures.RoundTrip.TotalMilliseconds, 1), figures.Latency.TotalMilliseconds,
        Math.Round(100.0 * figures.Lost / Math.Max(1, figures.Received + figures.Dropped), 2), figures.Dropped);
}

/// <summary>The timetable in the staff API.</summary>
public static class LessonEndpoints
{
    internal const string SourceRule = "a source is an address that begins with rtsp://, rtmp://, srt://, satip://, http://, https://, udp:// or rtp://";

    public static void MapLessons(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/lessons", (LessonStore lessons, LiveOrigin origin, IngestDesk desk) => lessons.All().Select(lesson => Summary(lesson, origin, desk)));

        routes.MapGet("/api/lessons/{id}", (string id, LessonStore lessons, LiveOrigin origin, IngestDesk desk) =>
            lessons.Find(id) is { } lesson ? Results.Ok(WithConflicts(lesson, lessons, origin, desk)) : NoSuchLesson());

        routes.MapPost("/api/lessons", async (ScheduleRequest request, LessonDesk schedule, LessonStore lessons, LiveOrigin origin, IngestDesk desk, CancellationToken cancellationToken) =>
        {
            (ScheduleFault fault, string? poll, Lesson? lesson) = await schedule.ScheduleAsync(request, cancellationToken);
            return fault switch
            {
                ScheduleFault.None => Results.Ok(WithConflicts(lesson!, lessons, origin, desk)),
                ScheduleFault.Id => Problem("a lesson id has 1 to 64 lower-case letters, digits and hyphens"),
                ScheduleFault.Title => Problem($"a lesson has a title of at most {LessonDesk.MaxTextLength} letters"),
                ScheduleFault.ClassOrSubject => Problem("a lesson has a class and a subject"),
                ScheduleFault.Duration => Problem($"a lesson lasts up to {LessonDesk.LongestLesson.TotalHours} hours"),
                ScheduleFault.Kit => Problem("the kit is the id of a pack"),
                ScheduleFault.Schools => Problem("schools are named by their ids"),
                ScheduleFault.Bells => Problem($"a school's own bell is not before the lesson's start, and at most {LessonDesk.LatestBell.TotalDays} days after it"),
                ScheduleFault.Polls => Problem($"a lesson has at most {LessonDesk.MaxPolls} polls, each with an id of its own"),
                ScheduleFault.Poll => Problem($"poll {poll} needs a question, with 2 to {LessonDesk.MaxOptions} answers or none"),
                ScheduleFault.Source => Problem(SourceRule),
                _ => Problem("this lesson has begun or is over; only lessons to come can be changed", StatusCodes.Status409Conflict),
            };
        });

        routes.MapGet("/api/lessons/{id}/events", (string id, LessonStore lessons, LessonEventStore events) =>
            lessons.Find(id) is null ? NoSuchLesson() : Results.Ok(events.Of(id, LessonEventStore.Kept)));

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
            LessonTimeline.Edge(window.Segments).TotalSeconds, window.Next, desk.SilenceOf(lesson.Id)?.TotalSeconds, $"/teach/{lesson.TeachKey}", lesson.Bells, lesson.BoxSources,
            [.. desk.Cameras(lesson).Select(CameraSummary.Of)]);
    }

    public static LessonSummary WithConflicts(Lesson lesson, LessonStore lessons, LiveOrigin origin, IngestDesk desk) =>
        Summary(lesson, origin, desk) with { Conflicts = [.. lessons.ConflictsOf(lesson).Select(other => other.Id)] };

    internal static IResult NoSuchLesson() => Problem("no such lesson", StatusCodes.Status404NotFound);

    internal static IResult Problem(string why, int status = StatusCodes.Status400BadRequest) => Results.Json(new { error = why }, statusCode: status);
}
