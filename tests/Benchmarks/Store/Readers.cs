using System.Globalization;
using TestKit;
using TestKit.Disk;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Store;

/// <summary>A published box that serves a pack's video: time to a first byte, and a hundred readers at once.</summary>
internal static class Readers
{
    private const int VideoBytes = 96 << 20;
    private const int RangeBytes = 1 << 20;
    private const int Count = 100;
    private const int Opens = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(TempFolder folder, int seconds, int rounds, CancellationToken cancellationToken)
    {
        Report.Say("Starting a box with a pack, and one with the large library");
        string program = Options.PublishedBox();
        await using RelayNode relay = new(folder["relay"]);
        await relay.StartAsync(cancellationToken);
        await using BoxNode box = new(folder["box"], relay, null, program);
        await box.StartAsync(cancellationToken);
        await box.ClaimAsync(relay, "School", cancellationToken);
        folder.Write("pack/pack.json", """{ "id": "video", "title": { "en": "Video" }, "files": {} }""");
        folder.Write("pack/video.mp4", Noise.Of(VideoBytes, 1));
        await relay.CliAsync(cancellationToken, "pack", "build", folder["pack"]);
        await relay.CliAsync(cancellationToken, "pack", "publish", "video", "--to", "all");
        await Eventually.Async(async () => (await box.StatusAsync(cancellationToken)).GetProperty("packs").EnumerateArray().Any(pack => pack.GetProperty("state").GetString() == "Verified"),
            "the pack is on the box", cancellationToken, Patience, () => box.Output);

        var draw = new Random(1);
        // By turns with an answer that reads nothing: what that takes is the machine's.
        double[] opens = new double[Opens];
        double[] nothing = new double[Opens];
        for (int n = 0; n < Opens; n++)
        {
            opens[n] = await OpenAsync(box.Port, connection => GetAsync(connection, draw.Next(VideoBytes), 1, cancellationToken));
            nothing[n] = await OpenAsync(box.Port, connection => connection.GetAsync("/healthz", "", keep: false, cancellationToken));
        }
        long idle = ProcessUsage.Of(box.ProcessId).ResidentBytes;
        var p50 = new List<double>();
        var p99 = new List<double>();
        var rates = new List<double>();
        var memory = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            (List<double> times, double rate) = await ReadAsync(box.Port, seconds, round, cancellationToken);
            p50.Add(Figure.Quantile(times, 0.5));
            p99.Add(Figure.Quantile(times, 0.99));
            rates.Add(rate);
            memory.Add(ProcessUsage.Of(box.ProcessId).ResidentBytes / 1e6);
        }
        await box.StopAsync();
        return
        [
            new("open to first byte, p50", "ms", [Figure.Quantile(opens, 0.5)]),
            new("open to first byte, p99", "ms", [Figure.Quantile(opens, 0.99)]),
            new("the same of an answer that reads nothing, p50", "ms", [Figure.Quantile(nothing, 0.5)]),
            new("the same of an answer that reads nothing, p99", "ms", [Figure.Quantile(nothing, 0.99)]),
            new($"{Count} readers of 1 MiB ranges: all together", "MB/s", rates),
            new($"{Count} readers: a range, p50", "ms", p50),
            new($"{Count} readers: a range, p99", "ms", p99),
            new("box with a pack: memory", "MB", [idle / 1e6]),
            new($"{Count} readers: memory", "MB", memory),
            .. await IdleAsync(folder["library"], relay, program, cancellationToken),
        ];
    }

    /// <summary>What a box uses that has the large library, after its library was asked for.</summary>
    private static async Task<Figure[]> IdleAsync(string folder, RelayNode relay, string program, CancellationToken cancellationToken)
    {
        await using BoxNode box = new(folder, relay, null, program);
        long began = TimeProvider.System.GetTimestamp();
        await box.StartAsync(cancellationToken);
        double started = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        await Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, cancellationToken);
        ProcessUsage idle = ProcessUsage.Of(box.ProcessId);
        Figure[] pages = await LibraryPages.MeasureAsync(box, cancellationToken);
        await box.StopAsync();
        return
        [
            .. pages,
            new("box with the large library: start", "s", [started], Bar.Max(3)),
            new("box with the large library: memory after 20 s", "MB", [idle.ResidentBytes / 1e6], Bar.Max(120)),
            new("box with the large library: of it no file's", "MB", [idle.AnonymousBytes / 1e6]),
        ];
    }

    private static async Task<(List<double> Times, double Rate)> ReadAsync(int port, int seconds, int seed, CancellationToken cancellationToken)
    {
        long began = TimeProvider.System.GetTimestamp();
        TimeSpan span = TimeSpan.FromSeconds(seconds);
        List<double>[] times = await Task.WhenAll(Enumerable.Range(0, Count).Select(async reader =>
        {
            var own = new List<double>();
            var draw = new Random(seed * Count + reader);
            using var connection = new KeepAliveConnection(port);
            while (TimeProvider.System.GetElapsedTime(began) < span)
            {
                long from = TimeProvider.System.GetTimestamp();
                await GetAsync(connection, draw.Next(VideoBytes - RangeBytes), RangeBytes, cancellationToken);
                own.Add(TimeProvider.System.GetElapsedTime(from).TotalMilliseconds);
            }
            return own;
        }));
        List<double> all = [.. times.SelectMany(own => own)];
        return (all, all.Count * (double)RangeBytes / 1e6 / TimeProvider.System.GetElapsedTime(began).TotalSeconds);
    }

    private static async Task<double> OpenAsync(int port, Func<KeepAliveConnection, Task> get)
    {
        using var connection = new KeepAliveConnection(port);
        long began = TimeProvider.System.GetTimestamp();
        await get(connection);
        return TimeProvider.System.GetElapsedTime(began).TotalMilliseconds;
    }

    private static async Task GetAsync(KeepAliveConnection connection, int from, int length, CancellationToken cancellationToken)
    {
        Answer answer = await connection.GetAsync("/library/video/video.mp4", string.Create(CultureInfo.InvariantCulture, $"Range: bytes={from}-{from + length - 1}\r\n"), keep: false, cancellationToken);
        if (answer.Status != 206 || answer.LengthBytes != length)
            throw new InvalidOperationException($"status {answer.Status}, {answer.LengthBytes} bytes");
    }
}
