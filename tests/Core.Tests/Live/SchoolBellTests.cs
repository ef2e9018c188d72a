using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Live;

public class SchoolBellTests
{
    private static readonly DateTimeOffset Eight = new(2026, 9, 1, 8, 0, 0, TimeSpan.FromHours(8));

    [Theory]
    [InlineData(-1, null)]
    [InlineData(0, "maths")]
    [InlineData(39, "maths")]
    [InlineData(40, null)]
    [InlineData(50, "art")]
    [InlineData(90, null)]
    public void A_lesson_rings_from_its_start_to_its_end(int minute, string? rings) =>
        Assert.Equal(rings, SchoolBell.At([Lesson("maths", 0), Lesson("art", 50)], "", Eight.AddMinutes(minute))?.Id);

    [Fact]
    public void What_the_relay_says_runs_rings_whatever_the_clock_says()
    {
        PlannedLesson maths = Lesson("maths", 0) with { Stage = LessonStage.Running };
        foreach (DateTimeOffset? now in (DateTimeOffset?[])[null, DateTimeOffset.UnixEpoch, Eight.AddYears(70)])
            Assert.Equal("maths", SchoolBell.At([maths], "", now)?.Id);
    }

    [Theory]
    [InlineData(LessonStage.Cancelled)]
    [InlineData(LessonStage.Ended)]
    public void A_lesson_that_was_cancelled_or_ended_does_not_ring(LessonStage stage) =>
        Assert.Null(SchoolBell.At([Lesson("maths", 0) with { Stage = stage }], "", Eight.AddMinutes(10)));

    [Theory]
    [InlineData(10, null)]
    [InlineData(60, "maths")]
    public void A_school_with_other_bells_is_shown_the_lesson_at_its_own(int minute, string? rings)
    {
        PlannedLesson later = Lesson("maths", 0) with { Bell = Eight.AddMinutes(60) };
        foreach (LessonStage stage in (LessonStage[])[LessonStage.Planned, LessonStage.Running, LessonStage.Ended])
            Assert.Equal(rings, SchoolBell.At([later with { Stage = stage }], "", Eight.AddMinutes(minute))?.Id);
    }

    [Theory]
    [InlineData("", "maths")]
    [InlineData("4b", "art")]
    [InlineData("9Z", "maths")]
    public void Of_two_at_once_the_class_before_the_screen_goes_first_and_then_the_one_that_began(string here, string rings) =>
        Assert.Equal(rings, SchoolBell.At([Lesson("art", 10) with { Class = "4B" }, Lesson("maths", 0)], here, Eight.AddMinutes(15))?.Id);

    [Theory]
    [InlineData("1970-01-01", false)]
    [InlineData("2026-08-30", false)]
    [InlineData("2026-08-31T12:00:00Z", true)]
    [InlineData("2027-09-01", true)]
    [InlineData("2028-09-01", false)]
    [InlineData("2099-01-01", false)]
    public void A_clock_that_cannot_be_right_is_not_gone_by(string own, bool believed)
    {
        var clock = DateTimeOffset.Parse(own, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal);
        Assert.Equal(believed ? clock : null, SchoolBell.Now(null, clock, Eight));
        Assert.Equal(Eight.AddHours(1), SchoolBell.Now(Eight.AddHours(1), clock, Eight));
        Assert.Null(SchoolBell.Now(null, clock, null));
    }

    private static PlannedLesson Lesson(string id, int minute) =>
        new(id, LocalText.Of("en", id), "3A", "s", Eight.AddMinutes(minute), TimeSpan.FromMinutes(40), null, true, LessonStage.Planned, []);
}
