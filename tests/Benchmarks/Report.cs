using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace EdgeBench;

/// <summary>Prints figures: a table for people, JSON for programs.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Pretty = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <returns>0 when every bar is met, else 1.</returns>
    public static int Print(string benchmark, IReadOnlyList<Figure> figures, bool json)
    {
        Console.Out.WriteLine(json ? Json(benchmark, figures) : Table(figures));
        return figures.All(figure => figure.Met) ? 0 : 1;
    }

    /// <summary>Says on standard error what is being done, so that the figures stay alone on standard output.</summary>
    public static void Say(string what) => Console.Error.WriteLine(what);

    private static string Json(string benchmark, IReadOnlyList<Figure> figures) => JsonSerializer.Serialize(new
    {
        benchmark,
        machine = new { cores = Environment.ProcessorCount, processor = Processor(), memoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, system = RuntimeInformation.OSDescription, runtime = RuntimeInformation.FrameworkDescription },
        figures = figures.Select(figure => new
        {
            figure.Name,
            figure.Value,
            figure.Unit,
            figure.Runs,
            atMost = figure.Bar is { AtMost: true } most ? most.Limit : (double?)null,
            atLeast = figure.Bar is { AtMost: false } least ? least.Limit : (double?)null,
            figure.Met,
        }),
    }, Pretty);

    private static string Table(IReadOnlyList<Figure> figures)
    {
        string[][] rows =
        [
            ["", "median", "lowest", "highest", "", "bar", ""],
            .. figures.Select(figure => (string[])
            [
                figure.Name, Number(figure.Value), Number(figure.Runs.Min()), Number(figure.Runs.Max()), figure.Unit,
                figure.Bar is { } bar ? (bar.AtMost ? "≤ " : "≥ ") + Number(bar.Limit) : "",
                figure.Bar is null ? "" : figure.Met ? "✓" : "✗ missed",
            ]),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        var lines = rows.Select(row => string.Join("  ", row.Select((cell, column) => column is >= 1 and <= 3 ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
        return string.Join('\n', [$"{Environment.ProcessorCount} cores, {Processor()}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}", .. lines]);
    }

    private static string Number(double value) => value.ToString(Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
}
