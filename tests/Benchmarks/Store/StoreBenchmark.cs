using System.CommandLine;
using TestKit.Disk;

namespace EdgeBench.Store;

/// <summary><c>./bench store</c>: how fast content is cut, hashed, stored, hashed again, opened, read by many, and found among 80 000 packs.</summary>
internal static class StoreBenchmark
{
    public static Command Command()
    {
        Option<int> sets = Options.Count("--sets", "Packs in the searched library", 80_000, 100);
        Option<int> megabytes = Options.Count("--megabytes", "Content that is cut, stored and verified", 512, 16);
        Option<int> rounds = Options.Count("--rounds", "How often each is measured; the figure is the median", 5, 1);
        Option<int> seconds = Options.Count("--seconds", "How long 100 readers read", 15, 1);
        var command = new Command("store", "Cut and hash, store, verify, open, 100 readers, search of 80 000 packs, memory") { sets, megabytes, rounds, seconds };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var folder = new TempFolder();
            var figures = new List<Figure>();
            figures.AddRange(await Throughput.MeasureAsync(folder, parsed.GetValue(megabytes), parsed.GetValue(rounds), cancellationToken));
            figures.AddRange(await LargeLibrary.MeasureAsync(folder, parsed.GetValue(sets), cancellationToken));
            figures.AddRange(await Readers.MeasureAsync(folder, parsed.GetValue(seconds), parsed.GetValue(rounds), cancellationToken));
            return Report.Print("store", figures, parsed.GetValue(Options.Json));
        });
        return command;
    }
}
