using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Sync;
using Relay.Fleet;
using Relay.Live;

namespace Relay.Console;

/// <summary>How a lesson stands, as staff must know it.</summary>
public enum LessonState
{
    /// <summary>To come.</summary>
    Planned,
    /// <summary>Its time has come, but no encoder has sent.</summary>
    Waiting,
    /// <summary>On air.</summary>
    Live,
    /// <summary>Running, but its encoder is silent.</summary>
    Lost,
    Ended,
    /// <summary>Its time went by without a picture.</summary>
    Missed,
    Cancelled,
}

/// <summary>A school that a lesson is for, with one of its boxes.</summary>
/// <param name="Receives">The box says that it has the live picture now.</param>
/// <param name="Kit">How far the lesson's kit has come there; null when the box has not spoken of it.</param>
public sealed record LessonPlace(School School, BoxRow? Box, bool Receives, PackReport? Kit);

/// <summary>A lesson with its state.</summary>
/// <param name="Silence">Since its encoder sent last; null: none has since the relay started.</param>
public sealed record LessonRow(Lesson Lesson, LessonState State, TimeSpan? Silence)
{
    /// <summary>An encoder that sent within this is on air: several segments.</summary>
    private static readonly TimeSpan OnAir = TimeSpan.FromSeconds(10);

    public static LessonRow Of(Lesson lesson, TimeSpan? silence, DateTimeOffset now) => new(lesson, lesson.Stage switch
    {
        LessonStage.Running => silence < OnAir ? LessonState.Live : LessonState.Lost,
        LessonStage.Ended => LessonState.Ended,
        LessonStage.Cancelled => LessonState.Cancelled,
        _ when now < lesson.Start => LessonState.Planned,
        _ => now < lesson.Start + lesson.Duration ? lesson.Live ? LessonState.Waiting : LessonState.Planned : LessonState.Missed,
    }, silence);

    public bool IsOver => State is LessonState.Ended or LessonState.Missed or LessonState.Cancelled;

    /// <summary>Something is wrong now.</summary>
    public bool NeedsLook => State is LessonState.Waiting or LessonState.Lost;

    /// <summary>The places a lesson is for.</summary>
    public static ImmutableArray<LessonPlace> Places(Lesson lesson, FleetBoard fleet)
    {
        ILookup<string, BoxRow> boxes = fleet.Working.ToLookup(row => row.School.Id);
        return
        [
            .. fleet.Schools.Where(school => lesson.IsFor(school.Id)).SelectMany(school => boxes[school.Id]
                .Select(row => new LessonPlace(school, row, row is { Link: BoxLink.Connected, Report: { } report } && report.LiveLessons.Contains(lesson.Id),
                    // The newest version of the kit that the box speaks of.
                    row.Report?.Packs.Where(pack => pack.Pack == lesson.Kit).MaxBy(pack => pack.Version)))
                .DefaultIfEmpty(new LessonPlace(school, null, false, null))),
        ];
    }
}
