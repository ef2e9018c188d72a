namespace Edge.Core.Panel;

public enum LampColour
{
    Dark,
    White,
    Green,
    Amber,
    Red,
    Blue,
}

/// <summary>How a lamp is lit over time. Each rhythm can be told from the others without seeing its colour.</summary>
public enum LampRhythm
{
    Off,
    Steady,

    /// <summary>1 s on, 1 s off: something waits, nothing is wrong.</summary>
    SlowBlink,

    /// <summary>Twice a second: a person should look.</summary>
    Blink,

    /// <summary>Lit, with a short gap every second: goes well, and there is a choice.</summary>
    Pulse,

    /// <summary>Flickers for <see cref="LampPattern.FlashFor"/>, so that it shows on a dark lamp and on one that is lit.
    /// Three flickers at most: more in a second can harm people who are sensitive to light (WCAG 2.2, 2.3.1).</summary>
    Flash,
}

/// <summary>What one lamp shows.</summary>
public readonly record struct LampPattern(LampColour Colour, LampRhythm Rhythm)
{
    public static LampPattern Off { get; } = new(LampColour.Dark, LampRhythm.Off);

    /// <summary>How long a <see cref="LampRhythm.Flash"/> is shown.</summary>
    public static TimeSpan FlashFor { get; } = TimeSpan.FromMilliseconds(600);

    /// <summary>"green steady": colour and rhythm in words, for logs and programs. People get texts from the locale files.</summary>
    public string Name => Rhythm == LampRhythm.Off ? "off" : $"{ColourName} {RhythmName}";

    /// <summary>Text key of the colour's name; a dark lamp has none, its rhythm says "off".</summary>
    public PanelText ColourText => new($"panel.colour.{ColourName}");

    /// <summary>Text key of the rhythm's name.</summary>
    public PanelText RhythmText => new($"panel.rhythm.{RhythmName}");

    public string ColourName => Colour switch
    {
        LampColour.White => "white",
        LampColour.Green => "green",
        LampColour.Amber => "amber",
        LampColour.Red => "red",
        LampColour.Blue => "blue",
        _ => "dark",
    };

    public string RhythmName => Rhythm switch
    {
        LampRhythm.Steady => "steady",
        LampRhythm.SlowBlink => "slow-blink",
        LampRhythm.Blink => "blink",
        LampRhythm.Pulse => "pulse",
        LampRhythm.Flash => "flash",
        _ => "off",
    };

    /// <summary>How long the lamp is lit and then dark, over and over.</summary>
    public (TimeSpan Lit, TimeSpan Dark) Cycle => Rhythm switch
    {
        LampRhythm.Steady => (TimeSpan.FromSeconds(1), TimeSpan.Zero),
        LampRhythm.SlowBlink => (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)),
        LampRhythm.Blink => (TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(250)),
        LampRhythm.Pulse => (TimeSpan.FromMilliseconds(850), TimeSpan.FromMilliseconds(150)),
        LampRhythm.Flash => (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100)),
        _ => (TimeSpan.Zero, TimeSpan.FromSeconds(1)),
    };

    /// <summary>True if the lamp is lit at <paramref name="at"/> on the panel's clock (monotonic, not negative).
    /// All faces count from the same zero, so they blink together.</summary>
    public bool IsLit(TimeSpan at)
    {
        (TimeSpan lit, TimeSpan dark) = Cycle;
        return at.Ticks % (lit + dark).Ticks < lit.Ticks;
    }
}
