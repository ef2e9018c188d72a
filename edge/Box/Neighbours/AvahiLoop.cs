using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Edge.Core.Content;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Neighbours;

/// <summary>What finding neighbours needs of the rest of the box. Joined in BoxServer.</summary>
/// <param name="Box">This box's name; null until the claim.</param>
/// <param name="Port">Of its site; 0 until it listens.</param>
public sealed record NeighbourPorts(Func<string?> Box, Func<int> Port);

/// <summary>Finds and is found by DNS-SD (RFC 6763), through Debian's avahi: its daemon knows the network, its two command-line tools are our children.
/// A box without avahi works as before.</summary>
public sealed class AvahiLoop(Neighbourhood neighbours, NeighbourPorts ports, IOptions<NeighbourOptions> options, TimeProvider time, Func<double> draw, ILogger<AvahiLoop> log) : BackgroundService
{
    public const string ServiceType = "_edge-box._tcp";

    private const string NamePrefix = "edge-";
    private static readonly TimeSpan ClaimCheckInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Discovery)
            return;
        string box;
        while ((box = ports.Box() ?? "").Length == 0 || ports.Port() == 0)
            await Task.Delay(ClaimCheckInterval, time, stoppingToken);
        string own = NamePrefix + box;
        await Task.WhenAll(
            KeepAsync("avahi-publish", ["-s", own, ServiceType, ports.Port().ToString(CultureInfo.InvariantCulture)], _ => { }, stoppingToken),
            // Into a pipe it would keep its lines to itself until it ends.
            KeepAsync("stdbuf", ["-oL", "avahi-browse", "--parsable", "--resolve", "--no-db-lookup", ServiceType], line => Take(line, own), stoppingToken));
    }

    private void Take(string line, string own)
    {
        // A second box with our name would be renamed by avahi: "edge-b… #2".
        if (AvahiLine.Read(line) is not var (found, neighbour) || !neighbour.Name.StartsWith(NamePrefix, StringComparison.Ordinal) || neighbour.Name == own)
            return;
        if (found)
            neighbours.Add(neighbour);
        else
            neighbours.Remove(neighbour.Name);
    }

    /// <summary>Runs a tool for as long as the box does; starts it again when it ends, with growing waits.</summary>
    private async Task KeepAsync(string tool, string[] arguments, Action<string> take, CancellationToken stoppingToken)
    {
        Backoff backoff = default;
        while (!stoppingToken.IsCancellationRequested)
        {
            string reason;
            long began = time.GetTimestamp();
            try
            {
                reason = await RunAsync(tool, arguments, take, stoppingToken);
            }
            catch (Win32Exception)
            {
                reason = "not installed";
            }
            if (backoff.Failures == 0 || time.GetElapsedTime(began) > LongestWait)
            {
                log.NoDiscovery(tool, reason);
                backoff = default;
            }
            backoff = backoff.Next();
            await Task.Delay(backoff.Delay(draw(), FirstWait, LongestWait) + FirstWait, time, stoppingToken);
        }
    }

    private static async Task<string> RunAsync(string tool, string[] arguments, Action<string> take, CancellationToken stoppingToken)
    {
        using Process process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        string last = "it ended";
        try
        {
            process.ErrorDataReceived += (_, said) => last = said.Data is { Length: > 0 and < 200 } words ? words : last;
            process.BeginErrorReadLine();
            while (await process.StandardOutput.ReadLineAsync(stoppingToken) is { } line)
                take(line);
            await process.WaitForExitAsync(stoppingToken);
            return last;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
