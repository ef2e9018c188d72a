namespace Edge.Core.Panel;

/// <summary>How a button was used.</summary>
public enum GestureKind
{
    Press,

    /// <summary>Kept down for <see cref="ButtonTiming.Hold"/>. Given while the finger is still on the button, and no press follows it.</summary>
    Hold,
}

/// <summary>What a person did to one button, whichever face it was on.</summary>
public readonly record struct Gesture(PanelButton Button, GestureKind Kind)
{
    /// <summary>With a finger on the box itself, not on a page: whoever lets a teacher's phone in must stand there.</summary>
    public bool AtBox { get; init; }

    public static Gesture Press(PanelButton button) => new(button, GestureKind.Press);

    public static Gesture Hold(PanelButton button) => new(button, GestureKind.Hold);

    /// <summary>True if a long press of <paramref name="button"/> means something else than a short one.
    /// The other buttons answer at once when they go down; these two only when it is clear which of both was meant.</summary>
    public static bool HasHold(PanelButton button) => button is PanelButton.Help or PanelButton.SafeOff;
}
