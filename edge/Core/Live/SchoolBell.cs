using System.Collections.Immutable;
using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>What the timetable wants on a school's screen, so that a day runs from its first bell to its last without a hand.</summary>
public static class SchoolBell
{
    /// <summary>A clock may be so much behind the moment at which the plan was signed: time zones set wrong, a slow clock.</summary>
    private static readonly TimeSpan Behind = TimeSpan.FromDays(1);

    /// <summary>…and so much ahead of it: longer than a school goes without any contact, shorter than the errors of a clock that was never set.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(400);

    /// <summary>The time to go by. The relay's, when it has told since the start; else the box's own clock, unless it cannot be right.</summary>
    /// <param name="relay">The relay's time, carried on by the monotonic clock; null when it has not told.</param>
    /// <param name="own">The box's clock.</param>
    /// <param name="planIssued">When the plan was signed: it is later than that.</param>
    /// <returns>Null when nobody knows; then only what the relay says to be running runs.</returns>
    public static DateTimeOffset? Now(DateTimeOffset? relay, DateTimeOffset own, DateTimeOffset? planIssued) =>
        relay ?? (planIssued is { } issued && own >= issued - Behind && own <= issued + Ahead ? own : null);

    /// <summary>The lesson whose time it is. Of several at once the first that began goes on, so that one screen does not jump; then the one of the class before the screen.</summary>
    /// <param name="classHere">Class that sits before the screen; "" when any may.</param>
    /// <param name="now">As <see cref="Now"/> says; null: unknown.</param>
    public static PlannedLesson? At(ImmutableArray<PlannedLesson> lessons, string classHere, DateTimeOffset? now) => lessons
        .Where(lesson => lesson.Stage != LessonStage.Cancelled && IsOn(lesson, now))
        .OrderByDescending(lesson => classHere.Length > 0 && string.Equals(lesson.Class, classHere, StringComparison.OrdinalIgnoreCase))
        .ThenBy(lesson => lesson.ShownFrom)
        .ThenBy(lesson => lesson.Id, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>Since when a lesson's time here is over; zero while it is not, or nobody knows.</summary>
    public static TimeSpan OverFor(PlannedLesson lesson, DateTimeOffset? now) =>
        now is { } at && at > lesson.ShownFrom + lesson.Duration ? at - lesson.ShownFrom - lesson.Duration : TimeSpan.Zero;

    private static bool IsOn(PlannedLesson lesson, DateTimeOffset? now) => (lesson.HasOwnBell, lesson.Stage, now) switch
    {
        // Whatever any clock says: the relay has its picture.
        (false, LessonStage.Running, _) => true,
        // Its teacher ended it before its time.
        (false, LessonStage.Ended, _) when lesson.Live => false,
        (_, _, { } at) => at >= lesson.ShownFrom && at < lesson.ShownFrom + lesson.Duration,
        _ => false,
    };
}
