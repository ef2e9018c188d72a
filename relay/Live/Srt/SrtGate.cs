using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Buffers;
using System.Text.Json;
using Edge.Core.Live;
using Edge.Media;
using Edge.Media.Srt;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Relay.Live.Srt;

/// <summary>Keeps the process that takes SRT callers in, and knows how they do.</summary>
public sealed class SrtGate(IServer server, IHostApplicationLifetime life, IOptions<IngestOptions> options, TimeProvider time, ILogger<SrtGate> log) : BackgroundService
{
    private const int MaxLineBytes = 1 << 20;

    private ImmutableDictionary<string, SrtFigures> _figures = ImmutableDictionary<string, SrtFigures>.Empty;

    /// <summary>How the connection of this key does; null: nobody calls with it.</summary>
    public SrtFigures? Of(string key) => Volatile.Read(ref _figures).TryGetValue(key, out SrtFigures figures) ? figures : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.SrtPort == 0)
            return;
        try
        {
            // Its callers are passed on to this server.
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using CancellationTokenRegistration listening = life.ApplicationStarted.Register(started.SetResult);
            await started.Task.WaitAsync(stoppingToken);
            var supervisor = new ChildSupervisor(Command, ChildRules.Default, time, report => log.SrtGateFailed(report.End, report.Ran, report.Pause, report.Said));
            await supervisor.RunAsync(ReadAsync, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    private async Task ReadAsync(ChildRun run, CancellationToken cancellationToken)
    {
        PipeReader lines = PipeReader.Create(run.Output);
        while (true)
        {
            ReadResult read = await lines.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                Take(rest.Slice(0, end));
                run.Useful();
                rest = rest.Slice(rest.GetPosition(1, end));
            }
            lines.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted || rest.Length > MaxLineBytes)
                return;
        }
    }

    private void Take(ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        SrtReport[] reports = JsonSerializer.Deserialize<SrtReport[]>(ref reader) ?? [];
        var figures = ImmutableDictionary.CreateBuilder<string, SrtFigures>(StringComparer.Ordinal);
        foreach (SrtReport report in reports)
        {
            if (report.Figures is { } known)
                figures[report.Key] = known;
        }
        Volatile.Write(ref _figures, figures.ToImmutable());
    }

    private ChildCommand Command()
    {
        var relay = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First(address => address.StartsWith("http://", StringComparison.Ordinal))
            .Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "127.0.0.1", StringComparison.Ordinal));
        string program = typeof(SrtGate).Assembly.Location;
        bool byHost = Path.GetFileName(Environment.ProcessPath) == "dotnet";
        return new ChildCommand(byHost ? Environment.ProcessPath! : Path.ChangeExtension(program, null),
            [.. byHost ? (string[])[program] : [], "srt", "--address", options.Value.Address, "--port", $"{options.Value.SrtPort}", "--to", relay.ToString()])
        {
            Environment = options.Value.SrtPassphrase.Length == 0 ? [] : [(SrtGateway.PassphraseVariable, options.Value.SrtPassphrase)],
        };
    }
}
