using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Edge.Durable;
using EdgeBench.Live;
using TestKit;
using TestKit.Disk;
using TestKit.Live;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Multicast;

/// <summary><c>./bench multicast</c>: a lesson from relay to box to a group, through an outage of the link, a restart of the encoder and a change to slides and back; measured as it arrives.
/// ffmpeg and libvlc send the box's own list to groups beside it.</summary>
internal static class MulticastBenchmark
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private const string Lesson = "bench";

    public static Command Command()
    {
        Option<int> seconds = Options.Count("--seconds", "How long each part lasts: steady, outage, after it, restarted encoder, slides, back again", 20, 5);
        var command = new Command("multicast", "Clock, continuity and tables of the multicast, as a television set sees them, beside ffmpeg and libvlc") { seconds };
        command.SetAction(async (parsed, cancellationToken) => Report.Print("multicast",
            await MeasureAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellationToken), parsed.GetValue(Options.Json)));
        return command;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(TimeSpan part, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        Report.Say("Making a lesson and its slides");
        TimeSpan media = part * 5 + TimeSpan.FromMinutes(1);
        await LessonMedia.MakeAsync(folder["lesson.ts"], (int)media.TotalSeconds, cancellationToken);
        await DurableFile.WriteAsync(folder["slides.ts"], await TestVideo.SlidesAsync((int)media.TotalSeconds), cancellationToken);

        await using var relay = new RelayNode(folder["relay"]);
        await relay.StartAsync(cancellationToken);
        await using var box = new BoxNode(folder["box"], relay, new Dictionary<string, string> { ["Iptv__Port"] = FreePort.Take().ToString(CultureInfo.InvariantCulture) }, Options.PublishedBox());
        await box.StartAsync(cancellationToken);
        await box.ClaimAsync(relay, "School", cancellationToken);
        await Eventually.Async(async () => (await box.StatusAsync(cancellationToken)).GetProperty("linkUp").GetBoolean(), "the box has its link", cancellationToken, Patience);
        JsonElement planned = await relay.CliAsync(cancellationToken, "lesson", "schedule", "--id", Lesson, "--title", "Bench", "--start", "now", "--minutes", "60");
        var ingest = new Uri(relay.Console, planned.GetProperty("ingest").GetString());
        await using var encoder = new Encoders(ingest, media);
        await encoder.TurnToAsync(folder["lesson.ts"]);
        await Eventually.Async(async () => (await box.Http.GetAsync($"/live/{Lesson}/4.ts", cancellationToken)).IsSuccessStatusCode, "the lesson is on the box", cancellationToken, Patience, () => box.Output);

        string list = (await box.Http.GetStringAsync("/iptv.m3u?multicast", cancellationToken)).Split('\n')[2];
        string source = new Uri(box.Site, $"/live/{Lesson}/index.m3u8").ToString();
        await using GroupSender own = GroupSender.Box(IPEndPoint.Parse(list["rtp://@".Length..]));
        await using GroupSender ffmpeg = await FfmpegAsync(source, cancellationToken);
        await using GroupSender? libvlc = await LibvlcAsync(source, cancellationToken);
        GroupSender[] all = libvlc is null ? [own, ffmpeg] : [own, ffmpeg, libvlc];

        Report.Say("Steady");
        await Task.Delay(part, TimeProvider.System, cancellationToken);
        (int Box, double P50, double P99, double Max)[] steady = [.. all.Select(sender => JitterOf(sender.Heard))];
        Report.Say("The link is cut");
        box.CutLink();
        await Task.Delay(part, TimeProvider.System, cancellationToken);
        box.JoinLink();
        await Task.Delay(part, TimeProvider.System, cancellationToken);
        Report.Say("The encoder starts again");
        await encoder.TurnToAsync(folder["lesson.ts"]);
        await Task.Delay(part, TimeProvider.System, cancellationToken);
        Report.Say("Slides");
        await encoder.TurnToAsync(folder["slides.ts"]);
        await Task.Delay(part, TimeProvider.System, cancellationToken);
        Report.Say("Back to the picture; a player of another house plays the group");
        await encoder.TurnToAsync(folder["lesson.ts"]);
        // The group is as late as the outage was long. ffmpeg alone does not follow a programme to other PIDs.
        await Eventually.Async(() => Task.FromResult(own.Heard.PmtVersions.Count == 3), "the group shows the picture again", cancellationToken, Patience, () => box.Output);
        double shown = await ShownAsync(list, part, cancellationToken);
        double cost = await CostAsync(box, part, cancellationToken);
        return [.. all.Select((sender, n) => FiguresOf(sender, steady[n])).SelectMany(figures => figures),
            new("box: pictures that ffmpeg decoded of the group, of those sent", "%", [shown], Bar.Min(80)),
            new("box: processor for the multicast, of one core", "%", [cost], Bar.Max(1))];
    }

    private static (int References, double P50, double P99, double Max) JitterOf(TsAnalyser heard)
    {
        IReadOnlyList<double> jitter = heard.Jitter();
        return (jitter.Count, 1000 * Figure.Quantile([.. jitter], 0.5), 1000 * Figure.Quantile([.. jitter], 0.99), 1000 * jitter.DefaultIfEmpty(double.NaN).Max());
    }

    private static IEnumerable<Figure> FiguresOf(GroupSender sender, (int References, double P50, double P99, double Max) steady)
    {
        TsAnalyser heard = sender.Heard;
        bool ours = sender.Name == "box";
        (_, double p50, double p99, double max) = JitterOf(heard);
        Bar? Mine(double most) => ours ? Bar.Max(most) : null;
        yield return new($"{sender.Name}: PCR against arrival, steady, p50", "ms", [steady.P50]);
        yield return new($"{sender.Name}: PCR against arrival, steady, p99", "ms", [steady.P99], Mine(10));
        yield return new($"{sender.Name}: PCR against arrival, steady, most", "ms", [steady.Max]);
        yield return new($"{sender.Name}: through everything, p50", "ms", [p50]);
        yield return new($"{sender.Name}: through everything, p99", "ms", [p99], Mine(10));
        yield return new($"{sender.Name}: through everything, most", "ms", [max]);
        yield return new($"{sender.Name}: clock jumps", "", [heard.ReferenceJumps], Mine(0));
        yield return new($"{sender.Name}: continuity errors", "", [heard.ContinuityErrors], Mine(0));
        yield return new($"{sender.Name}: decode times that went back", "", [heard.TimesBack], Mine(0));
        yield return new($"{sender.Name}: units after their decode time", "", [heard.LateUnits], Mine(0));
        yield return new($"{sender.Name}: longest between PCRs", "ms", [1000 * heard.LongestReferenceGap], Mine(100));
        yield return new($"{sender.Name}: longest between PATs", "ms", [1000 * heard.LongestPatGap], Mine(500));
        yield return new($"{sender.Name}: longest silence", "ms", [1000 * heard.LongestSilence], Mine(500));
        yield return new($"{sender.Name}: longest still picture", "s", [heard.LongestFreeze]);
        yield return new($"{sender.Name}: ran to the end", "", [sender.Running ? 1 : 0]);
    }

    private static Task<GroupSender> FfmpegAsync(string source, CancellationToken cancellationToken)
    {
        var group = new IPEndPoint(IPAddress.Parse("239.255.43.1"), FreePort.Take());
        return GroupSender.StartAsync("ffmpeg -re -c copy", group,
            ["ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-live_start_index", "-1", "-i", source, "-c", "copy", "-f", "mpegts", $"udp://{group}?localaddr=127.0.0.1&pkt_size=1316&ttl=1"], cancellationToken);
    }

    /// <summary>Null where it is not installed. Its program does not run as root; its library would.</summary>
    private static async Task<GroupSender?> LibvlcAsync(string source, CancellationToken cancellationToken)
    {
        if (!File.Exists("/usr/bin/cvlc"))
            return null;
        var group = new IPEndPoint(IPAddress.Parse("239.255.43.2"), FreePort.Take());
        string[] nobody = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
        return await GroupSender.StartAsync("libvlc", group,
            [.. nobody, "cvlc", "--quiet", "--ignore-config", "--miface=lo", "--ttl=1", source, "--sout", $"#std{{access=udp,mux=ts,dst={group}}}", "--sout-keep"], cancellationToken);
    }

    /// <summary>What ffmpeg decodes of the group, of the pictures that go out while it listens.</summary>
    private static async Task<double> ShownAsync(string address, TimeSpan span, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string progress = await TestVideo.RunAsync("ffmpeg", "-nostdin", "-loglevel", "fatal", "-progress", "pipe:1", "-i", $"{address.Replace("@", "", StringComparison.Ordinal)}?localaddr=127.0.0.1",
            "-t", span.TotalSeconds.ToString(CultureInfo.InvariantCulture), "-f", "null", "-");
        double frames = double.Parse(progress.Split('\n').Last(line => line.StartsWith("frame=", StringComparison.Ordinal)).Split('=')[1], CultureInfo.InvariantCulture);
        return 100 * frames / (25 * span.TotalSeconds);
    }

    /// <summary>Processor time of the sending threads alone: Linux counts each thread.</summary>
    private static async Task<double> CostAsync(BoxNode box, TimeSpan span, CancellationToken cancellationToken)
    {
        TimeSpan before = ProcessUsage.OfThreads(box.ProcessId, "multicast");
        await Task.Delay(span, TimeProvider.System, cancellationToken);
        return 100 * (ProcessUsage.OfThreads(box.ProcessId, "multicast") - before) / span;
    }

    /// <summary>The lead school's encoder, which may be another from one moment to the next.</summary>
    private sealed class Encoders(Uri ingest, TimeSpan media) : IAsyncDisposable
    {
        private Encoder? _encoder;

        public async Task TurnToAsync(string file)
        {
            if (_encoder is not null)
                await _encoder.DisposeAsync();
            _encoder = new Encoder(ingest, file, media);
        }

        public ValueTask DisposeAsync() => _encoder?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
