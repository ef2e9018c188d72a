using CsCheck;
using Edge.Core.Feedback;
using Xunit;

namespace Edge.Core.Tests.Feedback;

public sealed class ClassSignalTests
{
    private static readonly Seat Teacher = new("3A", 0, SeatRole.Teacher);

    private static Seat Pupil(int number) => new("3A", number, SeatRole.Pupil);

    private static readonly Gen<(Seat, string, int?)> Signal =
        Gen.Select(Gen.Int[0, 5], Gen.Bool, Gen.Int[0, 900]).Select(drawn => (drawn.Item1 == 0 ? Teacher : Pupil(drawn.Item1), drawn.Item2 || drawn.Item1 == 0 ? ClassSignal.Up : ClassSignal.Down, (int?)drawn.Item3));

    [Fact]
    public void The_last_word_of_a_seat_counts() => Signal.List[0, 40].Sample(signals =>
    {
        foreach (Seat seat in ClassSignal.Raised(signals))
            Assert.Equal(ClassSignal.Up, signals.Last(signal => signal.Item1 == seat).Item2);
        foreach ((Seat seat, string content, int? _) in signals.GroupBy(signal => signal.Item1).Select(of => of.Last()))
            Assert.Equal(content == ClassSignal.Up, ClassSignal.Raised(signals).Contains(seat));
    });

    [Fact]
    public void A_signal_that_comes_twice_is_one_and_keeps_its_place() =>
        Assert.Equal([Pupil(2), Pupil(1)], ClassSignal.Raised([(Pupil(2), "1", 5), (Pupil(1), "1", 6), (Pupil(2), "1", 7)]));

    [Fact]
    public void The_teacher_lowers_all_hands_that_are_up_and_none_that_come_after() =>
        Assert.Equal([Pupil(3)], ClassSignal.Raised([(Pupil(1), "1", 5), (Pupil(2), "1", 6), (Teacher, "0", 9), (Pupil(3), "1", 9)]));

    [Fact]
    public void What_is_older_than_asked_for_has_faded_and_what_knows_no_second_has_not() =>
        Assert.Equal([Pupil(2), Pupil(3)], ClassSignal.Raised([(Pupil(1), "1", 99), (Pupil(2), "1", 100), (Pupil(3), "1", null)], since: 100));

    [Theory]
    [InlineData("1", true)]
    [InlineData("0", true)]
    [InlineData("", false)]
    [InlineData("up", false)]
    public void A_hand_is_up_or_down(string content, bool sound) =>
        Assert.Equal(sound ? FeedbackFault.None : FeedbackFault.Text, (Items.Question(1, content) with { Kind = FeedbackKind.Hand }).Fault());
}
