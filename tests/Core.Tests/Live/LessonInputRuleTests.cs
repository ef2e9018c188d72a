using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Live;

/// <summary>Lessons that a school takes in by itself: when, until when, by which road, with which dates.</summary>
public sealed class LessonInputRuleTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-03-02T08:00:00Z");
    private static readonly PlannedLesson Lesson = new("songs", LocalText.Of("en", "Songs"), "3A", "music", Start, TimeSpan.FromMinutes(45), null, true, LessonStage.Planned, []) { Source = "udp://239.1.2.3:5000" };

    [Theory]
    [InlineData(-121, false)]
    [InlineData(-119, true)]
    [InlineData(45 * 60 + 299, true)]
    [InlineData(45 * 60 + 300, false)]
    public void It_is_looked_for_from_shortly_before_its_bell_to_shortly_after_its_end(int second, bool chosen)
    {
        DateTimeOffset now = Start + TimeSpan.FromSeconds(second);
        Assert.Equal(chosen, !RestreamChoice.For(Plan(Lesson), _ => false, _ => false, now).IsEmpty);
        Assert.Equal(!chosen && second > 0, RestreamChoice.IsOver(Lesson, now));
    }

    [Fact]
    public void When_nobody_knows_the_time_only_what_the_relay_says_to_run_runs()
    {
        Assert.Empty(RestreamChoice.For(Plan(Lesson), _ => false, _ => false, null));
        Assert.Single(RestreamChoice.For(Plan(Lesson with { Stage = LessonStage.Running }), _ => false, _ => false, null));
        Assert.False(RestreamChoice.IsOver(Lesson, null));
    }

    [Theory]
    [InlineData(LessonStage.Ended, true)]
    [InlineData(LessonStage.Cancelled, true)]
    [InlineData(LessonStage.Running, false)]
    public void What_the_relay_says_goes_before_the_hour(LessonStage stage, bool over)
    {
        Assert.Equal(over, RestreamChoice.IsOver(Lesson with { Stage = stage }, Start));
        Assert.Equal(over, RestreamChoice.IsOver(Lesson with { Stage = stage }, Start.AddDays(1)));
        Assert.True(RestreamChoice.IsOver(null, null));
    }

    [Theory]
    [InlineData("", "3A", null)]
    [InlineData("3a=udp://239.1.2.3:1", "3A", "udp://239.1.2.3:1")]
    [InlineData("4B=udp://239.1.2.3:1 *=satip://r/?freq=1=2", "3A", "satip://r/?freq=1=2")]
    [InlineData("Class_3=rtp://@239.1.2.3:5", "Class 3", "rtp://@239.1.2.3:5")]
    [InlineData("4B=udp://239.1.2.3:1", "3A", null)]
    public void A_school_names_sources_of_its_classes(string text, string @class, string? source)
    {
        Assert.True(LessonSources.TryParse(text, out LessonSources sources));
        Assert.Equal(source, sources.For(Lesson with { Class = @class, Source = null }).Source);
        Assert.Equal(Lesson.Source, sources.For(Lesson with { Class = @class }).Source);
        Assert.Null(sources.For(Lesson with { Class = @class, Source = null, Live = false }).Source);
    }

    [Theory]
    [InlineData("3A")]
    [InlineData("3A=/etc/passwd")]
    [InlineData("=udp://239.1.2.3:1")]
    [InlineData("3A=udp://239.1.2.3")]
    public void What_is_no_source_of_a_class_is_refused(string text) => Assert.False(LessonSources.TryParse(text, out _));

    [Theory]
    [InlineData(14.9, 0, true, InputRoad.Own)]
    [InlineData(15, 0, true, InputRoad.Relay)]
    [InlineData(3000, 0, false, InputRoad.Own)]
    public void The_relays_copy_stands_in_for_a_dead_source(double silence, double good, bool relayHas, InputRoad road) =>
        Assert.Equal(road, Rules.Next(InputRoad.Own, TimeSpan.FromSeconds(silence), TimeSpan.FromSeconds(good), relayHas));

    [Theory]
    [InlineData(19.9, InputRoad.Relay)]
    [InlineData(20, InputRoad.Own)]
    public void A_source_that_was_dead_is_taken_again_when_it_has_been_good_for_a_while(double good, InputRoad road) =>
        Assert.Equal(road, Rules.Next(InputRoad.Relay, TimeSpan.Zero, TimeSpan.FromSeconds(good), relayHas: true));

    private static InputRoadRules Rules => new(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20));

    [Theory]
    [InlineData(null, false, null, 600, 598)]  // the first, ten minutes late
    [InlineData(null, false, null, null, 0)]   // nobody knows the time
    [InlineData(null, false, null, 900_000, 0)] // a clock that cannot be right
    [InlineData(100, false, 50, 600, 100)]     // it follows on: whatever any clock says
    [InlineData(100, true, 30, 900_000, 128)]  // after a break: by the monotonic clock
    [InlineData(100, true, 1, 0, 100)]         // never back
    [InlineData(100, true, null, 600, 598)]    // after a restart: by the clock
    [InlineData(100, true, null, 50, 100)]     // never back
    [InlineData(100, true, null, null, 100)]
    public void A_segment_is_dated_by_what_can_be_believed(int? until, bool broken, int? since, int? now, int date) =>
        Assert.Equal(Start.AddSeconds(date), InputDate.Of(Lesson, TimeSpan.FromSeconds(2), until is { } u ? Start.AddSeconds(u) : null, broken,
            since is { } s ? TimeSpan.FromSeconds(s) : null, now is { } n ? Start.AddSeconds(n) : null));

    private static SitePlan Plan(params PlannedLesson[] lessons) => new(1, "north", LocalText.Of("en", "North"), [], [.. lessons]);
}
