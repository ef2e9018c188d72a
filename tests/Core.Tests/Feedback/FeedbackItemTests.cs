using CsCheck;
using Edge.Core.Feedback;
using Xunit;

namespace Edge.Core.Tests.Feedback;

public class FeedbackItemTests
{
    [Fact]
    public void An_item_comes_back_as_it_was() => Items.Any.Sample(item => FeedbackItem.Read(item.ToBytes()) == item);

    [Fact]
    public void An_item_cut_anywhere_or_with_a_byte_more_is_none()
    {
        byte[] bytes = Items.Question(7).ToBytes();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Null(FeedbackItem.Read(bytes.AsSpan(0, length)));
        Assert.Null(FeedbackItem.Read([.. bytes, 0]));
    }

    [Fact]
    public void The_longest_text_is_taken_and_one_byte_more_is_not()
    {
        Assert.Equal(FeedbackFault.None, Items.Question(1, new string('a', FeedbackItem.MaxContentBytes)).Fault());
        Assert.Equal(FeedbackFault.TooLong, Items.Question(1, new string('a', FeedbackItem.MaxContentBytes + 1)).Fault());
        Assert.Equal(FeedbackFault.TooLong, Items.Question(1, new string('问', FeedbackItem.MaxContentBytes / 3 + 1)).Fault());
    }

    public static TheoryData<FeedbackFault, FeedbackItem> Faults => new()
    {
        { FeedbackFault.Kind, Items.Question(1) with { Kind = (FeedbackKind)77 } },
        { FeedbackFault.Lesson, Items.Question(1) with { Lesson = "../etc" } },
        { FeedbackFault.Second, Items.Question(1) with { LessonSecond = FeedbackItem.MaxLessonSecond + 1 } },
        { FeedbackFault.Seat, Items.Question(1) with { Seat = new Seat("3A", 0, SeatRole.Pupil) } },
        { FeedbackFault.Seat, Items.Question(1) with { Seat = new Seat("3A", 4, SeatRole.Room) } },
        { FeedbackFault.Seat, Items.Question(1) with { Seat = new Seat("3\0A", 4, SeatRole.Pupil) } },
        { FeedbackFault.Subject, Items.Question(1) with { Kind = FeedbackKind.PollAnswer } },
        { FeedbackFault.Subject, Items.Question(1) with { Subject = "poll-1" } },
        { FeedbackFault.Empty, Items.Question(1, " \n ") },
        { FeedbackFault.Text, Items.Question(1, "bell\u0007") },
        { FeedbackFault.Text, Items.Question(1, "half \uD83D") },
        { FeedbackFault.None, Items.Question(1, "line\nline 😀") },
        { FeedbackFault.None, Items.Question(1, "") with { Kind = FeedbackKind.HelpRequest } },
    };

    [Theory, MemberData(nameof(Faults))]
    public void What_is_wrong_is_said(FeedbackFault expected, FeedbackItem item) => Assert.Equal(expected, item.Fault());

    [Fact]
    public void Ids_come_back_from_their_text()
    {
        var id = new ItemId(0x00FF, ulong.MaxValue);
        Assert.True(ItemId.TryParse(id.ToString(), out ItemId read));
        Assert.Equal(id, read);
        Assert.False(ItemId.TryParse("00000000000000FFffffffffffffffff", out _));
        Assert.False(ItemId.TryParse("ff", out _));
    }
}
