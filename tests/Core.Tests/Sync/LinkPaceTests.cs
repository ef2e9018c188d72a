using Edge.Core.Feedback;
using Edge.Core.Sync;
using Xunit;

namespace Edge.Core.Tests.Sync;

public class LinkPaceTests
{
    private const int Fleet = 6000;
    private const int PerSecond = 50;
    private static readonly TimeSpan GivesUpAfter = TimeSpan.FromSeconds(10);

    /// <summary>All boxes at once: with the spread that the relay asks for nobody is turned away; without it many are. The relay serves in order of arrival and works for those too who have left.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void In_a_storm_of_all_boxes_the_first_attempts_are_spread_over_minutes(int seed)
    {
        TimeSpan spread = TimeSpan.FromSeconds(LinkPace.SpreadFor(Fleet, PerSecond));
        Assert.InRange(spread, TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(30));
        Assert.Equal(0, Wasted(spread, new Random(seed)));
        Assert.True(Wasted(TimeSpan.FromSeconds(5), new Random(seed)) > Fleet);
    }

    [Fact]
    public void A_small_fleet_waits_for_nothing_and_a_huge_one_no_longer_than_half_an_hour()
    {
        Assert.Equal(0, LinkPace.SpreadFor(2, 50));
        Assert.Equal(LinkPace.MaxSpreadSeconds, LinkPace.SpreadFor(1_000_000, 50));
        Assert.Equal(0, LinkPace.WaitFor(200, 200));
        Assert.Equal(0, LinkPace.WaitFor(399, 200));
        Assert.Equal(250, LinkPace.WaitFor(400, 200));
        Assert.Equal(LinkPace.MaxWaitMs, LinkPace.WaitFor(1_000_000, 200));
    }

    [Fact]
    public void A_box_dials_by_how_its_link_ended()
    {
        TimeSpan first = TimeSpan.FromSeconds(2), cap = TimeSpan.FromMinutes(5), spread = TimeSpan.FromMinutes(2);
        TimeSpan After(LinkEnd end, TimeSpan spread, double draw) => Redial.After(end, new Backoff(1), spread, draw, first, cap);
        Assert.Equal(TimeSpan.FromMinutes(1), After(LinkEnd.Closed, spread, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(1), After(LinkEnd.Closed, TimeSpan.FromSeconds(1), 0.5));
        Assert.Equal(TimeSpan.FromSeconds(1), After(LinkEnd.Silent, spread, 0.5));
        Assert.Equal(cap / 2, After(LinkEnd.TakenOver, spread, 0));
    }

    [Fact]
    public void The_silence_doubles_while_the_link_stands_it_and_halves_when_it_does_not()
    {
        TimeSpan minute = TimeSpan.FromMinutes(1), cap = 20 * minute;
        var keepAlive = new KeepAlive(5 * minute);
        Assert.Equal(10 * minute, (keepAlive = keepAlive.Answered(cap)).Interval);
        Assert.Equal(20 * minute, (keepAlive = keepAlive.Answered(cap)).Interval);
        Assert.Equal(20 * minute, (keepAlive = keepAlive.Answered(cap)).Interval);
        Assert.Equal(10 * minute, (keepAlive = keepAlive.Died(minute)).Interval);
        // What it did not stand is not tried again soon.
        for (int i = 1; i < KeepAlive.TryAgainAfter; i++)
            Assert.Equal(10 * minute, (keepAlive = keepAlive.Answered(cap)).Interval);
        Assert.Equal(20 * minute, keepAlive.Answered(cap).Interval);
        Assert.Equal(minute, new KeepAlive(minute).Died(minute).Interval);
    }

    [Fact]
    public void When_the_outbox_is_full_peoples_work_is_refused_last()
    {
        int[] order = [.. ((FeedbackKind[])[FeedbackKind.Attendance, FeedbackKind.PollAnswer, FeedbackKind.Question, FeedbackKind.ExerciseAnswer]).Select(OutboxRoom.PercentFor)];
        Assert.Equal([80, 90, 95, 100], order);
        Assert.Equal(100, OutboxRoom.PercentFor(FeedbackKind.HelpRequest));
        Assert.True(OutboxRoom.Fits(FeedbackKind.Attendance, 700, 100, 1000));
        Assert.False(OutboxRoom.Fits(FeedbackKind.Attendance, 701, 100, 1000));
        Assert.True(OutboxRoom.Fits(FeedbackKind.HelpRequest, 900, 100, 1000));
    }

    private static int Wasted(TimeSpan spread, Random chance)
    {
        var attempts = new PriorityQueue<int, TimeSpan>();
        for (int box = 0; box < Fleet; box++)
            attempts.Enqueue(0, chance.NextDouble() * spread);
        TimeSpan free = default, each = TimeSpan.FromSeconds(1) / PerSecond;
        int wasted = 0;
        while (attempts.TryDequeue(out int failures, out TimeSpan at))
        {
            TimeSpan served = (free > at ? free : at) + each;
            free = served;
            if (served - at <= GivesUpAfter)
                continue;
            wasted++;
            var backoff = new Backoff(failures + 1);
            attempts.Enqueue(failures + 1, at + GivesUpAfter + backoff.Delay(chance.NextDouble(), TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5)));
        }
        return wasted;
    }
}
