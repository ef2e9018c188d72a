using System.Collections.Immutable;

namespace Edge.Core.Panel;

/// <summary>The rules of the panel: what a gesture, or time going by, changes. Every face feeds this one machine.</summary>
public static class PanelMachine
{
    /// <summary>A frozen picture is bridged by the kit after this long: the design allows 2 s, the rest is for the way to the screen.</summary>
    public static TimeSpan FreezeLimit { get; } = TimeSpan.FromSeconds(1.5);

    /// <summary>An ended live lesson stays on the screen this long, for players that lag behind.</summary>
    public static TimeSpan EndLinger { get; } = TimeSpan.FromSeconds(60);

    /// <summary>A bell that rings over another lesson waits this long for a hand that stops it.</summary>
    public static TimeSpan BellPatience { get; } = TimeSpan.FromSeconds(60);

    /// <summary>A live lesson that has not begun this long after its bell is begun from its kit: most likely the link is away.</summary>
    public static TimeSpan AwaitPatience { get; } = TimeSpan.FromMinutes(3);

    /// <summary>What began by itself and is not live leaves the screen this long after its time, if nobody touched it.</summary>
    public static TimeSpan OverLinger { get; } = TimeSpan.FromMinutes(5);

    /// <summary>A choice made with NEXT lapses after this long: a stray press must not mislead the next teacher.</summary>
    public static TimeSpan ChoiceLapse { get; } = TimeSpan.FromSeconds(60);

    /// <summary>The second press of SAFE OFF must come within this time.</summary>
    public static TimeSpan ConfirmWithin { get; } = TimeSpan.FromSeconds(10);

    /// <summary>…and not sooner than this: a nervous double press is one question, not its answer.</summary>
    public static TimeSpan ConfirmAfter { get; } = TimeSpan.FromSeconds(1);

    /// <summary>If the box still runs on mains this long after SAFE OFF was confirmed, closing has failed and the panel works again.</summary>
    public static TimeSpan SwitchOffPatience { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Help is recorded at most once in this time, however often the button is pressed.</summary>
    public static TimeSpan HelpRecordEvery { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Most effects that one step gives.</summary>
    public const int MaxEffects = 8;

    /// <summary>One step. First what time and facts have changed by themselves, then the gesture, then what follows from it:
    /// a second step at the same moment changes nothing more.</summary>
    public static (PanelState State, ImmutableArray<PanelEffect> Effects) Step(PanelState state, PanelFacts facts, PanelInput input)
    {
        ImmutableArray<PanelEffect>.Builder effects = ImmutableArray.CreateBuilder<PanelEffect>(MaxEffects);
        state = Lapse(state, facts, input.At);
        state = Settle(state, facts, input.At, effects);
        if (input.Gesture is { } gesture)
            state = Settle(Act(state, facts, input.At, gesture, effects), facts, input.At, effects);
        return (state, effects.DrainToImmutable());
    }

    /// <summary>What START stands for now: the label and the deed come from this one table.</summary>
    public static StartMeaning MeaningOfStart(PanelState state, PanelFacts facts)
    {
        LessonOnScreen? shown = state.Lesson;
        PanelLesson? lesson = facts.Lesson(shown?.Id);
        bool elsewhere = Target(state, facts)?.Id is { } target && target != shown?.Id;
        return shown switch
        {
            _ when (state.Chosen is not null || state.RungAt is not null) && elsewhere => StartMeaning.Start,
            null => StartMeaning.Start,
            { Source: not LessonSource.Live } or { Paused: true } when lesson is { Live: LiveStatus.On } => StartMeaning.BackToLive,
            { Paused: true } => StartMeaning.Resume,
            _ when elsewhere && lesson is not { Live: LiveStatus.On or LiveStatus.Awaited or LiveStatus.Lost } => StartMeaning.Start,
            _ => StartMeaning.Nothing,
        };
    }

    /// <summary>The lesson START would begin: the chosen one, else the one that is due.</summary>
    public static PanelLesson? Target(PanelState state, PanelFacts facts) => facts.Lesson(state.Chosen) ?? facts.Lesson(facts.DueLesson);

    private static PanelState Lapse(PanelState state, PanelFacts facts, TimeSpan at)
    {
        if (at - state.ChosenAt >= ChoiceLapse || (facts.LessonsKnown && state.Chosen is { } chosen && facts.Lesson(chosen) is null))
            state = state with { Chosen = null, ChosenAt = null };
        if (at - state.LanguageSetAt >= PanelView.LanguageShownFor)
            state = state with { LanguageSetAt = null };
        if (at - state.SafeOffAskedAt >= ConfirmWithin)
            state = state with { SafeOffAskedAt = null };
        if (at - state.SwitchingOffSince >= SwitchOffPatience && facts.Power is not (PowerStatus.ShuttingDown or PowerStatus.SafeToUnplug))
            state = state with { SwitchingOffSince = null };
        return state;
    }

    /// <summary>What follows from the facts by itself, to its end: a lesson that leaves the screen makes way for one whose bell has rung.</summary>
    private static PanelState Settle(PanelState state, PanelFacts facts, TimeSpan at, ImmutableArray<PanelEffect>.Builder effects)
    {
        while (Ring(Follow(state, facts, effects), facts, at, effects) is var next && !ReferenceEquals(next, state))
            state = next;
        return state;
    }

    /// <summary>The timetable: a lesson begins by itself, once. Over another one that is shown it waits for a moment, and any button says no.</summary>
    private static PanelState Ring(PanelState state, PanelFacts facts, TimeSpan at, ImmutableArray<PanelEffect>.Builder effects)
    {
        if (!facts.LessonsKnown || state.SwitchingOffSince is not null || facts.Power is PowerStatus.ShuttingDown or PowerStatus.SafeToUnplug)
            return state;
        if (facts.Bell is { } bell && bell != state.Rung && facts.Lesson(bell) is { BestSource: not null })
        {
            state = state with { Rung = bell, RungAt = state.Lesson is null || state.Lesson.Id == bell ? null : at };
            return state.Lesson is null ? Begin(state, facts, bell, effects) : state;
        }
        if (state.RungAt is not { } since)
            return state;
        if (facts.Bell != state.Rung || state.Lesson is null || state.Lesson.Id == state.Rung)
            state = state with { RungAt = null };
        else if (at - since >= BellPatience)
            return Begin(state with { RungAt = null }, facts, state.Rung!, effects);
        return state.Lesson is null && facts.Bell == state.Rung ? Begin(state, facts, state.Rung!, effects) : state;
    }

    private static PanelState Begin(PanelState state, PanelFacts facts, string bell, ImmutableArray<PanelEffect>.Builder effects)
    {
        if (facts.Lesson(bell) is not { BestSource: { } source } lesson)
            return state;
        effects.Add(new PanelEffect.StartLesson(bell, source));
        return state with { Lesson = new LessonOnScreen(bell, source, Item: source == LessonSource.Kit ? lesson.KitItemNow ?? 0 : 0, Run: (state.Lesson?.Run ?? 0) + 1, ByClock: true) };
    }

    /// <summary>Lets the screen follow the facts: kit for a frozen picture, end of a lesson.</summary>
    private static PanelState Follow(PanelState state, PanelFacts facts, ImmutableArray<PanelEffect>.Builder effects)
    {
        if (state.Lesson is not { } shown || !facts.LessonsKnown)
            return state;
        switch (shown, facts.Lesson(shown.Id))
        {
            case (_, null):
            case ({ Source: LessonSource.Live }, { Live: LiveStatus.None }):
            case ({ Source: LessonSource.Kit }, { KitItems: 0 }):
            case ({ Source: LessonSource.Replay }, { HasReplay: false, Live: not LiveStatus.Ended }):
            case ({ Source: LessonSource.Live, Paused: false }, { Live: LiveStatus.Ended } ended) when ended.LiveFor >= EndLinger:
            case ({ Source: not LessonSource.Live, ByClock: true, Paused: false }, { OverFor: var over, Live: not LiveStatus.On }) when over >= OverLinger:
                effects.Add(new PanelEffect.EndLesson(shown.Id));
                return state with { Lesson = null };

            case ({ Source: LessonSource.Live, Paused: false }, { Live: LiveStatus.Lost, KitItems: > 0 } lost) when lost.LiveFor >= FreezeLimit:
                effects.Add(new PanelEffect.FallBackToKit(shown.Id));
                return state with { Lesson = shown with { Source = LessonSource.Kit, Item = lost.KitItemNow ?? 0, Run = shown.Run + 1, ByClock = true, LostAt = (int)lost.Edge.TotalSeconds, CatchUp = false } };

            case ({ Source: LessonSource.Live, Paused: false }, { Live: LiveStatus.Awaited, KitItems: > 0 } late) when late.DueFor >= AwaitPatience && late.OverFor == TimeSpan.Zero:
                effects.Add(new PanelEffect.FallBackToKit(shown.Id));
                return state with { Lesson = shown with { Source = LessonSource.Kit, Item = 0, Run = shown.Run + 1, ByClock = true, LostAt = 0, CatchUp = false } };

            case ({ Source: LessonSource.Kit, ByClock: true, Paused: false }, { KitItemNow: { } now } kit) when now != shown.Item && now < kit.KitItems:
                return state with { Lesson = shown with { Item = now } };

            default:
                return state;
        }
    }

    private static PanelState Act(PanelState state, PanelFacts facts, TimeSpan at, Gesture gesture, ImmutableArray<PanelEffect>.Builder effects)
    {
        if (state.SwitchingOffSince is not null || facts.Power is PowerStatus.ShuttingDown or PowerStatus.SafeToUnplug)
            return state;
        if (gesture.Button == PanelButton.SafeOff)
            return SafeOff(state, at, gesture.Kind, effects);

        // Any other button takes the question back and does nothing else: somebody was not sure.
        if (state.SafeOffAskedAt is not null)
            return state with { SafeOffAskedAt = null };

        if (gesture is { Button: PanelButton.Help, AtBox: true } && facts.Door is { } door && (!door.Hold || gesture.Kind == GestureKind.Hold))
        {
            effects.Add(new PanelEffect.LetIn(door.Number));
            return state;
        }

        // A hand on the lesson: from now on it goes by hand. START over a bell that waits goes to the lesson that rang.
        if (gesture.Button is PanelButton.Pause or PanelButton.Next && state.Overlay == ScreenOverlay.None)
            state = state with { RungAt = null, Lesson = state.Lesson is { } taken ? taken with { ByClock = false } : null };

        return (gesture.Button, state.Overlay) switch
        {
            (PanelButton.Help, _) => Help(state, at, gesture.Kind, effects),
            (PanelButton.Language, _) => NextLanguage(state, facts, at, effects),
            (PanelButton.Pause or PanelButton.Next, not ScreenOverlay.None) => state with { Overlay = ScreenOverlay.None },
            (PanelButton.Start, _) => Start(state with { Overlay = ScreenOverlay.None }, facts, effects) with { RungAt = null },
            (PanelButton.Pause, _) => Pause(state, facts, effects),
            _ => Next(state, facts, at, effects),
        };
    }

    private static PanelState Start(PanelState state, PanelFacts facts, ImmutableArray<PanelEffect>.Builder effects)
    {
        LessonOnScreen? shown = state.Lesson;
        switch (MeaningOfStart(state, facts))
        {
            case StartMeaning.BackToLive:
                effects.Add(new PanelEffect.BackToLive(shown!.Id));
                return Chose(shown with { Source = LessonSource.Live, Paused = false, Item = 0, Run = shown.Run + 1, CatchUp = false });

            case StartMeaning.Resume:
                return Resume(state, facts, shown!, effects) with { Chosen = null, ChosenAt = null };

            case StartMeaning.Start when Target(state, facts) is { BestSource: { } source } target:
                effects.Add(new PanelEffect.StartLesson(target.Id, source));
                return Chose(new LessonOnScreen(target.Id, source, Run: (shown?.Run ?? 0) + 1));

            default:
                return state;
        }

        PanelState Chose(LessonOnScreen lesson) => state with { Lesson = lesson, Chosen = null, ChosenAt = null };
    }

    private static PanelState Pause(PanelState state, PanelFacts facts, ImmutableArray<PanelEffect>.Builder effects)
    {
        if (state.Lesson is not { } shown)
            return state;
        if (shown.Paused)
            return Resume(state, facts, shown, effects);
        effects.Add(new PanelEffect.PauseScreen(shown.Id));
        return state with { Lesson = shown with { Paused = true } };
    }

    /// <summary>Goes on where it stopped. A lesson that ended meanwhile goes on as a replay, or <see cref="Follow"/> would take it away.</summary>
    private static PanelState Resume(PanelState state, PanelFacts facts, LessonOnScreen shown, ImmutableArray<PanelEffect>.Builder effects)
    {
        bool ended = facts.Lesson(shown.Id) is { Live: LiveStatus.Ended };
        effects.Add(new PanelEffect.ResumeScreen(shown.Id));
        return state with
        {
            Lesson = shown with { Paused = false, Source = ended && shown.Source == LessonSource.Live ? LessonSource.Replay : shown.Source },
        };
    }

    private static PanelState Next(PanelState state, PanelFacts facts, TimeSpan at, ImmutableArray<PanelEffect>.Builder effects)
    {
        if (state.Lesson is { Source: LessonSource.Kit, LostAt: not null } lost && facts.Lesson(lost.Id) is { Live: LiveStatus.On })
        {
            effects.Add(new PanelEffect.CatchUp(lost.Id));
            return state with { Lesson = lost with { Source = LessonSource.Live, Paused = false, Item = 0, Run = lost.Run + 1, CatchUp = true } };
        }

        if (state.Lesson is { Source: LessonSource.Kit } shown && shown.Item + 1 < facts.Lesson(shown.Id)?.KitItems)
        {
            effects.Add(new PanelEffect.NextItem(shown.Id, shown.Item + 1));
            return state with { Lesson = shown with { Item = shown.Item + 1, Paused = false } };
        }

        if (!facts.LessonsKnown || facts.Lessons.IsEmpty)
            return state;
        string? from = state.Chosen ?? state.Lesson?.Id ?? facts.DueLesson;
        int index = facts.Lessons.IndexOf(facts.Lessons.FirstOrDefault(lesson => lesson.Id == from)!);
        return state with { Chosen = facts.Lessons[(index + 1) % facts.Lessons.Length].Id, ChosenAt = at };
    }

    private static PanelState NextLanguage(PanelState state, PanelFacts facts, TimeSpan at, ImmutableArray<PanelEffect>.Builder effects)
    {
        if (facts.Languages.IsDefaultOrEmpty)
            return state;
        string language = facts.Languages[(facts.Languages.IndexOf(state.Language) + 1) % facts.Languages.Length];
        effects.Add(new PanelEffect.SetLanguage(language));
        return state with { Language = language, LanguageSetAt = at };
    }

    private static PanelState Help(PanelState state, TimeSpan at, GestureKind kind, ImmutableArray<PanelEffect>.Builder effects)
    {
        switch (kind, state.Overlay)
        {
            case (GestureKind.Hold, not ScreenOverlay.StatusQr):
                effects.Add(new PanelEffect.ShowStatusQr());
                return state with { Overlay = ScreenOverlay.StatusQr };

            case (GestureKind.Press, ScreenOverlay.None):
                effects.Add(new PanelEffect.ShowHelp());
                state = state with { Overlay = ScreenOverlay.Help };
                if (at - state.HelpRecordedAt < HelpRecordEvery)
                    return state;
                effects.Add(new PanelEffect.RecordHelpRequest(state.Lesson?.Id));
                return state with { HelpRecordedAt = at };

            default:
                return state with { Overlay = ScreenOverlay.None };
        }
    }

    /// <summary>Two deliberate presses, or one long one: no single touch of a pupil or of the page ends a lesson.</summary>
    private static PanelState SafeOff(PanelState state, TimeSpan at, GestureKind kind, ImmutableArray<PanelEffect>.Builder effects)
    {
        if (kind == GestureKind.Press && state.SafeOffAskedAt is null)
            return state with { SafeOffAskedAt = at };
        if (kind == GestureKind.Press && at - state.SafeOffAskedAt < ConfirmAfter)
            return state;
        effects.Add(new PanelEffect.SafeOff());
        return state with { SafeOffAskedAt = null, SwitchingOffSince = at };
    }
}
