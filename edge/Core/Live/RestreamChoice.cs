using System.Collections.Immutable;
using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>Which lessons a box restreams now.</summary>
public static class RestreamChoice
{
    /// <summary>So long before its planned start a box begins to ask for a lesson, in case the plan that says it runs comes late.</summary>
    private static readonly TimeSpan Before = TimeSpan.FromMinutes(2);

    /// <summary>All that run, and those about to. When none runs, one that is over and not complete here, the newest first: its gaps are filled afterwards.</summary>
    /// <param name="complete">Is this lesson's recording complete here?</param>
    /// <param name="resting">Was this lesson tried lately in vain?</param>
    /// <param name="now">Wall time, which may lie: it only makes a box ask early.</param>
    public static ImmutableArray<PlannedLesson> For(SitePlan plan, Func<string, bool> complete, Func<string, bool> resting, DateTimeOffset now)
    {
        ImmutableArray<PlannedLesson> missing = [.. plan.Lessons.Where(lesson => lesson.Live && !complete(lesson.Id))];
        ImmutableArray<PlannedLesson> running =
        [
            .. missing.Where(lesson => lesson.Stage == LessonStage.Running
                || (lesson.Stage == LessonStage.Planned && now > lesson.Start - Before && now < lesson.Start + lesson.Duration)),
        ];
        if (running.Any(lesson => lesson.Stage == LessonStage.Running))
            return running;
        return
        [
            .. running,
            .. missing.Where(lesson => lesson.Stage == LessonStage.Ended && !resting(lesson.Id)).OrderByDescending(lesson => lesson.Start).Take(1),
        ];
    }
}
