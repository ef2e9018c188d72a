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
public sealed record LessonOnScreen(string Id, LessonSource Source, bool Paused = false, int Item = 0, int Run = 1);

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

    /// <summary>When SAFE OFF was pressed once; a second press confirms it.</summary>
    public TimeSpan? SafeOffAskedAt { get; init; }

    /// <summary>When SAFE OFF was confirmed.</summary>
    public TimeSpan? SwitchingOffSince { get; init; }

    /// <summary>When help was last recorded as asked for.</summary>
    public TimeSpan? HelpRecordedAt { get; init; }
}
