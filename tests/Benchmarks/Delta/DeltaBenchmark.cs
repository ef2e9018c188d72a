using System.CommandLine;
using System.Globalization;
using TestKit;
using TestKit.Disk;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Delta;

/// <summary><c>./bench delta</c>: one update of a generated pack by bundle and by chunks, through the real relay and real boxes, and by other programs in the same run.
/// Bytes are counted at the sockets, TLS, HTTP heads, lists and reports included.</summary>
internal static class DeltaBenchmark
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static Command Command()
    {
        Option<int> seed = Options.Count("--seed", "What the pack is generated from", 1, 1);
        Option<int> units = Options.Count("--units", "Length of the pack, in units of 8.6 MB", 30, GeneratedPack.LeastUnits);
        var alone = new Option<bool>("--alone") { Description = "Without the other programs: memory at other sizes" };
        var command = new Command("delta", "Bytes of an update of a pack of some 260 MB, beside rsync, zsync, casync and xdelta3") { seed, units, alone };
        command.SetAction(async (parsed, cancellationToken) =>
            Report.Print("delta", await MeasureAsync(new GeneratedPack(parsed.GetValue(seed), parsed.GetValue(units)), parsed.GetValue(alone), cancellationToken), parsed.GetValue(Options.Json)));
        return command;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(GeneratedPack pack, bool alone, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        Report.Say("Generating two versions and one with a folder renamed");
        pack.Write(folder["v1"], 1);
        pack.Write(folder["v2"], 2);
        pack.WriteRenamed(folder["v3"]);
        var peers = new Peers(folder);
        long? floor = null;
        if (!alone)
        {
            await peers.ArchiveAsync(cancellationToken);
            Report.Say("xdelta3 over the archives: the floor");
            floor = await peers.FloorAsync(cancellationToken);
        }
        double files = Directory.EnumerateFiles(folder["v2"], "*", SearchOption.AllDirectories).Count();
        double bytes = Directory.EnumerateFiles(folder["v2"], "*", SearchOption.AllDirectories).Sum(path => (double)new FileInfo(path).Length);
        List<Figure> figures = [new("files in version 2", "", [files]), new("bytes in version 2", "MB", [bytes / 1e6], Bar.Min(250))];
        if (floor is { } known)
            figures.Add(new("floor F: xdelta3 of the archives, payload", "MB", [known / 1e6]));
        figures.AddRange(await OursAsync(folder, floor, cancellationToken));
        if (alone)
            return figures;
        Report.Say("rsync, zsync and casync");
        foreach ((string name, Cost cost) in await peers.MeasureAsync(cancellationToken))
            figures.AddRange(Figures(name, cost, floor, null));
        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> OursAsync(TempFolder folder, long? floor, CancellationToken cancellationToken)
    {
        Report.Say("Relay and two boxes; version 1 to both");
        await using var relay = new RelayNode(folder["relay"], new Dictionary<string, string> { ["Content__UpdateWait"] = "00:05:00" });
        await relay.StartAsync(cancellationToken);
        await using var bundles = new BoxNode(folder["bundles"], relay, program: Options.PublishedBox());
        await using var chunks = new BoxNode(folder["chunks"], relay, new Dictionary<string, string> { ["Content__TakeBundles"] = "false" }, Options.PublishedBox());
        BoxNode[] boxes = [bundles, chunks];
        foreach (BoxNode box in boxes)
        {
            await box.StartAsync(cancellationToken);
            await box.ClaimAsync(relay, box == bundles ? "Hill" : "Valley", cancellationToken);
        }
        var figures = new List<Figure>();
        await PublishAsync(relay, folder["v1"], cancellationToken);
        await ShownAsync(boxes, 1, cancellationToken);

        Report.Say("Version 2");
        ClearPeak(relay.ProcessId);
        TimeSpan relayCpu = ProcessUsage.Of(relay.ProcessId).Cpu;
        // Built and prepared before it is published, so that what follows is the update alone.
        await relay.CliAsync(cancellationToken, "pack", "build", folder["v2"]);
        Cost[] update = await CountAsync(boxes, async () =>
        {
            await relay.CliAsync(cancellationToken, "pack", "publish", "year", "--to", "all");
            figures.Add(new("relay: processor to prepare the update", "s", [(ProcessUsage.Of(relay.ProcessId).Cpu - relayCpu).TotalSeconds]));
            await ShownAsync(boxes, 2, cancellationToken);
        }, figures, cancellationToken);
        figures.InsertRange(0, [.. Figures("bundle", update[0], floor, 1.13), .. Figures("chunks", update[1], floor, 1.45)]);
        figures.Add(new("relay: peak memory", "MB", [Peak(relay.ProcessId) / 1e6], Bar.Max(200)));

        Report.Say("A folder renamed");
        await relay.CliAsync(cancellationToken, "pack", "build", folder["v3"]);
        Cost[] renamed = await CountAsync(boxes, async () =>
        {
            await relay.CliAsync(cancellationToken, "pack", "publish", "year", "--to", "all");
            await ShownAsync(boxes, 3, cancellationToken);
        }, null, cancellationToken);
        figures.Add(new("a folder renamed, both ways together", "kB", renamed.Select(cost => (cost.DownBytes + cost.UpBytes) / 1e3), Bar.Max(60)));

        Report.Say("Nothing new");
        // The same again: every box is told to look, and finds its lists unchanged.
        Cost[] nothing = await CountAsync(boxes, () => relay.CliAsync(cancellationToken, "pack", "publish", "year", "--to", "all"), null, cancellationToken);
        figures.Add(new("a look that finds nothing new, both ways together", "kB", nothing.Select(cost => (cost.DownBytes + cost.UpBytes) / 1e3), Bar.Max(5)));
        return figures;
    }

    private static IEnumerable<Figure> Figures(string name, Cost cost, long? floor, double? bar) =>
    [
        new($"{name}: down", "MB", [cost.DownBytes / 1e6]),
        .. floor is { } f ? [new($"{name}: down, of F", "×", [(double)cost.DownBytes / f], bar is { } limit ? Bar.Max(limit) : null)] : (Figure[])[],
        new($"{name}: up", "kB", [cost.UpBytes / 1e3], bar is null ? null : Bar.Max(40)),
        new($"{name}: client's processor", "s", [cost.ClientCpu.TotalSeconds]),
    ];

    private static async Task PublishAsync(RelayNode relay, string folder, CancellationToken cancellationToken)
    {
        await relay.CliAsync(cancellationToken, "pack", "build", folder);
        await relay.CliAsync(cancellationToken, "pack", "publish", "year", "--to", "all");
    }

    private static async Task ShownAsync(BoxNode[] boxes, int version, CancellationToken cancellationToken)
    {
        foreach (BoxNode box in boxes)
        {
            await Eventually.Async(async () => (await box.StatusAsync(cancellationToken)).GetProperty("packs").EnumerateArray().Any(pack =>
                    pack.GetProperty("pack").GetString() == "year" && pack.GetProperty("version").GetInt64() == version && pack.GetProperty("state").GetString() == "Verified"),
                $"version {version} shows", cancellationToken, Patience, () => box.Output);
        }
    }

    /// <summary>Counts what crosses the boxes' links while something happens, and until they have been quiet for a while.</summary>
    private static async Task<Cost[]> CountAsync(BoxNode[] boxes, Func<Task> happen, List<Figure>? memory, CancellationToken cancellationToken)
    {
        await QuietAsync(boxes, cancellationToken);
        (long Down, long Up, TimeSpan Cpu)[] before = [.. boxes.Select(Now)];
        Array.ForEach(boxes, box => ClearPeak(box.ProcessId));
        await happen();
        await QuietAsync(boxes, cancellationToken);
        memory?.Add(new("box: peak memory, by bundle", "MB", [Peak(boxes[0].ProcessId) / 1e6], Bar.Max(200)));
        memory?.Add(new("box: peak memory, by chunks", "MB", [Peak(boxes[1].ProcessId) / 1e6], Bar.Max(200)));
        return [.. boxes.Select((box, i) => Now(box) is var now ? new Cost(now.Down - before[i].Down, now.Up - before[i].Up, now.Cpu - before[i].Cpu) : default)];
    }

    private static async Task QuietAsync(BoxNode[] boxes, CancellationToken cancellationToken)
    {
        // Shorter than the interval of list checks, longer than the pause before a report.
        for (int quiet = 0; quiet < 20;)
        {
            long before = boxes.Sum(box => Now(box).Down + Now(box).Up);
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
            quiet = boxes.Sum(box => Now(box).Down + Now(box).Up) == before ? quiet + 1 : 0;
        }
    }

    private static (long Down, long Up, TimeSpan Cpu) Now(BoxNode box) => (box.Api.DownBytes + box.Mqtt.DownBytes, box.Api.UpBytes + box.Mqtt.UpBytes, ProcessUsage.Of(box.ProcessId).Cpu);

    /// <summary>Highest resident memory since <see cref="ClearPeak"/> (proc_pid_status(5), VmHWM).</summary>
    private static double Peak(int process) =>
        File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is var line
            ? 1024.0 * long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    /// <summary>Begins anew to watch for the highest resident memory (proc_pid_clear_refs(5)).</summary>
    private static void ClearPeak(int process)
    {
        using var file = new StreamWriter($"/proc/{process}/clear_refs");
        file.Write('5');
    }
}
