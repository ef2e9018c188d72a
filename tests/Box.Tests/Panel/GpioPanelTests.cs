using System.Device.Gpio;
using CsCheck;
using Edge.Box.Panel;
using Edge.Core.Panel;
using Edge.Core.Tests.Panel;
using Edge.Hardware;
using TestKit.Panel;
using Xunit;

namespace Edge.Box.Tests.Panel;

public class GpioPanelTests
{
    [Fact]
    public void A_bouncing_contact_is_one_press()
    {
        using PanelBench bench = new();
        bench.Contacts(PanelButton.Start, 0, 1, 2, 3, 7, 8, 12, 15, 16, 300, 301, 304, 305, 311);
        bench.Run(1_000);
        Assert.Equal([Gesture.Press(PanelButton.Start)], bench.FromPins);
    }

    [Fact]
    public void Any_bounce_shorter_than_the_debounce_time_is_one_press_whenever_the_loop_looks() =>
        (from button in Gen.Enum<PanelButton>()
         from closing in Gen.Int[1, 7].Array[0, 8]
         from opening in Gen.Int[1, 7].Array[0, 8]
         from phase in Gen.Int[0, 20]
         select (button, closing, opening, phase)).Sample(push =>
        {
            using PanelBench bench = new();
            bench.Run(push.phase);
            List<int> edges = [0];
            foreach (int gap in push.closing.Take(push.closing.Length / 2 * 2))
                edges.Add(edges[^1] + gap);
            edges.Add(edges[^1] + 150);
            foreach (int gap in push.opening.Take(push.opening.Length / 2 * 2))
                edges.Add(edges[^1] + gap);
            bench.Contacts(push.button, [.. edges]);
            bench.Run(edges[^1] + 100);
            Assert.Equal([Gesture.Press(push.button)], bench.FromPins);
        }, iter: 200);

    [Fact]
    public void Help_for_4_9_seconds_is_a_press_and_for_5_seconds_a_hold()
    {
        foreach ((int downFor, GestureKind kind) in new[] { (4_900, GestureKind.Press), (4_999, GestureKind.Press), (5_000, GestureKind.Hold), (12_000, GestureKind.Hold) })
        {
            using PanelBench bench = new();
            bench.Contacts(PanelButton.Help, 0, downFor);
            bench.Run(15_000);
            Assert.Equal([new Gesture(PanelButton.Help, kind)], bench.FromPins);
        }
    }

    [Fact]
    public void The_hold_shows_while_the_finger_is_still_on_the_button()
    {
        using PanelBench bench = new();
        bench.Contacts(PanelButton.Help, 0);
        bench.Run(5_050);
        Assert.Equal(ScreenOverlay.StatusQr, bench.Hub.Current.View.Screen.Overlay);
    }

    [Fact]
    public void Buttons_pushed_together_each_count_once_and_in_a_set_order()
    {
        using PanelBench bench = new();
        foreach (PanelButton button in Enum.GetValues<PanelButton>())
            bench.Contacts(button, 0, 2, 3, 200, 203, 204);
        bench.Run(1_000);
        Assert.Equal(Enum.GetValues<PanelButton>().Order(), bench.FromPins.Select(gesture => gesture.Button).Order());
        Assert.All(bench.FromPins, gesture => Assert.Equal(GestureKind.Press, gesture.Kind));
        Assert.Equal(
            [PanelButton.Start, PanelButton.Pause, PanelButton.Next, PanelButton.Language, PanelButton.Help, PanelButton.SafeOff],
            bench.FromPins.Select(gesture => gesture.Button));
    }

    [Fact]
    public void One_button_held_does_not_hide_another()
    {
        using PanelBench bench = new();
        bench.Contacts(PanelButton.Help, 0, 6_000);
        bench.Contacts(PanelButton.Language, 1_000, 1_100, 2_000, 2_100);
        bench.Run(7_000);
        Assert.Equal([Gesture.Press(PanelButton.Language), Gesture.Press(PanelButton.Language), Gesture.Hold(PanelButton.Help)], bench.FromPins);
    }

    [Fact]
    public void Lost_edges_cost_no_press_and_leave_no_button_stuck()
    {
        using PanelBench bench = new();
        bench.Driver.LosesEdges = true;
        bench.Push(PanelButton.Start);
        bench.Driver.LosesEdges = false;
        bench.Push(PanelButton.Start);
        Assert.Equal([Gesture.Press(PanelButton.Start), Gesture.Press(PanelButton.Start)], bench.FromPins);
    }

    [Fact]
    public void A_contact_that_chatters_faster_than_the_queue_takes_is_survived()
    {
        using PanelBench bench = new();
        for (int edge = 0; edge < GpioPanel.EdgeQueue * 4; edge++)
            bench.Driver.Contact(bench.PinOf(PanelButton.Start), edge % 2 == 0);
        bench.Run(100);
        Assert.Empty(bench.FromPins);
        bench.Push(PanelButton.Start);
        Assert.Equal([Gesture.Press(PanelButton.Start)], bench.FromPins);
    }

    [Fact]
    public void A_crushed_safe_off_does_not_switch_off_at_every_start()
    {
        using PanelBench bench = new(driver: time =>
        {
            SimulatedGpioDriver driver = new(time);
            driver.Contact(new ButtonPins().SafeOff, closed: true);
            return driver;
        });
        bench.Run(30_000);
        Assert.Empty(bench.FromPins);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Boards_may_close_to_ground_or_supply_and_bring_their_own_resistors(bool activeLow, bool pulls)
    {
        using PanelBench bench = new(
            new PanelGpioOptions { ButtonsActiveLow = activeLow },
            time => new SimulatedGpioDriver(time) { ContactsTo = activeLow ? PinValue.Low : PinValue.High, HasPulls = pulls });
        bench.Push(PanelButton.Next);
        Assert.Equal([Gesture.Press(PanelButton.Next)], bench.FromPins);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lamps_on_pins_are_lit_when_the_rule_says_so(bool lampsActiveLow)
    {
        using PanelBench bench = new(new PanelGpioOptions { LampsActiveLow = lampsActiveLow });
        PanelLesson lesson = new("maths-3a") { Live = LiveStatus.On, KitItems = 2 };
        PanelFacts[] day =
        [
            new() { Power = PowerStatus.Starting },
            new() { Power = PowerStatus.Mains, Lessons = [lesson], DueLesson = lesson.Id, SinceRelay = TimeSpan.Zero },
            new() { Power = PowerStatus.Mains, Lessons = [lesson with { Live = LiveStatus.Lost, LiveFor = TimeSpan.FromMinutes(1) }], UnsentItems = 3 },
            new() { Power = PowerStatus.Mains, Lessons = [lesson], SinceAccepted = TimeSpan.Zero },
            new() { Power = PowerStatus.Reserve, Lessons = [lesson], LinkFault = PanelFault.NoNetwork },
            new() { Power = PowerStatus.ShuttingDown },
            new() { Power = PowerStatus.SafeToUnplug },
        ];
        HashSet<string> seen = [];
        foreach (PanelFacts facts in day)
        {
            bench.Facts = facts;
            if (facts.DueLesson is not null)
                bench.Push(PanelButton.Start);
            bench.Run(200);
            bench.Watch = () =>
            {
                PanelView view = bench.Hub.Current.View;
                foreach (PanelLamp lamp in Enum.GetValues<PanelLamp>())
                {
                    seen.Add(view[lamp].Pattern.Name);
                    // Pins follow at the tick: what they show was true not longer than one tick ago.
                    int[] lit = bench.LitPins(lamp);
                    Assert.Contains(Enumerable.Range(0, (int)bench.Options.Tick.TotalMilliseconds + 1).Select(ms => bench.Now - TimeSpan.FromMilliseconds(ms)),
                        at => bench.ExpectedPins(lamp, view[lamp].Pattern, at).SequenceEqual(lit));
                }
            };
            bench.Run(4_100);
            bench.Watch = null;
        }
        Assert.All(Enum.GetValues<PanelLamp>(), lamp => Assert.Empty(bench.LitPins(lamp)));
        Assert.Equal(
            ["amber blink", "amber slow-blink", "amber steady", "blue pulse", "blue steady", "green steady", "off", "red blink", "red steady", "white flash", "white steady"],
            seen.Order());
    }

    [Fact]
    public void A_slow_blink_on_the_pin_changes_once_a_second()
    {
        using PanelBench bench = new();
        bench.Run(10_100);
        TimeSpan[] changes = [.. bench.Driver.Written(bench.Options.Link.Red).Skip(2).Select(written => written.At)];
        Assert.InRange(changes.Length, 8, 10);
        Assert.All(changes.Zip(changes.Skip(1), (earlier, later) => later - earlier), gap => Assert.InRange(gap.TotalMilliseconds, 980, 1_020));
    }

    [Fact]
    public void At_the_end_all_lamps_are_dark_and_all_pins_given_back()
    {
        PanelBench bench = new();
        bench.Run(1_000);
        Assert.NotEmpty(bench.LitPins(PanelLamp.Power));
        bench.Dispose();
        Assert.Empty(bench.Driver.OpenPins);
        Assert.All(Enum.GetValues<PanelLamp>(), lamp => Assert.Empty(bench.LitPins(lamp)));
        Assert.All(Enum.GetValues<PanelButton>(), button => Assert.False(bench.Driver.IsWatched(bench.PinOf(button))));
    }

    [Fact]
    public void The_faces_agree_on_any_day()
    {
        Gen.Select(PanelGen.Day, Gen.Bool.Array[40]).Sample((day, byPins) =>
        {
            using PanelBench bench = new();
            PanelHub pageOnly = new(PanelState.Initial, () => bench.Facts, 64, bench.Time);
            int step = 0;
            foreach ((PanelFacts facts, Gesture? gesture, TimeSpan after) in day)
            {
                bench.Facts = facts;
                bench.Run(TimeSpan.FromMilliseconds(Math.Min(200, after.TotalMilliseconds) + 100));
                pageOnly.Evaluate();
                while (bench.Hub.Effects.TryRead(out _) | pageOnly.Effects.TryRead(out _))
                {
                    // Acted upon.
                }
                if (gesture is { } given)
                {
                    // A page has no long press for buttons without a long meaning, and neither have the pins.
                    if (!Gesture.HasHold(given.Button))
                        given = Gesture.Press(given.Button);
                    if (byPins[step % byPins.Length])
                    {
                        bench.FromPins.Clear();
                        bench.Watch = () =>
                        {
                            // The page of the other box is pressed in the same millisecond.
                            if (bench.FromPins.Count == 1 && bench.Watch is not null)
                            {
                                bench.Watch = null;
                                pageOnly.Press(bench.FromPins[0]);
                            }
                        };
                        bench.Do(given);
                        Assert.Equal([given], bench.FromPins);
                    }
                    else
                    {
                        bench.Hub.Press(given);
                        pageOnly.Press(given);
                    }
                }
                step++;
                bench.Run(200);
                bench.Hub.Evaluate();
                pageOnly.Evaluate();
                Assert.Equal(pageOnly.Current.View, bench.Hub.Current.View);

                TimeSpan at = bench.Now;
                bench.Pins.Turn(bench.Hub.Current.View);
                PanelFace page = PanelFace.Of(bench.Hub.Current, at, (_, key, _) => key);
                foreach (LampFace lamp in page.Lamps)
                {
                    bool lit = page.AtMs % (lamp.LitMs + lamp.DarkMs) < lamp.LitMs;
                    LampColour colour = Enum.Parse<LampColour>(lamp.Colour, ignoreCase: true);
                    Assert.Equal(lit ? bench.Options.Lamp(lamp.Lamp).LitFor(colour).Order() : [], bench.LitPins(lamp.Lamp));
                }
            }
        }, iter: 100);
    }

    [Fact]
    public void All_faces_show_the_same_within_200_ms()
    {
        PanelLesson lesson = new("maths-3a") { Live = LiveStatus.On };
        for (int phase = 0; phase < 100; phase += 7)
        {
            using PanelBench bench = new();
            bench.Facts = bench.Facts with { Lessons = [lesson], DueLesson = lesson.Id };
            bench.Run(500 + phase);

            // A press on the pins, seen on the page.
            bench.Contacts(PanelButton.Start, 0, 1, 3, 50);
            Assert.InRange(Until(() => bench.Hub.Current.View.Screen.Lesson == lesson.Id), 0, 199);
            Assert.InRange(Until(() => bench.LitPins(PanelLamp.Lesson) is [var pin] && pin == bench.Options.Lesson.Green), 0, 199);
            bench.Run(200);

            // A press on the page, seen on the pins.
            bench.Hub.Press(Gesture.Hold(PanelButton.SafeOff));
            Assert.InRange(Until(() => bench.Driver.Output(bench.Options.Power.Green) == PinValue.Low), 0, 199);

            // A fact that changes, seen on both.
            bench.Facts = bench.Facts with { Power = PowerStatus.SafeToUnplug };
            Assert.InRange(Until(() => bench.Hub.Current.View.Power.Pattern == LampPattern.Off
                && Enum.GetValues<PanelLamp>().All(lamp => bench.LitPins(lamp).Length == 0)), 0, 199);

            int Until(Func<bool> shown)
            {
                int waited = 0;
                for (; !shown() && waited < 1_000; waited++)
                    bench.Run(1);
                return waited;
            }
        }
    }

    [Fact]
    public void The_pin_map_that_comes_with_the_board_is_sound() => Assert.Empty(new PanelGpioOptions().Problems());

    [Fact]
    public void A_pin_map_with_a_mistake_says_which()
    {
        Assert.Equal(["Panel:Gpio: pin 5 is used 2 times"], new PanelGpioOptions { Buttons = new ButtonPins { Help = 5 } }.Problems());
        Assert.Equal(["Panel:Gpio: there is no pin 512"], new PanelGpioOptions { Buttons = new ButtonPins { Help = 512 } }.Problems());
        Assert.Equal(
            ["Panel:Gpio:Lesson: its pins cannot show White", "Panel:Gpio:Lesson: its pins cannot show Blue"],
            new PanelGpioOptions { Lesson = new LampPins { Red = 16, Green = 19 } }.Problems());
    }

    [Fact]
    public void A_board_may_lack_a_lamp_or_a_button()
    {
        PanelGpioOptions options = new() { Feedback = new LampPins(), Buttons = new ButtonPins { Language = LampPins.NoPin } };
        Assert.Empty(options.Problems());
        using PanelBench bench = new(options);
        bench.Push(PanelButton.Start);
        Assert.Equal([Gesture.Press(PanelButton.Start)], bench.FromPins);
    }
}
