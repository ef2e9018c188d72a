using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Panel;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Panel;

public class PanelViewTests
{
    private static readonly PanelFacts Ready = new() { Power = PowerStatus.Mains, SinceRelay = TimeSpan.Zero, Lessons = [] };

    private static readonly PanelLesson Maths = new("maths-3a")
    {
        Title = LocalText.Of("en", "Maths").And("zh-Hans", "数学"),
        Class = "3A",
        StartText = "08:00",
        Live = LiveStatus.On,
        KitItems = 2,
    };

    [Theory]
    [InlineData(PowerStatus.Starting, "amber slow-blink")]
    [InlineData(PowerStatus.Mains, "green steady")]
    [InlineData(PowerStatus.Reserve, "amber steady")]
    [InlineData(PowerStatus.ShuttingDown, "red blink")]
    [InlineData(PowerStatus.SafeToUnplug, "off")]
    public void Power_lamp(PowerStatus power, string pattern) =>
        Assert.Equal(pattern, View(PanelState.Initial, Ready with { Power = power }).Power.Pattern.Name);

    [Fact]
    public void Link_is_green_for_ten_minutes_after_the_relay_was_reached_and_then_amber()
    {
        Assert.Equal("green steady", Link(TimeSpan.FromMinutes(10)));
        Assert.Equal("amber slow-blink", Link(TimeSpan.FromMinutes(10) + TimeSpan.FromTicks(1)));
        Assert.Equal("amber slow-blink", Link(null));

        static string Link(TimeSpan? since) => View(PanelState.Initial, Ready with { SinceRelay = since }).Link.Pattern.Name;
    }

    [Fact]
    public void Working_from_the_store_is_no_fault_and_shows_no_code() =>
        Assert.Null(View(PanelState.Initial, Ready with { SinceRelay = null }).Display.FaultCode);

    [Fact]
    public void Only_a_fault_that_a_person_can_fix_turns_link_red()
    {
        PanelView view = View(PanelState.Initial, Ready with { SinceRelay = TimeSpan.Zero, LinkFault = PanelFault.NoNetwork });
        Assert.Equal("red steady", view.Link.Pattern.Name);
        Assert.Equal(("11", "11"), (view.Display.FaultCode, view.Display.Digits));
    }

    [Theory]
    [InlineData(LessonSource.Live, LiveStatus.On, false, "green steady")]
    [InlineData(LessonSource.Live, LiveStatus.On, true, "green slow-blink")]
    [InlineData(LessonSource.Live, LiveStatus.Awaited, false, "white slow-blink")]
    [InlineData(LessonSource.Live, LiveStatus.Lost, false, "amber blink")]
    [InlineData(LessonSource.Kit, LiveStatus.Lost, false, "amber blink")]
    [InlineData(LessonSource.Kit, LiveStatus.On, false, "blue pulse")]
    [InlineData(LessonSource.Kit, LiveStatus.None, false, "blue steady")]
    [InlineData(LessonSource.Kit, LiveStatus.None, true, "blue slow-blink")]
    [InlineData(LessonSource.Replay, LiveStatus.Ended, false, "blue steady")]
    public void Lesson_lamp_with_a_lesson_on_the_screen(LessonSource source, LiveStatus live, bool paused, string pattern) =>
        Assert.Equal(pattern, View(
            PanelState.Initial with { Lesson = new LessonOnScreen(Maths.Id, source, paused) },
            Ready with { Lessons = [Maths with { Live = live }] }).Lesson.Pattern.Name);

    [Fact]
    public void Lesson_lamp_is_white_when_one_is_ready_and_off_when_none_is()
    {
        Assert.Equal("white steady", View(PanelState.Initial, Ready with { Lessons = [Maths], DueLesson = Maths.Id }).Lesson.Pattern.Name);
        Assert.Equal("off", View(PanelState.Initial, Ready).Lesson.Pattern.Name);
        Assert.Equal("off", View(PanelState.Initial, Ready with { Lessons = [Maths], DueLesson = null }).Lesson.Pattern.Name);
    }

    [Theory]
    [InlineData(599, 0, "white flash")]
    [InlineData(600, 0, "off")]
    [InlineData(599, 2, "white flash")]
    [InlineData(600, 2, "white steady")]
    public void Feedback_lamp(int acceptedMsAgo, int unsent, string pattern) =>
        Assert.Equal(pattern, View(PanelState.Initial, Ready with { SinceAccepted = TimeSpan.FromMilliseconds(acceptedMsAgo), UnsentItems = unsent })
            .Feedback.Pattern.Name);

    [Fact]
    public void The_display_tells_the_next_lesson_in_the_panels_language()
    {
        PanelFacts facts = Ready with { Lessons = [Maths], DueLesson = Maths.Id };
        Assert.Equal(new DisplayView(PanelIcon.NextLesson, "08:00", new PanelText("panel.line.next", "数学", "3A")), View(PanelState.Initial, facts).Display);
        Assert.Equal("Maths", View(PanelState.Initial with { Language = "en" }, facts).Display.Line.First);
    }

    [Fact]
    public void The_worst_news_wins_on_the_display()
    {
        // Each line makes things worse; what came before must not show through.
        (PanelFacts Facts, string Key)[] worsening =
        [
            (Ready, "panel.line.no-lesson"),
            (Ready with { Lessons = [Maths], DueLesson = Maths.Id }, "panel.line.next"),
            (Ready with { Lessons = [Maths], DueLesson = Maths.Id, SpaceLeftPercent = 6 }, "panel.fault.31"),
            (Ready with { SpaceLeftPercent = 6, ClaimCode = "K7M2QX" }, "panel.line.claim"),
            (Ready with { ClaimCode = "K7M2QX", LinkFault = PanelFault.NoNetwork }, "panel.fault.11"),
            (Ready with { LinkFault = PanelFault.NoNetwork, WeakPower = true }, "panel.fault.42"),
            (Ready with { WeakPower = true, HotCelsius = 78 }, "panel.fault.41"),
            (Ready with { HotCelsius = 78, DiskFailing = true }, "panel.fault.32"),
            (Ready with { DiskFailing = true, Power = PowerStatus.Reserve }, "panel.line.reserve"),
            (Ready with { DiskFailing = true, Power = PowerStatus.ShuttingDown }, "panel.line.closing"),
        ];
        Assert.All(worsening, step => Assert.Equal(step.Key, View(PanelState.Initial, step.Facts).Display.Line.Key));
    }

    [Fact]
    public void A_new_kit_with_fewer_items_shows_its_last_one() =>
        Assert.Equal(1, View(
            PanelState.Initial with { Lesson = new LessonOnScreen(Maths.Id, LessonSource.Kit, Item: 7) },
            Ready with { Lessons = [Maths with { Live = LiveStatus.None }] }).Screen.Item);

    [Fact]
    public void On_any_day_the_view_keeps_its_promises() => PanelGen.Day.Sample(day =>
    {
        PanelState state = PanelState.Initial;
        TimeSpan now = TimeSpan.Zero;
        foreach ((PanelFacts facts, Gesture? gesture, TimeSpan after) in day)
        {
            now += after;
            PanelState before = state;
            (state, ImmutableArray<PanelEffect> effects) = PanelMachine.Step(before, facts, new PanelInput(now, gesture));
            PanelView view = PanelView.Of(state, facts, now);

            Assert.InRange(effects.Length, 0, PanelMachine.MaxEffects);
            Assert.Equal(view, PanelView.Of(state, facts, now));
            Assert.All(Enum.GetValues<PanelLamp>(), lamp => Assert.Contains(view[lamp].Pattern.Colour, (LampColour[])[LampColour.Dark, .. PanelLamps.ColoursOf(lamp)]));
            Assert.Equal(view.Screen.Lesson is null, view.Screen.Source is null);
            if (view.Display.FaultCode is { } code)
                Assert.Equal(code, view.Display.Digits);
            // Only a gesture of SAFE OFF switches off, and never its first press.
            if (effects.Contains(new PanelEffect.SafeOff()))
                Assert.True(gesture is { Button: PanelButton.SafeOff } && (gesture is { Kind: GestureKind.Hold } || before.SafeOffAskedAt is not null));
            // A second look at the same moment changes nothing: faces may ask as often as they like.
            (PanelState again, ImmutableArray<PanelEffect> none) = PanelMachine.Step(state, facts, new PanelInput(now));
            Assert.Equal(state, again);
            Assert.Empty(none);
        }
    }, iter: 3_000);

    private static PanelView View(PanelState state, PanelFacts facts) => PanelView.Of(state, facts, TimeSpan.FromHours(1));
}
