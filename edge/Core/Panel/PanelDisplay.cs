using System.Globalization;
using Edge.Core.Content;

namespace Edge.Core.Panel;

/// <summary>The small display as one table, read top-down: what ends the lesson first, then what a hand just did, then what a
/// person can mend, then the lesson. "No link" is not in it: working from the store is the normal state.</summary>
public static class PanelDisplay
{
    /// <param name="at">Now, on the panel's monotonic clock.</param>
    public static DisplayView Of(PanelState state, PanelFacts facts, TimeSpan at)
    {
        LessonOnScreen? shown = state.Lesson;
        PanelLesson? lesson = facts.Lesson(shown?.Id);
        return (state, facts) switch
        {
            (_, { Power: PowerStatus.SafeToUnplug }) => new(PanelIcon.Power, "", new("panel.line.unplug")),
            (_, { Power: PowerStatus.ShuttingDown }) => new(PanelIcon.Power, "", new("panel.line.closing")),
            ({ SwitchingOffSince: not null }, _) => new(PanelIcon.Power, "", new("panel.line.closing")),
            ({ SafeOffAskedAt: { } asked }, _) => new(PanelIcon.Power, SecondsLeft(asked, at), new("panel.line.safe-off")),
            (_, { Door: { } door }) => new(PanelIcon.Help, Number(door.Number), new(door.Hold ? "panel.line.door.hold" : "panel.line.door")),
            ({ LanguageSetAt: not null }, _) => new(PanelIcon.Language, "", new("panel.line.language")),
            ({ Chosen: not null }, _) => Choice(PanelMachine.Target(state, facts), state.Language),
            ({ Overlay: ScreenOverlay.StatusQr }, _) => new(PanelIcon.Qr, "", new("panel.line.qr")),
            ({ Overlay: ScreenOverlay.Help }, _) => new(PanelIcon.Help, "", new("panel.line.help")),
            (_, { Power: PowerStatus.Reserve }) => new(PanelIcon.Reserve, "", new("panel.line.reserve")),
            (_, { DiskFailing: true }) => Fault(PanelIcon.Fault, PanelFault.DiskFailing),
            (_, { HotCelsius: { } degrees }) => Fault(PanelIcon.Hot, PanelFault.Hot, Number(degrees)),
            (_, { WeakPower: true }) => Fault(PanelIcon.Fault, PanelFault.WeakPower),
            (_, { LinkFault: { } fault }) => Fault(PanelIcon.Fault, fault),
            // What became of a stick is news; that one is being read is none to a class.
            (_, { Usb: { Outcome: not (UsbOutcome.Reading or UsbOutcome.NoBundle) } usb }) => Stick(usb),
            _ when shown is not null && lesson is not null => OnScreen(shown, lesson, state.Language),
            (_, { Power: PowerStatus.Starting }) => new(PanelIcon.Starting, "", new("panel.line.starting")),
            (_, { Usb: { Outcome: UsbOutcome.Reading } usb }) => Stick(usb),
            (_, { ClaimCode: { } code }) => new(PanelIcon.Claim, code, new("panel.line.claim", code)),
            (_, { SpaceLeftPercent: { } percent }) => Fault(PanelIcon.Space, PanelFault.SpaceLow, Number(percent)),
            _ when facts.Lesson(facts.DueLesson) is { } due => Upcoming(due, state.Language),
            _ => new(PanelIcon.Ready, "", new("panel.line.no-lesson")),
        };
    }

    private static DisplayView Stick(UsbBundleReport usb) =>
        new(PanelIcon.Stick, usb.Outcome == UsbOutcome.Reading ? Number(usb.Percent) + "%" : "", new($"panel.usb.{usb.Outcome.ToString().ToLowerInvariant()}"));

    private static DisplayView OnScreen(LessonOnScreen shown, PanelLesson lesson, string language) => (shown, lesson) switch
    {
        ({ Source: not LessonSource.Replay }, { Live: LiveStatus.Lost })
            => new(PanelIcon.LiveLost, "−" + Minutes(lesson.LiveFor), new(shown.Source == LessonSource.Kit ? "panel.line.lost-kit" : "panel.line.lost")),
        ({ Source: not LessonSource.Live }, { Live: LiveStatus.On })
            => new(PanelIcon.Live, "", new("panel.line.live-back")),
        ({ Paused: true }, _)
            => new(PanelIcon.Paused, lesson.StartText, new("panel.line.paused", lesson.Title.In(language), lesson.Class)),
        ({ Source: LessonSource.Live }, { Live: LiveStatus.Awaited })
            => new(PanelIcon.Awaited, lesson.StartText, new("panel.line.awaited", lesson.Title.In(language), lesson.Class)),
        ({ Source: LessonSource.Live }, _)
            => new(PanelIcon.Live, lesson.StartText, new("panel.line.live", lesson.Title.In(language), lesson.Class)),
        ({ Source: LessonSource.Kit }, _)
            => new(PanelIcon.Kit, $"{Item(shown, lesson) + 1}/{lesson.KitItems}", new("panel.line.kit", lesson.Title.In(language), lesson.Class)),
        _
            => new(PanelIcon.Replay, lesson.StartText, new("panel.line.replay", lesson.Title.In(language), lesson.Class)),
    };

    private static DisplayView Upcoming(PanelLesson lesson, string language) =>
        new(PanelIcon.NextLesson, lesson.StartText, new("panel.line.next", lesson.Title.In(language), lesson.Class));

    private static DisplayView Choice(PanelLesson? chosen, string language) => chosen switch
    {
        null => new(PanelIcon.Ready, "", new("panel.line.no-lesson")),
        { BestSource: null } => new(PanelIcon.NextLesson, chosen.StartText, new("panel.line.not-here", chosen.Title.In(language), chosen.Class)),
        _ => new(PanelIcon.NextLesson, chosen.StartText, new("panel.line.chosen", chosen.Title.In(language), chosen.Class)),
    };

    private static DisplayView Fault(PanelIcon icon, PanelFault fault, string? number = null) =>
        new(icon, fault.Code(), fault.Line() with { First = number }, fault.Code());

    /// <summary>A new kit may have fewer items than the one whose item is remembered.</summary>
    internal static int Item(LessonOnScreen shown, PanelLesson lesson) => Math.Clamp(shown.Item, 0, Math.Max(0, lesson.KitItems - 1));

    private static string SecondsLeft(TimeSpan asked, TimeSpan at) =>
        Number((int)Math.Ceiling((PanelMachine.ConfirmWithin - (at - asked)).TotalSeconds));

    private static string Minutes(TimeSpan span) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Min(99, (int)span.TotalMinutes):00}:{span.Seconds:00}");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
