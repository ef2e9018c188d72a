using System.Globalization;
using System.Net;
using System.Xml;
using System.Xml.Linq;
using EndToEnd.World;
using TestKit;
using TestKit.Live;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Iptv;

/// <summary>A running lesson on a television set: lists from the real box, HLS and multicast played by ffmpeg, the group measured as it arrives.</summary>
public sealed class TelevisionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_set_finds_the_lesson_in_the_lists_and_plays_it_both_ways_through_a_cut()
    {
        await using var school = new School(boxSettings: _ => new() { ["Iptv__Port"] = FreePort.Take().ToString(CultureInfo.InvariantCulture) });
        await school.StartAsync(Token);
        Uri ingest = await school.ScheduleAsync("tv", Token);
        using var stop = new CancellationTokenSource();
        Task feeding = new TsFeed(ingest, await TestVideo.Lesson20sAsync(), TimeSpan.FromSeconds(20)).RunAsync(stop.Token, Token);
        await Eventually.Async(async () => (await school.Box.Http.GetAsync("/live/tv/1.ts", Token)).IsSuccessStatusCode, "two segments are here", Token, evidence: () => school.Evidence);

        string[] list = (await school.Box.Http.GetStringAsync("/iptv.m3u?lang=en", Token)).Split('\n');
        Assert.Contains("tvg-id=\"tv\"", list[1], StringComparison.Ordinal);
        Assert.Contains("group-title=\"On air\"", list[1], StringComparison.Ordinal);
        Assert.Equal(["h264", "aac"], (await TestVideo.RunAsync("ffprobe", "-loglevel", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", list[2])).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct());

        using var xml = XmlReader.Create(new StringReader(await school.Box.Http.GetStringAsync("/xmltv.xml", Token)), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        Assert.Equal("tv", XDocument.Load(xml).Root!.Element("channel")!.Attribute("id")!.Value);

        string group = (await school.Box.Http.GetStringAsync("/iptv.m3u?multicast", Token)).Split('\n')[2];
        Assert.StartsWith("rtp://@239.255.42.", group, StringComparison.Ordinal);
        var heard = new TsAnalyser();
        using (new GroupReceiver(IPEndPoint.Parse(group["rtp://@".Length..]), IPAddress.Loopback, (datagram, at) => heard.TakeRtp(datagram.Span, at)))
        {
            // A player that knows nothing of us decodes it: 3 s of 25 pictures, less what goes by until its first key frame, at most 2 s.
            string progress = await TestVideo.RunAsync("ffmpeg", "-nostdin", "-loglevel", "fatal", "-progress", "pipe:1", "-i", $"{group.Replace("@", "", StringComparison.Ordinal)}?localaddr=127.0.0.1", "-t", "3", "-f", "null", "-");
            Assert.InRange(int.Parse(progress.Split('\n').Last(line => line.StartsWith("frame=", StringComparison.Ordinal)).Split('=')[1], CultureInfo.InvariantCulture), 20, 80);
            school.Box.CutLink();
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, Token);
            school.Box.JoinLink();
            int units = heard.Units;
            await Eventually.Async(() => Task.FromResult(heard.Units > units + 60), "the picture goes on", Token, evidence: () => school.Evidence);
        }
        Assert.Equal((0, 0, 0), (heard.SyncErrors, heard.ContinuityErrors, heard.TimesBack));
        Assert.InRange(heard.LongestPatGap, 0, 0.5);
        await stop.CancelAsync();
        await feeding;
    }
}
