using CsCheck;
using Edge.Core.Panel;
using Xunit;

namespace Edge.Core.Tests.Panel;

public class ButtonTrackTests
{
    private static readonly ButtonTiming Timing = ButtonTiming.Default;

    [Fact]
    public void A_clean_press_of_an_ordinary_button_is_given_once_and_before_the_finger_leaves() =>
        Assert.Equal([(20, Gesture.Press(PanelButton.Start))], Play(PanelButton.Start, [0, 300], until: 1_000));

    [Fact]
    public void A_press_of_a_button_with_a_long_meaning_is_given_when_the_finger_leaves() =>
        Assert.Equal([(320, Gesture.Press(PanelButton.Help))], Play(PanelButton.Help, [0, 300], until: 1_000));

    [Fact]
    public void A_contact_of_19_ms_is_noise_and_one_of_20_ms_is_a_press()
    {
        Assert.Empty(Play(PanelButton.Start, [0, 19], until: 1_000));
        Assert.Single(Play(PanelButton.Start, [0, 20], until: 1_000));
    }

    [Fact]
    public void Help_let_go_after_4_9_s_is_a_press_and_after_5_s_a_hold()
    {
        Assert.Equal([Gesture.Press(PanelButton.Help)], Play(PanelButton.Help, [0, 4_900], until: 9_000).Select(given => given.Gesture));
        Assert.Equal([Gesture.Press(PanelButton.Help)], Play(PanelButton.Help, [0, 4_999], until: 9_000).Select(given => given.Gesture));
        Assert.Equal([Gesture.Hold(PanelButton.Help)], Play(PanelButton.Help, [0, 5_000], until: 9_000).Select(given => given.Gesture));
    }

    [Fact]
    public void A_hold_is_given_at_5_s_while_the_finger_is_still_there_and_no_press_follows() =>
        Assert.Equal([(5_000, Gesture.Hold(PanelButton.Help))], Play(PanelButton.Help, [0, 20_000], until: 30_000));

    [Fact]
    public void Chatter_while_held_does_not_start_the_count_again() =>
        Assert.Equal([(5_000, Gesture.Hold(PanelButton.Help))], Play(PanelButton.Help, [0, 2_000, 2_010, 4_990, 4_995, 7_000], until: 9_000));

    [Fact]
    public void A_button_found_down_gives_nothing_until_it_was_let_go()
    {
        ButtonTrack track = ButtonTrack.Found(PanelButton.SafeOff, contact: true, At(0));
        (track, Gesture? hold) = track.Settle(At(60_000), Timing);
        (track, Gesture? none) = track.Edge(false, At(60_001), Timing);
        (track, Gesture? leaving) = track.Settle(At(60_100), Timing);
        (track, _) = track.Edge(true, At(61_000), Timing);
        (track, _) = track.Edge(false, At(61_200), Timing);
        (_, Gesture? press) = track.Settle(At(61_300), Timing);
        Assert.Equal([null, null, null, Gesture.Press(PanelButton.SafeOff)], new[] { hold, none, leaving, press });
    }

    [Fact]
    public void Edges_looked_at_late_give_the_same_as_edges_looked_at_in_time() =>
        (from button in Gen.Enum<PanelButton>()
         from gaps in Gen.Frequency((3, Gen.Int[1, 15]), (3, Gen.Int[25, 900]), (1, Gen.Int[5_000, 7_000])).Array[0, 20]
         select (button, gaps)).Sample(run =>
        {
            int[] edges = new int[run.gaps.Length];
            for (int i = 0, at = 100; i < edges.Length; at += run.gaps[i], i++)
                edges[i] = at;
            Gesture[] inTime = [.. Play(run.button, edges, until: 200_000).Select(given => given.Gesture)];
            Gesture[] late = [.. Play(run.button, edges, until: 200_000, lookEvery: 200_000).Select(given => given.Gesture)];
            Assert.Equal(inTime, late);
        });

    [Fact]
    public void Any_bounce_around_one_push_is_one_press() =>
        (from button in Gen.Enum<PanelButton>()
         from closing in Gen.Int[1, 6].Array[0, 9]
         from opening in Gen.Int[1, 6].Array[0, 9]
         select (button, closing, opening)).Sample(push =>
        {
            // An odd number of edges at each end: it starts open, is closed in between, and ends open.
            List<int> edges = [];
            int at = 0;
            foreach (int gap in push.closing.Take(push.closing.Length / 2 * 2).Append(400))
            {
                edges.Add(at);
                at += gap;
            }
            foreach (int gap in push.opening.Take(push.opening.Length / 2 * 2).Append(0))
            {
                edges.Add(at);
                at += gap;
            }
            Assert.Equal([Gesture.Press(push.button)], Play(push.button, [.. edges], until: 2_000).Select(given => given.Gesture));
        });

    /// <summary>The contact is open and changes at each of <paramref name="edges"/> (ms).</summary>
    private static List<(int At, Gesture Gesture)> Play(PanelButton button, int[] edges, int until, int lookEvery = 5)
    {
        ButtonTrack track = ButtonTrack.Found(button, contact: false, At(0));
        List<(int, Gesture)> given = [];
        bool contact = false;
        int next = 0;
        for (int now = 0; now <= until; now += lookEvery)
        {
            for (; next < edges.Length && edges[next] <= now; next++)
            {
                contact = !contact;
                (track, Gesture? atEdge) = track.Edge(contact, At(edges[next]), Timing);
                if (atEdge is { } early)
                    given.Add((now, early));
            }
            // Settling twice: a second look at the same time must give nothing more than what is due.
            for (int look = 0; look < 2; look++)
            {
                (track, Gesture? settled) = track.Settle(At(now), Timing);
                if (settled is { } gesture)
                    given.Add((now, gesture));
            }
        }
        return given;
    }

    private static TimeSpan At(int ms) => TimeSpan.FromMilliseconds(ms);
}
