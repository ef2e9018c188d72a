using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Content;

public class EvictionTests
{
    private static readonly DateTimeOffset Day = DateTimeOffset.UnixEpoch;

    [Fact]
    public void Former_versions_go_first_then_what_no_plan_names_the_oldest_first_then_what_is_needed_latest()
    {
        SitePlan plan = Plan([Wanted("soon", 1), Wanted("later", 5), Wanted("whenever", null), Wanted("lesser", null, priority: 7)]);
        HeldPack[] held =
        [
            Shown(1, "soon"), Shown(2, "lesser"), Shown(3, "dropped-b"), Shown(4, "whenever"), Shown(5, "dropped-a"), Shown(6, "later"), new(7, "soon", 0, false, false),
        ];
        Assert.Equal(["soon 0", "dropped-b 1", "dropped-a 1", "lesser 1", "whenever 1", "later 1"], Names(Eviction.Order(held, plan, "new", 1), plan with { Packs = [.. plan.Packs, Wanted("new", 0)] }, held, "new"));
    }

    [Fact]
    public void The_version_that_shows_stays_until_the_planned_one_shows()
    {
        SitePlan plan = Plan([Wanted("fractions", 1, version: 2)]);
        Assert.Empty(Eviction.Order([Shown(1, "fractions"), new(2, "fractions", 2, false, false)], plan, "fractions", 2));
        Assert.Equal(["fractions 1"], Eviction.Order([new(1, "fractions", 1, false, false), new(2, "fractions", 2, true, false)], plan, "other", 1).Select(Name));
    }

    [Fact]
    public void Kits_of_the_next_lessons_and_pinned_packs_go_last_and_never_while_a_lesson_needs_them()
    {
        SitePlan plan = Plan([Wanted("kit-running", null), Wanted("kit-next", null), Wanted("kit-second", null), Wanted("pinned", null, pinned: true), Wanted("due", 1), Wanted("wanted", 0)],
            Lesson("a", 1, "kit-running", LessonStage.Running), Lesson("b", 2, "kit-next"), Lesson("c", 3, "kit-second"), Lesson("d", 4, "pinned-not"), Lesson("e", 0, "kit-over", LessonStage.Ended));
        HeldPack[] held = [Shown(1, "kit-running"), Shown(2, "kit-next"), Shown(3, "kit-second"), Shown(4, "pinned"), Shown(5, "due"), Shown(6, "kit-over"), new(7, "mine", 1, true, true)];
        Assert.Equal(["kit-over 1", "due 1"], Eviction.Order(held, plan, "wanted", 1).Select(Name));
        Assert.Equal(["kit-over 1", "due 1", "pinned 1", "mine 1", "kit-second 1"], Eviction.Order([.. held.Where(pack => pack.Pack != "kit-next")], plan, "kit-next", 1).Select(Name));
    }

    [Fact]
    public void The_clock_may_lie_the_order_asks_no_clock_and_overdue_is_most_wanted()
    {
        SitePlan plan = Plan([Wanted("overdue", -10_000), Wanted("far", 40_000), Wanted("new", 0)]);
        Assert.Equal(["far 1"], Eviction.Order([Shown(1, "overdue"), Shown(2, "far")], plan, "new", 1).Select(Name));
    }

    [Fact]
    public void Two_packs_never_push_each_other_out_by_turns() => (
        from days in Gen.Int[0, 3].Array[6]
        from priorities in Gen.Int[0, 2].Array[6]
        from bits in Gen.Int[0, 63]
        select (days, priorities, bits)).Sample(drawn =>
    {
        PlannedPack[] packs = [.. Enumerable.Range(0, 6).Where(i => (drawn.bits >> i & 1) == 1).Select(i => Wanted($"p{i}", drawn.days[i], priority: drawn.priorities[i]))];
        SitePlan plan = Plan([.. packs], Lesson("a", 1, "p0"), Lesson("b", 2, "p1"));
        HeldPack[] all = [.. Enumerable.Range(0, 6).Select(i => Shown(i + 1, $"p{i}"))];
        foreach (HeldPack one in all)
        {
            foreach (HeldPack other in all.Where(pack => pack != one))
            {
                bool gives = Eviction.Order([other], plan, one.Pack, 2).Length > 0;
                bool takes = Eviction.Order([one], plan, other.Pack, 2).Length > 0;
                Assert.False(gives && takes, $"{one.Pack} and {other.Pack}");
            }
        }
    });

    private static string[] Names(ImmutableArray<HeldPack> withoutGoal, SitePlan plan, HeldPack[] held, string goal)
    {
        // A pack that no plan names pushes out nothing that a plan names.
        Assert.DoesNotContain(withoutGoal, pack => plan.Packs.Any(planned => planned.Pack == pack.Pack && pack.Shown));
        return [.. Eviction.Order(held, plan, goal, 1).Select(Name).Where(name => name != "soon 1")];
    }

    private static string Name(HeldPack pack) => $"{pack.Pack} {pack.Version}";

    private static HeldPack Shown(long holder, string pack) => new(holder, pack, 1, true, false);

    private static PlannedPack Wanted(string pack, int? day, long version = 1, int priority = 0, bool pinned = false) =>
        new(pack, version, day is { } days ? Day.AddDays(days) : null, priority, pinned);

    private static PlannedLesson Lesson(string id, int day, string kit, LessonStage stage = LessonStage.Planned) =>
        new(id, LocalText.Of("en", id), "3A", "", Day.AddDays(day), TimeSpan.FromMinutes(40), kit, true, stage, []);

    private static SitePlan Plan(ImmutableArray<PlannedPack> packs, params PlannedLesson[] lessons) => new(1, "hill", LocalText.Of("en", "Hill"), packs, [.. lessons]);
}
