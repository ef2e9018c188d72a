namespace Edge.Core.Panel;

/// <summary>What the big screen shows: layer 1 the lesson, layer 2 the strip, layer 3 help or QR.</summary>
public static class PanelScreen
{
    public static ScreenView Of(PanelState state, PanelFacts facts)
    {
        LessonOnScreen? shown = state.Lesson;
        PanelLesson? lesson = facts.Lesson(shown?.Id);
        int item = shown is not null && lesson is not null ? PanelDisplay.Item(shown, lesson) : 0;
        return new ScreenView(shown?.Id, shown?.Source, shown?.Paused ?? false, item, shown?.Run ?? 0, state.Overlay, Strip(state, facts, lesson),
            shown is { Source: LessonSource.Live, CatchUp: true } ? shown.LostAt : null);
    }

    private static PanelText? Strip(PanelState state, PanelFacts facts, PanelLesson? lesson) => (state, facts, lesson) switch
    {
        (_, { Power: PowerStatus.SafeToUnplug }, _) => new("panel.strip.unplug"),
        (_, { Power: PowerStatus.ShuttingDown }, _) => new("panel.strip.closing"),
        ({ SwitchingOffSince: not null }, _, _) => new("panel.strip.closing"),
        ({ SafeOffAskedAt: not null }, _, _) => new("panel.strip.safe-off"),
        (_, { Power: PowerStatus.Reserve }, _) => new("panel.strip.reserve"),
        ({ RungAt: not null }, _, _) when facts.Lesson(state.Rung) is { } rings => new("panel.strip.bell", rings.Title.In(state.Language), rings.StartText),
        ({ Lesson.Source: LessonSource.Kit }, _, { Live: LiveStatus.Lost or LiveStatus.Awaited }) => new("panel.strip.stored-copy"),
        ({ Lesson.Source: LessonSource.Live }, _, { Live: LiveStatus.Lost }) => new("panel.strip.lost"),
        ({ Lesson: { Source: not LessonSource.Live, LostAt: not null } }, _, { Live: LiveStatus.On }) => new("panel.strip.live-back-missed"),
        ({ Lesson.Source: not LessonSource.Live }, _, { Live: LiveStatus.On }) => new("panel.strip.live-back"),
        ({ Lesson.Source: LessonSource.Live }, _, { Live: LiveStatus.Awaited, StartText: "" }) => new("panel.strip.awaited"),
        ({ Lesson.Source: LessonSource.Live }, _, { Live: LiveStatus.Awaited }) => new("panel.strip.awaited-at", lesson!.StartText),
        ({ Lesson.Paused: true }, _, _) => new("panel.strip.paused"),
        _ => null,
    };
}
