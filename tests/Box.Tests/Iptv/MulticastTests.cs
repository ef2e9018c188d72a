using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using Edge.Box.Iptv;
using Edge.Core.Content;
using Edge.Core.Iptv;
using Edge.Core.Live;
using Edge.Core.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TestKit;
using TestKit.Live;
using TestKit.Processes;
using Xunit;

namespace Edge.Box.Tests.Iptv;

public sealed class MulticastTests
{
    private static readonly IPAddress Loopback = IPAddress.Loopback;

    [Theory]
    [InlineData(TvTransport.Rtp)]
    [InlineData(TvTransport.Udp)]
    public async Task A_set_on_the_network_sees_one_steady_programme_through_an_outage_and_an_encoder_restart(TvTransport transport)
    {
        ImmutableArray<TsSegment> lesson = await LessonAsync();
        await using var studio = await Studio.StartAsync("steady-" + transport, transport);
        var heard = new TsAnalyser();
        using var stream = new MemoryStream();
        using (new GroupReceiver(studio.Group, Loopback, (datagram, at) =>
        {
            if (transport == TvTransport.Rtp)
                heard.TakeRtp(datagram.Span, at);
            else
                heard.Take(datagram.Span, at);
            stream.Write(datagram.Span[(transport == TvTransport.Rtp ? RtpHead.LengthBytes : 0)..]);
        }))
        {
            studio.Publish(lesson[0]);
            await Eventually.TrueAsync(() => studio.Runs);
            studio.Publish(lesson[1]);
            await Task.Delay(TimeSpan.FromSeconds(3.5), TimeProvider.System, TestContext.Current.CancellationToken);
            // Nothing for more than a second, then the same encoder from its start.
            studio.Publish(lesson[0], broken: true);
            studio.End();
            await Eventually.TrueAsync(() => !studio.Runs);
        }
        Assert.Equal((0, 0, 0, 0), (heard.SyncErrors, heard.ContinuityErrors, heard.TimesBack, heard.LostDatagrams));
        Assert.InRange(heard.LongestFreeze, 0.5, 4);
        Assert.True(heard.Datagrams > 80, $"{heard.Datagrams} datagrams");
        // The machine is shared: the median, not the worst.
        Assert.InRange(heard.Jitter().Order().ElementAt(heard.References / 2), 0, 0.01);
        // 3 segments of a second each: nothing is missing.
        Assert.Equal(75, (await TestVideo.PictureTimesAsync(stream.ToArray())).Count);
    }

    [Fact]
    public async Task A_lesson_is_announced_while_it_runs_and_withdrawn_when_it_ends()
    {
        ImmutableArray<TsSegment> lesson = await LessonAsync();
        var heard = new ConcurrentQueue<byte[]>();
        using var announcements = new GroupReceiver(new IPEndPoint(IPAddress.Parse("239.255.255.255"), LessonAnnouncement.SapPort), Loopback, (datagram, _) => heard.Enqueue(datagram.ToArray()));
        await using var studio = await Studio.StartAsync("announced", TvTransport.Rtp, options => options.AnnounceEvery = TimeSpan.FromSeconds(1));
        string[] Said(byte kind) => [.. heard.Where(packet => packet[0] == kind).Select(packet => Encoding.UTF8.GetString(packet)).Where(text => text.Contains("s=announced\r\n", StringComparison.Ordinal))];
        studio.Publish(lesson[0]);
        await Eventually.TrueAsync(() => Said(0x20).Length >= 2);
        Assert.Contains($"c=IN IP4 {studio.Group.Address}/1\r\n", Said(0x20)[0], StringComparison.Ordinal);
        Assert.Contains($"m=video {studio.Group.Port} RTP/AVP 33\r\n", Said(0x20)[0], StringComparison.Ordinal);
        Assert.Empty(Said(0x24));
        studio.End();
        await Eventually.TrueAsync(() => Said(0x24).Length == 1);
    }

    [Fact]
    public async Task Switched_off_nothing_is_sent_and_no_group_is_listed()
    {
        await using var studio = await Studio.StartAsync("off", TvTransport.Rtp, options => options.Multicast = false);
        studio.Publish((await LessonAsync())[0]);
        Assert.Null(studio.Loop.GroupOf("off"));
        Assert.True(studio.Loop.ExecuteTask!.IsCompletedSuccessfully);
    }

    private static readonly LanInterface Lo = new("lo", Loopback, Up: true, Local: true, PointToPoint: false, Gateway: false);
    private static readonly LanInterface Wan = new("eth0", IPAddress.Parse("10.1.0.2"), Up: true, Local: false, PointToPoint: false, Gateway: true);
    private static readonly LanInterface Lan = new("wlan0", IPAddress.Parse("192.168.10.1"), Up: true, Local: false, PointToPoint: false, Gateway: false);
    private static readonly LanInterface Modem = new("ppp0", IPAddress.Parse("100.64.0.9"), Up: true, Local: false, PointToPoint: true, Gateway: true);

    [Fact]
    public void Multicast_goes_to_the_class_and_not_to_the_line()
    {
        IPAddress any = IPAddress.Any;
        Assert.Equal(Lan, LanSide.Choose([Lo, Wan, Lan, Modem], "", any));
        Assert.Null(LanSide.Choose([Lo, Modem], "", any));
        Assert.Null(LanSide.Choose([Lo, Lan with { Up = false }], "", any));
        // One network card only: the school's router is the line.
        Assert.Equal(Wan, LanSide.Choose([Lo, Wan], "", any));
        // Named by hand.
        Assert.Equal(Wan, LanSide.Choose([Lo, Wan, Lan], "eth0", any));
        Assert.Equal(Wan, LanSide.Choose([Lo, Wan, Lan], "10.1.0.2", any));
        Assert.Null(LanSide.Choose([Lo, Wan, Lan], "eth7", any));
        // A site for one network only keeps to it.
        Assert.Equal(Lo, LanSide.Choose([Lo, Wan, Lan], "", Loopback));
    }

    [Theory]
    [InlineData("239.255.42.0/24", true)]
    [InlineData("239.255.0.0/16", true)]
    [InlineData("239.254.0.0/16", false)]   // leaves the site
    [InlineData("224.0.0.0/24", false)]
    [InlineData("239.0.0.0/8", false)]
    [InlineData("ff15::/64", false)]
    [InlineData("", false)]
    public void Groups_lie_where_routers_keep_them_inside(string groups, bool fine) =>
        Assert.Equal(fine, new IptvOptionsValidator().Validate(null, new IptvOptions { Groups = groups }).Succeeded);

    [Fact]
    public void The_group_of_announcements_is_nobodys_lesson() => Assert.Equal(255, new IptvOptions { Groups = "239.255.255.0/24" }.GroupCount);

    /// <summary>Four segments of a second.</summary>
    private static async Task<ImmutableArray<TsSegment>> LessonAsync()
    {
        var segmenter = new TsSegmenter(new TsSegmenterLimits(TimeSpan.FromSeconds(1), 8 << 20));
        byte[] bytes = await TestVideo.MakeAsync(4, keyFrameEvery: 25);
        return [.. segmenter.Push(bytes), .. segmenter.Finish()];
    }

    /// <summary>A lesson as the store has it, published by hand, and the real loop that sends it on loopback.</summary>
    private sealed class Studio : IAsyncDisposable
    {
        private readonly string _lesson;
        private PlaylistWindow _window = PlaylistWindow.Start(TimeSpan.FromSeconds(4));
        private ImmutableArray<ReadOnlyMemory<byte>> _segments = [];

        private Studio(string lesson, IptvOptions options)
        {
            _lesson = lesson;
            var planned = new PlannedLesson(lesson, LocalText.Of("en", lesson), "3A", "maths", DateTimeOffset.Parse("2026-03-02T08:00:00Z"), TimeSpan.FromMinutes(45), null, true, LessonStage.Running, []);
            var plan = new SitePlan(1, "north", LocalText.Of("en", "North"), [], [planned]);
            Loop = new MulticastLoop(new IptvPorts(() => plan, _ => LiveState.Of(_window, TimeSpan.Zero, TimeSpan.FromSeconds(5)), _ => _window, (_, sequence) => _segments[(int)sequence], Loopback, () => [], _ => "en"),
                Options.Create(options), TimeProvider.System, NullLogger<MulticastLoop>.Instance);
        }

        public MulticastLoop Loop { get; }

        public IPEndPoint Group => Loop.GroupOf(_lesson)!;

        /// <summary>Does it send?</summary>
        public bool Runs => Loop.Sends(_lesson);

        public static async Task<Studio> StartAsync(string lesson, TvTransport transport, Action<IptvOptions>? change = null)
        {
            var options = new IptvOptions { Transport = transport, Port = FreePort.Take() };
            change?.Invoke(options);
            var studio = new Studio(lesson, options);
            await studio.Loop.StartAsync(TestContext.Current.CancellationToken);
            return studio;
        }

        public void Publish(TsSegment segment, bool broken = false)
        {
            _segments = _segments.Add(segment.Bytes);
            _window = _window.With(new Segment(_window.Next, segment.Duration, DateTimeOffset.UnixEpoch, broken, segment.Bytes.Length, ChunkId.Of(segment.Bytes.Span)));
        }

        public void End() => _window = _window.End();

        public async ValueTask DisposeAsync()
        {
            await Loop.StopAsync(CancellationToken.None);
            Loop.Dispose();
        }
    }
}
