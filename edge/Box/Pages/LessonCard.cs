using Edge.Core.Content;

namespace Edge.Box.Pages;

/// <summary>What a lesson offers right now.</summary>
public enum LessonShows
{
    /// <summary>Not begun.</summary>
    Later,
    Live,
    /// <summary>Begun, but the live picture does not arrive: the kit shows.</summary>
    Lost,
    /// <summary>Over; its recording is whole.</summary>
    Recording,
    /// <summary>Over; the missing parts of its recording are still being fetched.</summary>
    Completing,
    /// <summary>Over without a recording.</summary>
    Over,
    Cancelled,
}

/// <summary>A lesson with its state, for lists.</summary>
public sealed record LessonCard(PlannedLesson Planned, LessonShows Shows);
