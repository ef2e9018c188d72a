using System.CommandLine;
using EdgeBench;
using EdgeBench.Delta;
using EdgeBench.Link;
using EdgeBench.Live;
using EdgeBench.Multicast;
using EdgeBench.Outage;
using EdgeBench.Outbox;
using EdgeBench.Start;
using EdgeBench.Store;

var root = new RootCommand("Measures the product on this machine; where a peer is named, beside it in the same run. 0: every bar met, 1: one missed or no figures, 2: wrong use")
{
    Options.Json,
    StartBenchmark.Command(),
    LiveBenchmark.Command(),
    MulticastBenchmark.Command(),
    OutageBenchmark.Command(),
    LinkBenchmark.Command(),
    DeltaBenchmark.Command(),
    StoreBenchmark.Command(),
    OutboxBenchmark.Command(),
};
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        await Console.Error.WriteLineAsync(error.Message);
    await Console.Error.WriteLineAsync("--help shows how it is used");
    return 2;
}
try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is IOException or HttpRequestException or InvalidOperationException or TimeoutException or OperationCanceledException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
