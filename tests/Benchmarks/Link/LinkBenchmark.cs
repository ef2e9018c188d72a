using System.CommandLine;
using TestKit.Link;
using TestKit.World;

namespace EdgeBench.Link;

/// <summary><c>./bench link</c>: what a box gets through a bad link, as a share of what the link could carry while it was up, beside curl and rsync on the same link;
/// and what a kill or a cut costs in bytes that cross the link again.</summary>
internal static class LinkBenchmark
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan PeerTime = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Up = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Down = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SayEach = TimeSpan.FromSeconds(5);
    private static readonly Bar WasteMean = Bar.Max(256);
    private static readonly Bar WasteMost = Bar.Max(512);

    /// <summary>A link, how much to send over it, and the bar.</summary>
    private sealed record Case(string Name, int Kilobits, double Loss, bool Cut, Bar? Bar);

    private static readonly Case[] Cases =
    [
        new("2m", 2000, 0, false, null),
        new("2m-2", 2000, 0.02, false, Bar.Min(90)),
        new("2m-5", 2000, 0.05, false, null),
        new("2m-2-cuts", 2000, 0.02, true, Bar.Min(88)),
        new("256k-2", 256, 0.02, false, Bar.Min(88)),
        new("256k-2-cuts", 256, 0.02, true, Bar.Min(88)),
    ];

    private const string KillCase = "kill";

    public static Command Command()
    {
        var only = new Option<string?>("--case") { Description = $"One of them: {string.Join(", ", Cases.Select(item => item.Name))}, {KillCase}" };
        only.AcceptOnlyFromAmong([.. Cases.Select(item => item.Name), KillCase]);
        Option<int> seconds = Options.Count("--seconds", "About how long the box fetches in each case, link up", 100, 30);
        var alone = new Option<bool>("--alone") { Description = "Without curl and rsync" };
        Option<int> kills = Options.Count("--kills", "How often it is killed", 8, 1);
        var command = new Command("link", "What comes through a bad link, beside curl and rsync; what a kill or a cut costs. Needs root") { only, seconds, kills, alone };
        command.SetAction(async (parsed, cancellationToken) => Report.Print("link",
            await MeasureAsync(parsed.GetValue(only), parsed.GetValue(seconds), parsed.GetValue(kills), parsed.GetValue(alone), cancellationToken), parsed.GetValue(Options.Json)));
        return command;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(string? only, int seconds, int kills, bool alone, CancellationToken cancellationToken)
    {
        await using LinkWorld world = await LinkWorld.StartAsync(Options.PublishedBox(), null, cancellationToken);
        var figures = new List<Figure>();
        foreach (Case item in Cases.Where(item => only is null || item.Name == only))
            figures.AddRange(await ShareAsync(world, item, seconds, alone, cancellationToken));
        if (only is null or KillCase)
            figures.AddRange(await KillsAsync(world, kills, cancellationToken));
        return figures;
    }

    private static LinkShape ShapeOf(Case item) => new(item.Kilobits * 1000L, Delay, item.Loss, Math.Max(64_000, item.Kilobits * 125));

    private static async Task<IReadOnlyList<Figure>> ShareAsync(LinkWorld world, Case item, int seconds, bool alone, CancellationToken cancellationToken)
    {
        string what = $"{(item.Kilobits >= 1000 ? $"{item.Kilobits / 1000} Mbit/s" : $"{item.Kilobits} kbit/s")}, {item.Loss * 100:0} % loss{(item.Cut ? ", up 30 s / down 15 s" : "")}";
        Report.Say($"{what}: the box");
        int bytes = item.Kilobits * 125 * seconds * 9 / 10;
        // What is lost on the way the link could not carry.
        double carries = item.Kilobits * 125.0 * (1 - item.Loss);
        double share, shareOfAll, waste;
        int cuts;
        Cuts? schedule = null;
        try
        {
            string pack = await world.PublishAsync(bytes, () =>
            {
                world.Link.Shape = ShapeOf(item);
                schedule = new Cuts(world.Link, Up, item.Cut ? Down : TimeSpan.Zero);
            }, cancellationToken);
            long wireBefore = world.Link.Down.TcpBytes;
            (long Have, TimeSpan Up)? first = null;
            (long Have, TimeSpan Up) last = default;
            long began = TimeProvider.System.GetTimestamp();
            TimeSpan whole;
            (long At, long Have) said = (began, 0);
            while (true)
            {
                (long have, bool shown) = await world.HoldingAsync(pack, cancellationToken);
                if (have > 0 && first is null)
                    first = (have, schedule!.UpTime);
                if (have > last.Have)
                    last = (have, schedule!.UpTime);
                if (TimeProvider.System.GetElapsedTime(said.At) >= SayEach)
                {
                    Report.Say($"  {(have - said.Have) / TimeProvider.System.GetElapsedTime(said.At).TotalSeconds / carries * 100:0} %");
                    said = (TimeProvider.System.GetTimestamp(), have);
                }
                whole = schedule!.UpTime;
                if (shown)
                    break;
                if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(seconds * 6))
                    throw new TimeoutException($"the pack did not come:\n{world.Output}");
                await Task.Delay(Look, TimeProvider.System, cancellationToken);
            }
            shareOfAll = bytes / whole.TotalSeconds / carries * 100;
            share = (last.Have - first!.Value.Have) / (last.Up - first.Value.Up).TotalSeconds / carries * 100;
            cuts = schedule!.Count;
            waste = (world.Link.Down.TcpBytes - wireBefore - bytes) / 1000.0;
        }
        finally
        {
            if (schedule is not null)
                await schedule.DisposeAsync();
            world.Link.Shape = LinkShape.Perfect;
        }
        var figures = new List<Figure>
        {
            new($"{what}: box, of what the link could carry", "%", [share], item.Bar),
            new($"{what}: the same from the moment of publishing to the pack's showing", "%", [shareOfAll]),
            new($"{what}: box, bytes beyond the pack's, TLS and heads included", "kB", [waste]),
        };
        if (item.Cut && cuts > 0)
            figures.Add(new($"{what}: the same for each cut", "kB", [waste / cuts], WasteMean));
        if (alone)
            return figures;
        await using var peers = new Peers(world.Link, world.Folder, bytes * 2);
        await peers.StartAsync(cancellationToken);
        foreach ((string name, Func<TimeSpan, CancellationToken, Task<long>> run) in new (string, Func<TimeSpan, CancellationToken, Task<long>>)[] { ("curl", peers.CurlAsync), ("rsync", peers.RsyncAsync) })
        {
            Report.Say($"{what}: {name}");
            world.Link.Shape = ShapeOf(item);
            await using var peerSchedule = new Cuts(world.Link, Up, item.Cut ? Down : TimeSpan.Zero);
            long got = await run(item.Cut ? PeerTime * 2 : PeerTime, cancellationToken);
            figures.Add(new($"{what}: {name}", "%", [got / peerSchedule.UpTime.TotalSeconds / carries * 100]));
            world.Link.Shape = LinkShape.Perfect;
        }
        return figures;
    }

    /// <summary>Waste of a kill: what the link delivered from one start to the next, less what the box found less missing.</summary>
    private static async Task<IReadOnlyList<Figure>> KillsAsync(LinkWorld world, int kills, CancellationToken cancellationToken)
    {
        Case item = Cases[1];
        Report.Say($"kill −9, {kills} times");
        string pack = await world.PublishAsync(item.Kilobits * 125 * (kills + 2) * 15, () => world.Link.Shape = ShapeOf(item), cancellationToken);
        var chance = new Random(5);
        var wasted = new List<double>();
        KillCost cost = await KillCost.BeginAsync(world, pack, cancellationToken);
        for (int i = 0; i < kills; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(6 + 6 * chance.NextDouble()), TimeProvider.System, cancellationToken);
            wasted.Add(await cost.KillAsync(cancellationToken) / 1000.0);
            Report.Say($"  {wasted[^1]:0} kB");
        }
        world.Link.Shape = LinkShape.Perfect;
        return
        [
            new("kill −9 at 2 Mbit/s, 2 % loss: waste, mean (TLS, heads, lists included)", "kB", [wasted.Average()], WasteMean),
            new("kill −9 at 2 Mbit/s, 2 % loss: waste, worst", "kB", [wasted.Max()], WasteMost),
        ];
    }
}
