namespace Edge.Core.Panel;

/// <summary>
/// Something that happened on the panel and that other parts of the box act on or write down. What the screen shows
/// is not an effect: it follows from <see cref="PanelView.Screen"/>, so a screen that missed a moment is right again at the next look.
/// </summary>
public abstract record PanelEffect
{
    private PanelEffect()
    {
    }

    public sealed record StartLesson(string Lesson, LessonSource Source) : PanelEffect;

    /// <summary>The stored copy is left for the live lesson, or a paused live lesson jumps to now.</summary>
    public sealed record BackToLive(string Lesson) : PanelEffect;

    /// <summary>The stored copy is left for what was missed of the live lesson, a little faster until it is live again.</summary>
    public sealed record CatchUp(string Lesson) : PanelEffect;

    /// <summary>Live stood still and the lesson kit took its place; nobody pressed anything.</summary>
    public sealed record FallBackToKit(string Lesson) : PanelEffect;

    /// <summary>The lesson left the screen: it is over or no longer on the box.</summary>
    public sealed record EndLesson(string Lesson) : PanelEffect;

    public sealed record PauseScreen(string Lesson) : PanelEffect;

    public sealed record ResumeScreen(string Lesson) : PanelEffect;

    /// <param name="Item">Item of the kit now on the screen, from 0.</param>
    public sealed record NextItem(string Lesson, int Item) : PanelEffect;

    public sealed record SetLanguage(string Language) : PanelEffect;

    public sealed record ShowHelp : PanelEffect;

    public sealed record ShowStatusQr : PanelEffect;

    /// <summary>Somebody asked for help; to be kept as feedback, with the lesson if one shows.</summary>
    public sealed record RecordHelpRequest(string? Lesson) : PanelEffect;

    /// <summary>Who stands at the box lets in the phone whose number the display shows.</summary>
    public sealed record LetIn(int Number) : PanelEffect;

    /// <summary>Close all and power off.</summary>
    public sealed record SafeOff : PanelEffect;
}
