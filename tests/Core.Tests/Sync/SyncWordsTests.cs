using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Xunit;

namespace Edge.Core.Tests.Sync;

public class SyncWordsTests
{
    private static readonly BoxId Box = BoxId.Parse("b0123456789");
    private static readonly BoxId Other = BoxId.Parse("b9876543210");

    [Theory]
    [InlineData("box/b0123456789/up", true)]
    [InlineData("box/b0123456789/urgent", true)]
    [InlineData("box/b0123456789/status", true)]
    [InlineData("box/b0123456789/presence", true)]
    [InlineData("box/b0123456789/down", false)]
    [InlineData("box/b9876543210/up", false)]
    [InlineData("box/+/up", false)]
    [InlineData("box/b0123456789/up/x", false)]
    [InlineData("/box/b0123456789/up", false)]
    [InlineData("", false)]
    public void A_box_publishes_its_own_four_topics(string topic, bool may) => Assert.Equal(may, MqttTopics.MayPublish(Box, topic));

    [Fact]
    public void A_box_subscribes_its_own_down_topic_only()
    {
        Assert.True(MqttTopics.MaySubscribe(Box, MqttTopics.Down(Box)));
        foreach (string filter in (string[])["#", "box/#", "box/+/down", MqttTopics.Down(Other), MqttTopics.Up(Box), "$share/x/" + MqttTopics.Down(Box), "$SYS/#"])
            Assert.False(MqttTopics.MaySubscribe(Box, filter), filter);
    }

    [Fact]
    public void Full_jitter_stays_under_its_doubling_and_its_cap()
    {
        TimeSpan first = TimeSpan.FromSeconds(1), cap = TimeSpan.FromMinutes(5);
        Assert.Equal(TimeSpan.Zero, default(Backoff).Delay(0.99, first, cap));
        Backoff backoff = default;
        for (int failure = 1; failure <= 40; failure++)
        {
            backoff = backoff.Next();
            TimeSpan most = failure > 9 ? cap : TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, failure - 1)));
            Assert.InRange(backoff.Delay(0.999999, first, cap), most * 0.99, most);
            Assert.Equal(TimeSpan.Zero, backoff.Delay(0, first, cap));
        }
    }

    public static TheoryData<DownMessage> Downs => new(
        new DownMessage(Ack: new Ack(1, 0, 5)),
        new DownMessage(Ack: new Ack(1, 7, 5), Pace: new LinkPace(360, 250)),
        new DownMessage(Epoch: new EpochGrant(3, ulong.MaxValue, 5)),
        new DownMessage(Item: new DownItem(1, "x", DownKind.Answer, new ItemId(1, 2).ToString(), "maths-3a", "因为…")),
        new DownMessage(Item: new DownItem(4, "y", DownKind.Answer, new ItemId(1, 2).ToString(), null, "others asked it", Same: true)),
        new DownMessage(Item: new DownItem(2, "n", DownKind.Note, null, "maths-3a", "look at the screen")),
        new DownMessage(Item: new DownItem(3, "s", DownKind.Notice, null, null, "no school tomorrow")),
        new DownMessage(Item: new DownItem(5, "e", DownKind.Notice, null, "maths-3a", "slide 4: 7, not 1", Urgent: true, Erratum: true,
            Expires: DateTimeOffset.UnixEpoch.AddDays(20_001), At: DateTimeOffset.UnixEpoch.AddDays(20_000))),
        new DownMessage(Item: new DownItem(6, "e", DownKind.Notice, null, null, "late").Emptied()),
        new DownMessage(Nudge: Nudge.Lists),
        new DownMessage(Nudge: Nudge.Live));

    [Theory, MemberData(nameof(Downs))]
    public void Messages_down_come_back_as_they_were(DownMessage message) => Assert.Equal(message, DownMessage.Read(message.ToJson()));

    [Fact]
    public void A_member_of_a_later_program_is_passed_over() => Assert.Equal(
        new DownItem(1, "x", DownKind.Notice, null, null, "hi"),
        DownMessage.Read("{\"item\":{\"sequence\":1,\"id\":\"x\",\"kind\":\"Notice\",\"about\":null,\"lesson\":null,\"text\":\"hi\",\"later\":[1]}}"u8)!.Item);

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"nudge\":\"Lists\",\"ack\":{\"epoch\":1,\"through\":2}}")]
    [InlineData("{\"nudge\":77}")]
    [InlineData("{\"nudge\":\"Lists\",\"pace\":{\"spreadSeconds\":1,\"waitMs\":0}}")]
    [InlineData("{\"ack\":{\"epoch\":1,\"through\":2},\"pace\":{\"spreadSeconds\":99999,\"waitMs\":0}}")]
    [InlineData("{\"epoch\":{\"epoch\":0,\"storage\":1,\"generation\":1}}")]
    [InlineData("{\"item\":{\"sequence\":0,\"id\":\"x\",\"kind\":\"Notice\",\"about\":null,\"lesson\":null,\"text\":\"\"}}")]
    [InlineData("{\"item\":{\"sequence\":1,\"id\":\"x\",\"kind\":\"Answer\",\"about\":null,\"lesson\":null,\"text\":\"\"}}")]
    public void What_is_no_message_down_is_refused(string json) => Assert.Null(DownMessage.Read(System.Text.Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_status_report_comes_back_and_counters_only_grow()
    {
        var report = new StatusReport(5, "0.1.0", TimeSpan.FromMinutes(3),
            [new PackReport("kit-1", 2, PackHolding.Fetching, 10, 20)], ["maths-3a"], 0, 1L << 33, new ListVersions(1, 2, 3));
        StatusReport read = Assert.IsType<StatusReport>(StatusReport.Read(report.ToJson()));
        Assert.Equal(report.ToJson(), read.ToJson());
        Assert.True(StatusReport.CounterOf(1, 1, 2) > StatusReport.CounterOf(1, 1, 1));
        Assert.True(StatusReport.CounterOf(1, 2, 0) > StatusReport.CounterOf(1, 1, 4_000_000));
        Assert.True(StatusReport.CounterOf(2, 0, 0) > StatusReport.CounterOf(1, 4_000_000, 4_000_000));
        Assert.Null(StatusReport.Read("{\"storage\":\"x\"}"u8));
    }

    [Fact]
    public void A_part_batch_waits_for_the_one_on_its_way()
    {
        var outbox = new Outbox(1, Last: 130, Acked: 0);
        var window = new SendWindow(Greeted: true, Sent: 0);
        Assert.Equal((1, 100), window.Next(outbox, 100, 400));
        Assert.Null(window.WithSent(100).Next(outbox, 100, 400));
        Assert.Equal((101, 100), window.WithSent(100).Next(outbox with { Last = 220 }, 100, 400));
        Assert.Null(window.WithSent(200).Next(outbox with { Last = 999 }, 100, 200));
        Assert.Equal((101, 30), window.WithSent(100).Next(outbox with { Acked = 100 }, 100, 400));
        Assert.Null((window with { Greeted = false }).Next(outbox, 100, 400));
        Assert.Null(window.Next(outbox with { Epoch = 0 }, 100, 400));
    }
}
