using System.CommandLine;
using Edge.Core.Live;
using EdgeBench.Live;
using TestKit;
using TestKit.Link;
using TestKit.World;

namespace EdgeBench.Outage;

/// <summary><c>./bench outage</c>: a lesson over a satellite link that narrows, widens and breaks, watched in the box's own page in Chromium; ffmpeg relays the same stream over a link like it.</summary>
internal static class OutageBenchmark
{
    private const string Broken = "cut";
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);
    private const double Loss = 0.02;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>What ends when no new segment came for so long after a cut, in the figures.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>The link for a while.</summary>
    /// <param name="Kilobits">0: cut.</param>
    private sealed record Part(string Name, int Kilobits, double Seconds);

    private static readonly Part[] Trace =
    [
        new("2 Mbit/s", 2000, 60), new("400 kbit/s", 400, 60), new("140 kbit/s", 140, 60), new("90 kbit/s", 90, 60), new("2 Mbit/s again", 2000, 60),
        new($"{Broken} of 5 s", 0, 5), new("after 5 s", 2000, 60), new($"{Broken} of 20 s", 0, 20), new("after 20 s", 2000, 60),
        new($"{Broken} of 75 s", 0, 75), new("after 75 s", 2000, 60), new($"{Broken} of 10 min", 0, 600), new("after 10 min", 2000, 60),
    ];

    public static Command Command()
    {
        Option<int> scale = Options.Count("--scale", "All parts of the trace are so many times shorter", 1, 1);
        var command = new Command("outage", "A lesson over a link that narrows and breaks: stalls, reloads, skips, first new segment, recording; ffmpeg beside it. Needs root") { scale };
        command.SetAction(async (parsed, cancellationToken) => Report.Print("outage", await MeasureAsync(parsed.GetValue(scale), cancellationToken), parsed.GetValue(Options.Json)));
        return command;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(int scale, CancellationToken cancellationToken)
    {
        await using LinkWorld world = await LinkWorld.StartAsync(Options.PublishedBox(), null, cancellationToken);
        TimeSpan media = TimeSpan.FromSeconds(Trace.Sum(part => part.Seconds) / scale) + Patience;
        Report.Say($"Making {media.TotalSeconds:0} s of a lesson");
        string lesson = world.Folder["lesson.ts"];
        await LessonMedia.MakeAsync(lesson, (int)media.TotalSeconds, cancellationToken);
        Uri ingest = await world.BeginLessonAsync(cancellationToken);
        await using var peer = new FfmpegRelay(LinkShape.Perfect, lesson);
        EmulatedLink[] links = [world.Link, peer.Link];
        var figures = new List<Figure>();
        await using (new Encoder(ingest, lesson, media, EmulatedLink.HttpAt(world.Link.Far, ingest, Timeout.InfiniteTimeSpan)))
        {
            await peer.StartAsync(cancellationToken);
            Shape(links, Trace[0]);
            await Eventually.Async(() => Task.FromResult(world.Shown().Length > 3 && peer.Begun), "box and peer have the lesson", cancellationToken, Patience, () => world.Output);
            await using Meter ours = await Meter.StartAsync(world.Link, world.Folder, world.Phone.BaseAddress!, $"/lesson/{LinkWorld.Lesson}");
            await using Meter theirs = await Meter.StartAsync(peer.Link, world.Folder, FfmpegRelay.Site, "/page.html");
            (Seen Ours, Seen Theirs) before = (await ours.ReadAsync(), await theirs.ReadAsync());
            (Seen Ours, Seen Theirs) began = before;
            double passedBeforeLast = 0;
            foreach (Part part in Trace)
            {
                long at = TimeProvider.System.GetTimestamp();
                TimeSpan span = TimeSpan.FromSeconds(part.Seconds / scale);
                (string? Ours, string? Theirs) newest = (Newest(world), peer.Newest);
                Report.Say($"{part.Name}, {span.TotalSeconds:0.0} s");
                bool joined = part.Kilobits > 0 && links[0].IsCut;
                if (part == Trace[^2])
                    passedBeforeLast = PassedOver(world);
                Shape(links, part);
                if (joined)
                {
                    // Both at once: they share nothing but the machine.
                    double[] first = await Task.WhenAll(FirstAsync(() => Newest(world) != newest.Ours, at, cancellationToken), FirstAsync(() => peer.Newest != newest.Theirs, at, cancellationToken));
                    figures.Add(new($"first new segment {part.Name}: box", "s", [first[0]], Bar.Max(3)));
                    figures.Add(new($"first new segment {part.Name}: ffmpeg", "s", [first[1]]));
                }
                if (span - TimeProvider.System.GetElapsedTime(at) is var rest && rest > TimeSpan.Zero)
                    await Task.Delay(rest, TimeProvider.System, cancellationToken);
                (Seen Ours, Seen Theirs) now = (await ours.ReadAsync(), await theirs.ReadAsync());
                figures.Add(new($"picture stood, {part.Name}: box", "s", [(now.Ours - before.Ours).Stalled]));
                figures.Add(new($"picture stood, {part.Name}: ffmpeg", "s", [(now.Theirs - before.Theirs).Stalled]));
                Report.Say($"  picture stood {figures[^2].Value:0.0} s, with ffmpeg {figures[^1].Value:0.0} s; rung {world.Shown()[^1].Rung}");
                before = now;
            }
            (Seen box, Seen ffmpeg) = (before.Ours - began.Ours, before.Theirs - began.Theirs);
            figures.AddRange(
            [
                new("picture stood, in all: box", "s", [box.Stalled]),
                new("of it with the kit in its place: box", "s", [box.Kit]),
                new("picture stood, in all: ffmpeg", "s", [ffmpeg.Stalled]),
                new("page or player begun afresh: box", "", [box.Restarts], Bar.Max(0)),
                new("page or player begun afresh: ffmpeg", "", [ffmpeg.Restarts]),
                new("jumped over by the player: box", "s", [box.Skipped], Bar.Max(0)),
                new("jumped over by the player: ffmpeg", "s", [ffmpeg.Skipped]),
                new("passed over in the list, up to the last cut: box", "s", [passedBeforeLast]),
                new("passed over in the list, in all: box", "s", [PassedOver(world)]),
                new("passed over in the list, in all: ffmpeg", "s", [peer.PassedOver()]),
            ]);
        }
        figures.Add(new("of the lesson on disk when it ended: ffmpeg", "%", [peer.Kept() / world.Shown()[^1].Segment.ProgramEnd.Subtract(world.Shown()[0].Segment.ProgramTime).TotalSeconds * 100]));
        Report.Say("The lesson is over; the link is wide, as at night");
        world.Link.Shape = LinkShape.Perfect;
        await world.EndLessonAsync(cancellationToken);
        await Eventually.Async(() => Task.FromResult(File.Exists(Path.Combine(world.Recording, "filled"))), "the recording is completed", cancellationToken, Patience, () => world.Output);
        byte[] origin = world.OriginBytes();
        byte[] recorded = await world.Phone.GetByteArrayAsync($"live/{LinkWorld.Lesson}/recording.ts", cancellationToken);
        figures.Add(new("recording that is the origin's best rung, byte for byte: box", "%", [(double)origin.AsSpan().CommonPrefixLength(recorded) / Math.Max(origin.Length, recorded.Length) * 100], Bar.Min(100)));
        return figures;
    }

    private static void Shape(EmulatedLink[] links, Part part)
    {
        foreach (EmulatedLink link in links)
        {
            if (part.Kilobits == 0)
            {
                link.Cut();
                continue;
            }
            link.Shape = new LinkShape(part.Kilobits * 1000L, Delay, Loss, Math.Max(64_000, part.Kilobits * 125));
            link.Join();
        }
    }

    private static async Task<double> FirstAsync(Func<bool> isThere, long since, CancellationToken cancellationToken)
    {
        while (!isThere() && TimeProvider.System.GetElapsedTime(since) < LongestWait)
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        return TimeProvider.System.GetElapsedTime(since).TotalSeconds;
    }

    private static string? Newest(LinkWorld world) => world.Shown() is [.., var last] ? last.Segment.FileName : null;

    /// <summary>Seconds of the lesson that are not in what viewers were given.</summary>
    private static double PassedOver(LinkWorld world) => RecordingHole.In(world.Shown()).Sum(hole => hole.Length.TotalSeconds);
}
