using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>Dates of segments that a school takes in by itself: no sender tells them, and the box's clock may lie.</summary>
public static class InputDate
{
    /// <summary>A clock further off from the lesson's hour is not believed.</summary>
    private static readonly TimeSpan Believable = TimeSpan.FromHours(1);

    /// <summary>When a segment began. Never before the end of the one that was published before it.</summary>
    /// <param name="until">When that one ended; null: there is none.</param>
    /// <param name="broken">It does not follow on from that one.</param>
    /// <param name="since">Since that one was published, on the monotonic clock; null: before this process.</param>
    /// <param name="now">Wall time, as far as it can be believed.</param>
    public static DateTimeOffset Of(PlannedLesson lesson, TimeSpan duration, DateTimeOffset? until, bool broken, TimeSpan? since, DateTimeOffset? now)
    {
        if (until is not { } last)
            return IsNear(lesson, now) ? now!.Value - duration : lesson.Start;
        if (!broken)
            return last;
        DateTimeOffset told = since is { } elapsed ? last + elapsed - duration : IsNear(lesson, now) ? now!.Value - duration : last;
        return told > last ? told : last;
    }

    private static bool IsNear(PlannedLesson lesson, DateTimeOffset? now) => now is { } at && at > lesson.Start - Believable && at < lesson.Start + lesson.Duration + Believable;
}
