using CsCheck;
using Edge.Core.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class RestreamPlanTests
{
    [Fact]
    public void A_box_that_joins_late_fetches_from_the_start()
    {
        RestreamPlan plan = RestreamPlan.For(RestreamCursor.AtStart, Window(100), UpstreamList.Window);
        Assert.Equal(UpstreamList.Recording, plan.AskFor);
        plan = RestreamPlan.For(plan.Cursor, PlaylistWindowTests.Of(100, _ => false).Whole("o"), UpstreamList.Recording);
        Assert.Equal(0, plan.Fetch[0].Entry.Sequence);
        Assert.Equal(100, plan.Fetch.Length);
        Assert.All(plan.Fetch, wanted => Assert.False(wanted.Discontinuity));
    }

    [Fact]
    public void After_an_outage_the_oldest_missing_comes_first_and_nothing_is_skipped()
    {
        RestreamPlan plan = RestreamPlan.For(At(95), Window(100), UpstreamList.Delta);
        Assert.Equal([95L, 96, 97, 98, 99], plan.Fetch.Select(wanted => wanted.Entry.Sequence));
        Assert.Equal(0, plan.Lost);
    }

    [Fact]
    public void What_slid_out_everywhere_is_counted_as_lost_and_marked()
    {
        RestreamPlan plan = RestreamPlan.For(At(50), Window(100), UpstreamList.Recording);
        Assert.Equal(94 - 50, plan.Lost);
        Assert.True(plan.Fetch[0].Discontinuity);
        Assert.False(plan.Fetch[1].Discontinuity);
    }

    [Fact]
    public void A_new_origin_is_a_new_numbering_and_breaks_the_timeline()
    {
        MediaPlaylist other = Window(5) with { Origin = "other" };
        RestreamPlan once = RestreamPlan.For(At(90), other, UpstreamList.Window);
        Assert.False(once.Restarted);
        Assert.Empty(once.Fetch);
        RestreamPlan plan = RestreamPlan.For(once.Cursor, other, UpstreamList.Window);
        Assert.True(plan.Restarted);
        Assert.Equal(0, plan.Fetch[0].Entry.Sequence);
        Assert.True(plan.Fetch[0].Discontinuity);
    }

    [Fact]
    public void A_list_without_a_name_never_replaces_a_named_origin()
    {
        RestreamCursor at = At(90);
        for (int i = 0; i < 5; i++)
            at = RestreamPlan.For(at, PlaylistWindowTests.Of(3, _ => false).End().Whole(), UpstreamList.Window).Cursor;
        Assert.Equal(("o", 90, 0), (at.Origin, at.Next, at.Ends));
    }

    [Fact]
    public void One_stale_list_changes_nothing_and_without_a_named_origin_two_are_a_restart()
    {
        MediaPlaylist old = Window(40) with { Origin = null };
        RestreamCursor at = At(90) with { Origin = "" };
        RestreamPlan once = RestreamPlan.For(at, old, UpstreamList.Window);
        Assert.Empty(once.Fetch);
        Assert.False(once.Restarted);
        Assert.Equal(90, once.Cursor.Next);
        Assert.True(RestreamPlan.For(once.Cursor, old, UpstreamList.Recording).Restarted);
    }

    [Fact]
    public void A_stale_list_of_the_same_origin_is_never_a_restart()
    {
        RestreamCursor at = At(90);
        for (int i = 0; i < 10; i++)
        {
            RestreamPlan plan = RestreamPlan.For(at, Window(40), UpstreamList.Recording);
            Assert.False(plan.Restarted);
            Assert.Empty(plan.Fetch);
            at = plan.Cursor;
        }
        Assert.Equal(90, at.Next);
    }

    [Fact]
    public void The_end_counts_when_two_lists_say_so_and_all_is_published()
    {
        MediaPlaylist ended = PlaylistWindowTests.Of(100, _ => false).End().Whole("o");
        RestreamPlan once = RestreamPlan.For(At(100), ended, UpstreamList.Window);
        Assert.False(once.Over);
        Assert.True(RestreamPlan.For(once.Cursor, ended, UpstreamList.Window).Over);
        Assert.False(RestreamPlan.For(once.Cursor with { Next = 99 }, ended, UpstreamList.Window).Over);
        Assert.Equal(2, RestreamPlan.Unchanged(once.Cursor).Ends);
    }

    [Theory]
    [InlineData(60, 0)]
    [InlineData(61, 55)]
    public void Order_is_held_up_to_a_bound_and_beyond_it_the_live_edge_comes_next(int behind, long passed)
    {
        MediaPlaylist list = PlaylistWindowTests.Of(200, _ => false).Newest(TimeSpan.FromMinutes(15), "o", TimeSpan.Zero, false, true);
        RestreamPlan plan = RestreamPlan.For(At(200 - behind), list, UpstreamList.Delta, TimeSpan.FromSeconds(120));
        Assert.Equal((passed, 0L, passed > 0), (plan.Passed, plan.Lost, plan.Fetch[0].Discontinuity));
        Assert.Equal(200 - behind + passed, plan.Fetch[0].Entry.Sequence);
        // A lesson that is over has no edge to go to.
        Assert.Equal(0, RestreamPlan.For(At(200 - behind), list with { Ended = true }, UpstreamList.Delta, TimeSpan.FromSeconds(120)).Passed);
    }

    [Fact]
    public void What_a_rung_lacks_is_asked_of_others_and_is_a_loss_only_when_none_has_it()
    {
        PlaylistWindow source = PlaylistWindowTests.Of(20, _ => false);
        MediaPlaylist rung = PlaylistWindow.Start(TimeSpan.FromSeconds(4)).WithGaps(source, 3).With(source.Segments[3]).WithGaps(source, 5).With(source.Segments[5]).Whole("o");
        RestreamPlan plan = RestreamPlan.For(At(3), rung, UpstreamList.Delta, null, othersMayHave: true);
        Assert.Equal([3L], plan.Fetch.Select(wanted => wanted.Entry.Sequence));
        Assert.Equal(4, plan.Gap);
        plan = RestreamPlan.For(At(3), rung, UpstreamList.Delta);
        Assert.Equal([(3L, 3L, false), (5L, 4L, true)], plan.Fetch.Select(wanted => (wanted.Entry.Sequence, wanted.From, wanted.Discontinuity)));
        Assert.Equal(1, plan.Lost);
    }

    [Fact]
    public void Whatever_lists_arrive_the_cursor_only_moves_forward_within_one_origin() =>
        Gen.Select(Gen.Int[0, 120], Gen.Int[0, 2], Gen.Bool).Array[1, 40].Sample(lists =>
        {
            RestreamCursor at = RestreamCursor.AtStart;
            foreach ((int length, int kind, bool take) in lists)
            {
                RestreamPlan plan = RestreamPlan.For(at, Window(length), (UpstreamList)kind);
                Assert.True(plan.Cursor.Next >= at.Next);
                Assert.Equal(plan.Fetch.OrderBy(w => w.Entry.Sequence), plan.Fetch);
                at = plan.Cursor;
                if (take && plan.Fetch.Length > 0)
                    at = at.After(plan.Fetch[0].Entry.Sequence, plan.Fetch[0].Entry.ProgramTime!.Value + plan.Fetch[0].Entry.Duration);
            }
        });

    private static MediaPlaylist Window(int count) => PlaylistWindowTests.Of(count, _ => false).Newest(TimeSpan.FromSeconds(12), "o", TimeSpan.Zero, false, true);

    private static RestreamCursor At(long next) => new("o", next, DateTimeOffset.UnixEpoch, false, 0, 0);
}
