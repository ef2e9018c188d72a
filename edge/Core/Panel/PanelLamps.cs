using System.Collections.Immutable;

namespace Edge.Core.Panel;

/// <summary>The four lamps as tables, read top-down: the worst news wins.</summary>
public static class PanelLamps
{
    /// <summary>"Relay reached" holds this long.</summary>
    public static TimeSpan RelayFresh { get; } = TimeSpan.FromMinutes(10);

    /// <summary>Every colour that a lamp can be asked to show; its LEDs must be able to.</summary>
    public static ImmutableArray<LampColour> ColoursOf(PanelLamp lamp) => lamp switch
    {
        PanelLamp.Power => [LampColour.Green, LampColour.Amber, LampColour.Red],
        PanelLamp.Link => [LampColour.Green, LampColour.Amber, LampColour.Red],
        PanelLamp.Lesson => [LampColour.White, LampColour.Green, LampColour.Blue, LampColour.Amber],
        PanelLamp.Feedback => [LampColour.White],
        _ => throw new ArgumentOutOfRangeException(nameof(lamp)),
    };

    private static readonly LampView Dark = new(LampPattern.Off, new PanelText("panel.lamp.dark"));

    public static LampView Power(PanelState state, PanelFacts facts) => (state, facts) switch
    {
        (_, { Power: PowerStatus.SafeToUnplug }) => Lamp(LampColour.Dark, LampRhythm.Off, "panel.lamp.power.unplug"),
        (_, { Power: PowerStatus.ShuttingDown }) => Lamp(LampColour.Red, LampRhythm.Blink, "panel.lamp.power.closing"),
        ({ SwitchingOffSince: not null }, _) => Lamp(LampColour.Red, LampRhythm.Blink, "panel.lamp.power.closing"),
        (_, { Power: PowerStatus.Reserve }) => Lamp(LampColour.Amber, LampRhythm.Steady, "panel.lamp.power.reserve"),
        (_, { Power: PowerStatus.Starting }) => Lamp(LampColour.Amber, LampRhythm.SlowBlink, "panel.lamp.power.starting"),
        _ => Lamp(LampColour.Green, LampRhythm.Steady, "panel.lamp.power.ready"),
    };

    public static LampView Link(PanelState state, PanelFacts facts) => (state, facts) switch
    {
        (_, { Power: PowerStatus.SafeToUnplug }) => Dark,
        (_, { LinkFault: { } fault }) => Lamp(LampColour.Red, LampRhythm.Steady, "panel.lamp.link.fault", fault.Code()),
        (_, { SinceRelay: { } since }) when since <= RelayFresh
                                                        => Lamp(LampColour.Green, LampRhythm.Steady, "panel.lamp.link.reached"),
        _ => Lamp(LampColour.Amber, LampRhythm.SlowBlink, "panel.lamp.link.store"),
    };

    public static LampView Lesson(PanelState state, PanelFacts facts)
    {
        PanelLesson? lesson = facts.Lesson(state.Lesson?.Id);
        return (state.Lesson, lesson?.Live, facts) switch
        {
            (_, _, { Power: PowerStatus.SafeToUnplug }) => Dark,
            ({ Source: LessonSource.Live }, LiveStatus.Lost, _) => Lamp(LampColour.Amber, LampRhythm.Blink, "panel.lamp.lesson.lost"),
            ({ Source: LessonSource.Kit }, LiveStatus.Lost, _) => Lamp(LampColour.Amber, LampRhythm.Blink, "panel.lamp.lesson.lost-kit"),
            ({ Source: not LessonSource.Live }, LiveStatus.On, _) => Lamp(LampColour.Blue, LampRhythm.Pulse, "panel.lamp.lesson.live-back"),
            ({ Source: LessonSource.Live }, LiveStatus.Awaited, _) => Lamp(LampColour.White, LampRhythm.SlowBlink, "panel.lamp.lesson.awaited"),
            ({ Source: LessonSource.Live, Paused: true }, _, _) => Lamp(LampColour.Green, LampRhythm.SlowBlink, "panel.lamp.lesson.paused"),
            ({ Source: LessonSource.Live }, _, _) => Lamp(LampColour.Green, LampRhythm.Steady, "panel.lamp.lesson.live"),
            ({ Paused: true }, _, _) => Lamp(LampColour.Blue, LampRhythm.SlowBlink, "panel.lamp.lesson.paused"),
            ({ Source: LessonSource.Kit }, _, _) => Lamp(LampColour.Blue, LampRhythm.Steady, "panel.lamp.lesson.kit"),
            ({ Source: LessonSource.Replay }, _, _) => Lamp(LampColour.Blue, LampRhythm.Steady, "panel.lamp.lesson.replay"),
            _ when PanelMachine.Target(state, facts) is { BestSource: not null } => Lamp(LampColour.White, LampRhythm.Steady, "panel.lamp.lesson.next"),
            _ => Lamp(LampColour.Dark, LampRhythm.Off, "panel.lamp.lesson.none"),
        };
    }

    public static LampView Feedback(PanelState state, PanelFacts facts) => facts switch
    {
        { Power: PowerStatus.SafeToUnplug } => Dark,
        { SinceAccepted: { } since } when since < LampPattern.FlashFor
                                                        => Lamp(LampColour.White, LampRhythm.Flash, "panel.lamp.feedback.accepted"),
        { UnsentItems: > 0 and var waiting } => Lamp(LampColour.White, LampRhythm.Steady, "panel.lamp.feedback.waiting", Number(waiting)),
        _ => Lamp(LampColour.Dark, LampRhythm.Off, "panel.lamp.feedback.none"),
    };

    private static LampView Lamp(LampColour colour, LampRhythm rhythm, string meaning, string? argument = null) =>
        new(new LampPattern(colour, rhythm), new PanelText(meaning, argument));

    private static string Number(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
