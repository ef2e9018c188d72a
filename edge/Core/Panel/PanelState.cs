namespace Edge.Core.Panel;

/// <summary>Where the lesson on the screen comes from.</summary>
public enum LessonSource
{
    Live,
    Kit,
    Replay,
}

/// <summary>Full-screen pictures over the lesson.</summary>
public enum ScreenOverlay
{
    None,
    Help,
    StatusQr,
}

/// <summary>The lesson that the screen holds.</summary>
/// <param name="Item">Item of the kit, from 0.</param>
/// <param name="Run">Grows each time the screen is to begin afresh: at the live edge, or at the start of kit or replay.</param>
/// <param name="ByClock">It began by its bell or for a lost picture, and nobody has taken it in hand since: its kit goes with the lesson's time, and it ends with it.</param>
/// <param name="LostAt">Whole second of the lesson at which its live picture was lost; null = it was not.</param>
/// <param name="CatchUp">What was missed since <paramref name="LostAt"/> shows first, a little faster.</param>
public sealed record LessonOnScreen(string Id, LessonSource Source, bool Paused = false, int Item = 0, int Run = 1, bool ByClock = false, int? LostAt = null, bool CatchUp = false);

/// <summary>
/// What the panel itself holds, the same for all faces. Times are on the panel's monotonic clock and end with the process;
/// language and lesson outlive a restart.
/// </summary>
public sealed record PanelState
{
    public static PanelState Initial { get; } = new();

    public string Language { get; init; } = "zh-Hans";

    public LessonOnScreen? Lesson { get; init; }

    public ScreenOverlay Overlay { get; init; }

    /// <summary>The lesson chosen with NEXT, waiting for START; null = the timetable decides.</summary>
    public string? Chosen { get; init; }

    public TimeSpan? ChosenAt { get; init; }

    public TimeSpan? LanguageSetAt { get; init; }

    /// <summary>The lesson whose bell was heard last: each rings once.</summary>
    public string? Rung { get; init; }

    /// <summary>When that bell rang over another lesson, which goes on for a moment; null = nothing waits.</summary>
    public TimeSpan? RungAt { get; init; }

    /// <summary>When SAFE OFF was pressed once; a second press confirms it.</summary>
    public TimeSpan? SafeOffAskedAt { get; init; }

    /// <summary>When SAFE OFF was confirmed.</summary>
    public TimeSpan? SwitchingOffSince { get; init; }

    /// <summary>When help was last recorded as asked for.</summary>
    public TimeSpan? HelpRecordedAt { get; init; }
}
