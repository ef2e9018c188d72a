using Edge.Core.Content;
using Edge.Core.Live;

namespace Edge.Core.Iptv;

/// <summary>Which lessons go out by multicast.</summary>
public static class MulticastChoice
{
    /// <summary>A lesson that the plan has running, or about to, begins with its first new picture.</summary>
    public static bool Begins(PlannedLesson lesson, LiveStage state) =>
        lesson is { Live: true, Stage: LessonStage.Planned or LessonStage.Running } && state == LiveStage.Live;

    /// <summary>Through every outage it goes on. Once the lesson is over, all that is published still goes out.</summary>
    /// <param name="planned">As the plan has it now; null: it left the plan.</param>
    /// <param name="sent">All that is published has been sent.</param>
    public static bool GoesOn(PlannedLesson? planned, LiveStage state, bool sent) => planned?.Stage switch
    {
        LessonStage.Cancelled => false,
        LessonStage.Planned or LessonStage.Running => state != LiveStage.Ended || !sent,
        _ => state == LiveStage.Live || !sent,
    };
}
