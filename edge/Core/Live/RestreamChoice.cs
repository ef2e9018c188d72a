using System.Collections.Immutable;
using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>Which lessons a box restreams now.</summary>
public static class RestreamChoice
{
    /// <summary>So long before its planned start a box begins to ask for a lesson, in case the plan that says it runs comes late.</summary>
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(2);

    /// <summary>A lesson from the school's own network ends by itself so long after its time: nobody tells that it is over, and its source may send all day.</summary>
    public static readonly TimeSpan Overrun = TimeSpan.FromMinutes(5);

    /// <summary>All that run, and those about to. When none runs, one that is over and not complete here, the newest first: its gaps are filled afterwards.</summary>
    /// <param name="complete">Is this lesson's recording complete here?</param>
    /// <param name="resting">Was this lesson tried lately in vain?</param>
    /// <param name="now">Wall time, as far as it can be believed; null: unknown, and only what the relay says to be running runs.</param>
    public static ImmutableArray<PlannedLesson> For(SitePlan plan, Func<string, bool> complete, Func<string, bool> resting, DateTimeOffset? now)
    {
        ImmutableArray<PlannedLesson> missing = [.. plan.Lessons.Where(lesson => lesson.Live && !complete(lesson.Id))];
        ImmutableArray<PlannedLesson> running =
        [
            .. missing.Where(lesson => lesson.Stage == LessonStage.Running
                || (lesson.Stage == LessonStage.Planned && now > lesson.Start - Before && now < EndOf(lesson))),
        ];
        if (running.Any(lesson => lesson.Stage == LessonStage.Running))
            return running;
        return
        [
            .. running,
            .. missing.Where(lesson => lesson.Stage == LessonStage.Ended && !resting(lesson.Id)).OrderByDescending(lesson => lesson.Start).Take(1),
        ];
    }

    /// <summary>Is a lesson that the school takes in by itself over?</summary>
    /// <param name="planned">As the newest plan has it; null: it does not name the lesson any more.</param>
    public static bool IsOver(PlannedLesson? planned, DateTimeOffset? now) => planned?.Stage switch
    {
        null or LessonStage.Ended or LessonStage.Cancelled => true,
        LessonStage.Running => false,
        _ => now >= EndOf(planned with { Source = planned.Source ?? "" }),
    };

    private static DateTimeOffset EndOf(PlannedLesson lesson) => lesson.Start + lesson.Duration + (lesson.Source is null ? TimeSpan.Zero : Overrun);
}
