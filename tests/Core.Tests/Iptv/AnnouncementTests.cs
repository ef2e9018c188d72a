using System.Text;
using Edge.Core.Content;
using Edge.Core.Iptv;
using Edge.Core.Live;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Iptv;

public sealed class AnnouncementTests
{
    private static readonly LessonAnnouncement Fractions = new("fractions", "分数", "3A maths", 0xC0A8_0A01, 0xEFFF_2A07, 5004, 1, Rtp: true);

    [Fact]
    public void A_description_says_all_that_a_player_needs()
    {
        string[] lines = Fractions.Sdp.Split("\r\n");
        Assert.Equal("v=0", lines[0]);
        Assert.Matches(@"^o=- \d+ 1 IN IP4 192\.168\.10\.1$", lines[1]);
        Assert.Equal(["s=分数", "i=3A maths", "c=IN IP4 239.255.42.7/1", "t=0 0", "a=tool:edge-box", "a=type:broadcast", "a=recvonly", "m=video 5004 RTP/AVP 33", "a=rtpmap:33 MP2T/90000", ""], lines[2..]);
        Assert.EndsWith("m=video 5004 udp 33\r\n", (Fractions with { Rtp = false }).Sdp, StringComparison.Ordinal);
    }

    [Fact]
    public void A_title_cannot_add_lines_and_is_never_empty()
    {
        Assert.Contains("\r\ns=ac=IN IP4 1.2.3.4\r\n", (Fractions with { Title = "a\r\nc=IN IP4 1.2.3.4" }).Sdp, StringComparison.Ordinal);
        Assert.Contains("\r\ns= \r\n", (Fractions with { Title = "\n" }).Sdp, StringComparison.Ordinal);
        Assert.InRange((Fractions with { Title = new string('数', 5000), Description = new string('数', 5000) }).ToPacket(withdrawn: false).Length, 100, 1024);
    }

    [Fact]
    public void An_announcement_and_its_withdrawal_name_the_same_session()
    {
        byte[] announced = Fractions.ToPacket(withdrawn: false);
        byte[] withdrawn = Fractions.ToPacket(withdrawn: true);
        Assert.Equal((0x20, 0x24), (announced[0], withdrawn[0]));
        Assert.Equal(announced[1..], withdrawn[1..]);
        Assert.Equal([192, 168, 10, 1], announced[4..8]);
        Assert.NotEqual(0, announced[2] << 8 | announced[3]);
        Assert.StartsWith("application/sdp\0v=0\r\n", Encoding.UTF8.GetString(announced[8..]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_follows_from_the_lesson_and_no_two_lessons_share_one()
    {
        PlannedLesson[] day = [.. Enumerable.Range(0, 40).Select(n => Lesson($"lesson-{n}", n))];
        var groups = MulticastGroups.For(day, 0xEFFF_2A00, 64);
        Assert.Equal(40, groups.Values.Distinct().Count());
        Assert.All(groups.Values, group => Assert.InRange(group, 0xEFFF_2A00, 0xEFFF_2A3F));
        Assert.Equal(groups["lesson-0"], MulticastGroups.For([day[0]], 0xEFFF_2A00, 64)["lesson-0"]);
        Assert.Equal(groups, MulticastGroups.For(day.Reverse(), 0xEFFF_2A00, 64));
        // More lessons than groups: the last ones have none.
        Assert.Equal(16, MulticastGroups.For(day, 0xEFFF_2A00, 16).Count);
    }

    [Theory]
    [InlineData(LessonStage.Running, LiveStage.Live, true)]
    [InlineData(LessonStage.Planned, LiveStage.Live, true)]     // the plan that says it runs comes late
    [InlineData(LessonStage.Running, LiveStage.Lost, false)]
    [InlineData(LessonStage.Running, LiveStage.NotStarted, false)]
    [InlineData(LessonStage.Ended, LiveStage.Live, false)]      // its gaps are filled
    [InlineData(LessonStage.Cancelled, LiveStage.Live, false)]
    public void A_lesson_begins_with_its_first_new_picture(LessonStage planned, LiveStage state, bool begins) =>
        Assert.Equal(begins, MulticastChoice.Begins(Lesson("one", 0) with { Stage = planned }, state));

    [Theory]
    [InlineData(LessonStage.Running, LiveStage.Lost, true, true)]      // an outage
    [InlineData(LessonStage.Running, LiveStage.Ended, true, false)]
    [InlineData(LessonStage.Ended, LiveStage.Ended, false, true)]      // what is published goes out
    [InlineData(LessonStage.Ended, LiveStage.Ended, true, false)]
    [InlineData(LessonStage.Ended, LiveStage.Lost, true, false)]
    [InlineData(LessonStage.Cancelled, LiveStage.Live, false, false)]
    public void It_goes_on_until_it_is_over_and_all_is_sent(LessonStage planned, LiveStage state, bool sent, bool goesOn) =>
        Assert.Equal(goesOn, MulticastChoice.GoesOn(Lesson("one", 0) with { Stage = planned }, state, sent));

    private static PlannedLesson Lesson(string id, int hour) =>
        new(id, LocalText.Of("en", id), "3A", "maths", DateTimeOffset.Parse("2026-03-02T08:00:00Z").AddHours(hour), TimeSpan.FromMinutes(45), null, true, LessonStage.Planned, []);
}
