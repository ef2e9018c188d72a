namespace Edge.Core.Panel;

/// <summary>One lamp and what it means now, in words.</summary>
public readonly record struct LampView(LampPattern Pattern, PanelText Meaning);

/// <summary>The small display: always an icon, big digits (may be empty) and one short line.</summary>
/// <param name="FaultCode">Two digits to look up on the label; null = no fault shown. Then <paramref name="Digits"/> shows them too.</param>
public readonly record struct DisplayView(PanelIcon Icon, string Digits, PanelText Line, string? FaultCode = null);

/// <summary>What the big screen shows. It says all: a screen that just connected needs nothing else.</summary>
/// <param name="Lesson">Lesson on the screen; null = the idle picture.</param>
/// <param name="Source">Where the lesson comes from; null = the idle picture.</param>
/// <param name="Item">Item of the kit, from 0.</param>
/// <param name="Run">When it grows, begin afresh: at the live edge, or at the start of kit or replay.</param>
/// <param name="Strip">Thin line over the lesson; null = none.</param>
/// <param name="From">Whole second of the lesson to begin at, and to catch up with live from, a little faster; null = as <paramref name="Source"/> says.</param>
public readonly record struct ScreenView(
    string? Lesson, LessonSource? Source, bool Paused, int Item, int Run, ScreenOverlay Overlay, PanelText? Strip, int? From = null);

/// <summary>All that any face shows, derived from state and facts alone. Equal views look equal.</summary>
public sealed record PanelView
{
    /// <summary>The display names a newly set language this long.</summary>
    public static TimeSpan LanguageShownFor { get; } = TimeSpan.FromSeconds(3);

    public required string Language { get; init; }
    public required LampView Power { get; init; }
    public required LampView Link { get; init; }
    public required LampView Lesson { get; init; }
    public required LampView Feedback { get; init; }
    public required DisplayView Display { get; init; }
    public required ScreenView Screen { get; init; }

    /// <summary>What the green button says: its deed now.</summary>
    public required PanelText StartLabel { get; init; }

    /// <summary>The green button is lit: live is back, and a press goes there.</summary>
    public required bool StartGlows { get; init; }

    /// <summary>SAFE OFF was pressed once and waits for its confirmation.</summary>
    public required bool SafeOffAsked { get; init; }

    public LampView this[PanelLamp lamp] => lamp switch
    {
        PanelLamp.Power => Power,
        PanelLamp.Link => Link,
        PanelLamp.Lesson => Lesson,
        PanelLamp.Feedback => Feedback,
        _ => throw new ArgumentOutOfRangeException(nameof(lamp)),
    };

    /// <param name="at">Now, on the panel's monotonic clock.</param>
    public static PanelView Of(PanelState state, PanelFacts facts, TimeSpan at)
    {
        StartMeaning start = PanelMachine.MeaningOfStart(state, facts);
        return new PanelView
        {
            Language = state.Language,
            Power = PanelLamps.Power(state, facts),
            Link = PanelLamps.Link(state, facts),
            Lesson = PanelLamps.Lesson(state, facts),
            Feedback = PanelLamps.Feedback(state, facts),
            Display = PanelDisplay.Of(state, facts, at),
            Screen = PanelScreen.Of(state, facts),
            StartLabel = new PanelText(start switch
            {
                StartMeaning.BackToLive => "panel.button.back-to-live",
                StartMeaning.Resume => "panel.button.resume",
                _ => "panel.button.start",
            }),
            StartGlows = start == StartMeaning.BackToLive,
            SafeOffAsked = state.SafeOffAskedAt is not null,
        };
    }
}
