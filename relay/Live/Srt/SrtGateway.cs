using System.Collections.Concurrent;
using System.CommandLine;
using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using Edge.Core.Live;
using Edge.Media.Srt;

namespace Relay.Live.Srt;

/// <summary>How a caller of the gateway does, as it tells the relay.</summary>
public sealed record SrtReport(string Key, SrtFigures? Figures);

/// <summary><c>relay srt</c>: takes SRT callers in and sends what they bring to the relay's own HTTP address for encoders. A process of its own: a library in C reads what strangers send.
/// Each second it prints how its callers do; the relay that started it takes silence for death.</summary>
internal sealed class SrtGateway(HttpClient relay, TimeProvider time)
{
    /// <summary>Environment variable with the passphrase: arguments can be read by everybody on the machine.</summary>
    public const string PassphraseVariable = "RELAY_SRT_PASSPHRASE";

    // After so long the round trip is known.
    private static readonly TimeSpan Acquaintance = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);
    private const int MaxKnown = 1024;
    private const int PendingBytes = 8 << 20;
    private const int MessageBytes = 1500;

    private readonly ConcurrentDictionary<string, TimeSpan> _roundTrips = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<SrtConnection, string> _callers = [];

    public static Command Create(TimeProvider time)
    {
        var address = new Option<string>("--address") { Description = "Address to listen on", DefaultValueFactory = _ => "0.0.0.0" };
        var port = new Option<int>("--port") { Description = "UDP port to listen on", Required = true };
        var to = new Option<string>("--to") { Description = "The relay's console address", Required = true };
        var command = new Command("srt", "Take SRT callers in for a relay; serve starts it when Ingest:SrtPort is set") { address, port, to };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new HttpClient { BaseAddress = new Uri(parsed.GetValue(to)!), Timeout = Timeout.InfiniteTimeSpan };
            var gateway = new SrtGateway(client, time);
            await gateway.RunAsync(new IPEndPoint(IPAddress.Parse(parsed.GetValue(address)!), parsed.GetValue(port)), cancellationToken);
            return 0;
        });
        return command;
    }

    private async Task RunAsync(IPEndPoint at, CancellationToken cancellationToken)
    {
        using SrtListener listener = SrtListener.Open(at, Environment.GetEnvironmentVariable(PassphraseVariable) ?? "",
            id => SrtLatency.For(_roundTrips.GetValueOrDefault(SrtStreamId.KeyOf(id))));
        var accepting = new Thread(() =>
        {
            while (true)
            {
                SrtConnection caller = listener.Accept();
                new Thread(() => Serve(caller)) { IsBackground = true }.Start();
            }
        })
        { IsBackground = true };
        accepting.Start();
        await using Stream output = System.Console.OpenStandardOutput();
        while (true)
        {
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(_callers.Select(caller => new SrtReport(caller.Value, caller.Key.Figures()))), (byte)'\n'];
            await output.WriteAsync(line, cancellationToken);
            await output.FlushAsync(cancellationToken);
            await Task.Delay(ReportEvery, time, cancellationToken);
        }
    }

    /// <summary>One caller, on a thread of its own: the library blocks.</summary>
    private void Serve(SrtConnection caller)
    {
        using (caller)
        {
            string key = SrtStreamId.KeyOf(caller.StreamId);
            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: PendingBytes));
            Task posting = PostAsync(key, pipe.Reader);
            _callers[caller] = key;
            long began = time.GetTimestamp();
            bool known = false;
            while (!posting.IsCompleted && caller.Receive(pipe.Writer.GetSpan(MessageBytes)) is { } read)
            {
                pipe.Writer.Advance(read);
                // A relay that leaves so much lying does not want it.
                if (read > 0 && !pipe.Writer.FlushAsync(CancellationToken.None).AsTask().IsCompleted)
                    break;
                if (known || time.GetElapsedTime(began) < Acquaintance)
                    continue;
                known = true;
                if (caller.Figures() is { } figures)
                {
                    Remember(key, figures.RoundTrip);
                    // It calls again at once, and gets the latency that its way needs; better now than lost packets all through the lesson.
                    if (SrtLatency.IsTooShort(figures.Latency, figures.RoundTrip))
                        break;
                }
            }
            _callers.TryRemove(caller, out _);
            pipe.Writer.Complete();
        }
    }

    private async Task PostAsync(string key, PipeReader stream)
    {
        // The relay says whether it knows the key before anything is sent.
        using var request = new HttpRequestMessage(HttpMethod.Post, $"ingest/{Uri.EscapeDataString(key)}") { Content = new StreamContent(stream.AsStream()) };
        request.Headers.ExpectContinue = true;
        request.Headers.TransferEncodingChunked = true;
        try
        {
            using HttpResponseMessage answer = await relay.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken.None);
        }
        catch (HttpRequestException)
        {
            // The relay cut it off or went away: the caller is let go and calls again.
        }
        await stream.CompleteAsync();
    }

    private void Remember(string key, TimeSpan roundTrip)
    {
        if (_roundTrips.Count >= MaxKnown)
            _roundTrips.Clear();
        _roundTrips[key] = roundTrip;
    }
}
