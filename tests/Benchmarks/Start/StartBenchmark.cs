using System.CommandLine;
using TestKit.Disk;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Start;

/// <summary><c>./bench start</c>: how long a box takes from its start to its first page, and what it uses while nothing happens.
/// Measured on a new box and on boxes of a school, with packs and a recorded lesson and a link to the relay.</summary>
internal static class StartBenchmark
{
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);
    private static readonly Bar FirstPage = Bar.Max(3);
    private static readonly Bar IdleMemory = Bar.Max(120);

    /// <summary>Tests ask for their claim more often than a delivered box does.</summary>
    private static readonly Dictionary<string, string> AsDelivered = new() { ["Identity__ClaimPollInterval"] = "00:00:03" };

    public static Command Command()
    {
        Option<int> runs = Options.Count("--runs", "How often each start is measured; the figure is the median", 5, 1);
        var command = new Command("start", "Time to the box's first page, cold and warm; memory and processor while idle") { runs };
        command.SetAction(async (parsed, cancellationToken) => Report.Print("start", await MeasureAsync(parsed.GetValue(runs), cancellationToken), parsed.GetValue(Options.Json)));
        return command;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(int runs, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        string program = Options.PublishedBox();
        var figures = new List<Figure>();

        await using RelayNode relay = new(folder["relay"]);
        await relay.StartAsync(cancellationToken);
        BoxNode[] Boxes(string name) => [.. Enumerable.Range(0, runs).Select(i => new BoxNode(folder[$"{name}-{i}"], relay, AsDelivered, program))];
        await using (BoxGroup fresh = new(Boxes("new"), program, firstStartOnly: true))
            figures.AddRange(await FiguresAsync("new box", fresh, cancellationToken));

        Report.Say("Giving each box a school, a pack and a recorded lesson");
        BoxNode[] boxes = Boxes("school");
        await using BoxGroup schools = new(boxes, program, firstStartOnly: false);
        await SchoolContent.GiveAsync(relay, boxes, folder, cancellationToken);
        figures.AddRange(await FiguresAsync("school's box", schools, cancellationToken));
        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> FiguresAsync(string whose, BoxGroup group, CancellationToken cancellationToken)
    {
        Report.Say($"Starting the {whose}, cold");
        double[] cold = await group.StartsAsync(cold: true, cancellationToken);
        Report.Say($"Starting the {whose}, warm");
        double[] warm = await group.StartsAsync(cold: false, cancellationToken);
        Report.Say($"Watching the {whose} while nothing happens, {Idle.TotalSeconds:0} s");
        (ProcessUsage[] settled, ProcessUsage[] idle) = await group.IdleAsync(Settled, Idle, cancellationToken);
        return
        [
            new($"{whose}: first page, cold", "s", cold, FirstPage),
            new($"{whose}: first page, warm", "s", warm, FirstPage),
            new($"{whose}: memory after {Settled.TotalSeconds:0} s", "MB", settled.Select(usage => usage.ResidentBytes / 1e6), IdleMemory),
            new($"{whose}: memory after {Idle.TotalSeconds:0} s", "MB", idle.Select(usage => usage.ResidentBytes / 1e6), IdleMemory),
            new($"{whose}: of it no file's", "MB", idle.Select(usage => usage.AnonymousBytes / 1e6)),
            new($"{whose}: idle processor, of one core", "%", idle.Zip(settled, (after, before) => (after.Cpu - before.Cpu) / (Idle - Settled) * 100)),
        ];
    }
}
