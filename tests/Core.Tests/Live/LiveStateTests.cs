using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class LiveStateTests
{
    private static readonly TimeSpan LostAfter = TimeSpan.FromSeconds(5);
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-03-02T08:10:00Z");

    [Fact]
    public void Before_the_first_segment_a_lesson_has_not_started() =>
        Assert.Equal(new LiveState(LiveStage.NotStarted, null, TimeSpan.Zero), LiveState.Of(null, TimeSpan.FromHours(1), LostAfter));

    [Theory]
    [InlineData(5.0, LiveStage.Live)]
    [InlineData(5.1, LiveStage.Lost)]
    public void Without_news_for_longer_than_normal_it_is_lost(double seconds, LiveStage stage)
    {
        LiveState state = LiveState.Of(PlaylistWindowTests.Of(10, _ => false), TimeSpan.FromSeconds(seconds), LostAfter);
        Assert.Equal(stage, state.Stage);
        Assert.Equal(TimeSpan.FromSeconds(20), state.Edge);
        Assert.Equal(stage == LiveStage.Lost ? TimeSpan.FromSeconds(seconds) : null, state.Lost);
    }

    [Fact]
    public void A_lesson_that_is_over_is_never_lost() =>
        Assert.Equal(LiveStage.Ended, LiveState.Of(PlaylistWindowTests.Of(10, _ => false).End(), TimeSpan.FromHours(1), LostAfter).Stage);

    [Fact]
    public void What_runs_goes_before_gaps_of_what_is_over()
    {
        PlannedLesson running = Lesson("running", LessonStage.Running, 0);
        PlannedLesson over = Lesson("over", LessonStage.Ended, -90);
        PlannedLesson older = Lesson("older", LessonStage.Ended, -900);
        Assert.Equal(["running"], Chosen([older, over, running]));
        Assert.Equal(["over"], Chosen([older, over]));
        Assert.Equal(["older"], Chosen([older, over], complete: "over"));
        Assert.Equal(["older"], Chosen([older, over], resting: "over"));
    }

    [Fact]
    public void A_lesson_about_to_start_is_asked_for_whatever_the_plan_says_yet()
    {
        Assert.Equal(["soon"], Chosen([Lesson("soon", LessonStage.Planned, 1)]));
        Assert.Empty(Chosen([Lesson("later", LessonStage.Planned, 3)]));
        Assert.Empty(Chosen([Lesson("cancelled", LessonStage.Cancelled, 0)]));
        Assert.Empty(Chosen([Lesson("local", LessonStage.Running, 0) with { Live = false }]));
    }

    private static IEnumerable<string> Chosen(PlannedLesson[] lessons, string complete = "", string resting = "") =>
        RestreamChoice.For(new SitePlan(1, "north", LocalText.Of("en", "North"), [], [.. lessons]), id => id == complete, id => id == resting, Now).Select(lesson => lesson.Id);

    private static PlannedLesson Lesson(string id, LessonStage stage, int startsInMinutes) =>
        new(id, LocalText.Of("en", id), "3A", "maths", Now + TimeSpan.FromMinutes(startsInMinutes), TimeSpan.FromMinutes(45), null, true, stage, []);
}
