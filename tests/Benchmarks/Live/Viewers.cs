using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace EdgeBench.Live;

/// <summary>What viewers saw in a span.</summary>
/// <param name="SegmentMilliseconds">From request to last byte, of each segment.</param>
/// <param name="BytesPerSecond">Of all bodies.</param>
/// <param name="RequestsPerSecond">Lists and segments.</param>
/// <param name="Failures">Answers that were no success, and broken connections.</param>
internal sealed record Watched(IReadOnlyCollection<double> SegmentMilliseconds, double BytesPerSecond, double RequestsPerSecond, int Failures);

/// <summary>Viewers that ask as hls.js does: the list each segment's length, compressed and only when it changed; each new segment once; on one connection each,
/// not in step with each other.</summary>
/// <param name="port">The server, on loopback.</param>
/// <param name="lesson">The lesson's path, with a slash at its end.</param>
/// <param name="count">Viewers.</param>
/// <param name="page">They sit in the lesson's page, which also asks how the lesson stands.</param>
internal sealed class Viewers(int port, string lesson, int count, bool page) : IAsyncDisposable
{
    /// <summary>hls.js waits the newest segment's length while it is near the live edge.</summary>
    private static readonly TimeSpan ListInterval = TimeSpan.FromSeconds(2);

    /// <summary>hls.js joins three target durations behind the edge; of 2 s segments that is six.</summary>
    private const int JoinBehind = 6;

    private const string ListHeaders = "Accept-Encoding: gzip\r\n";

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _watching = [];
    private ConcurrentBag<double> _segmentMilliseconds = [];
    private long _bytes;
    private long _requests;
    private int _failures;

    public void Start()
    {
        for (int i = 0; i < count; i++)
            _watching.Add(WatchAsync(ListInterval * i / count, _stop.Token));
    }

    /// <summary>Counts for a while.</summary>
    public async Task<Watched> CountAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        (long bytes, long requests, int failures) = (Interlocked.Read(ref _bytes), Interlocked.Read(ref _requests), _failures);
        _segmentMilliseconds = [];
        await Task.Delay(span, TimeProvider.System, cancellationToken);
        return new Watched(_segmentMilliseconds, (Interlocked.Read(ref _bytes) - bytes) / span.TotalSeconds, (Interlocked.Read(ref _requests) - requests) / span.TotalSeconds, _failures - failures);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_watching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task WatchAsync(TimeSpan offset, CancellationToken cancellationToken)
    {
        await Task.Delay(offset, TimeProvider.System, cancellationToken);
        using var connection = new KeepAliveConnection(port);
        using var timer = new PeriodicTimer(ListInterval, TimeProvider.System);
        string? tag = null;
        long next = -1;
        do
        {
            try
            {
                Answer list = await AskAsync(connection, "index.m3u8", tag is null ? ListHeaders : $"{ListHeaders}If-None-Match: {tag}\r\n", keep: true, cancellationToken);
                if (list.Status == 200)
                {
                    tag = list.Tag;
                    long newest = Newest(list.Body!);
                    for (next = next < 0 ? Math.Max(0, newest - JoinBehind + 1) : next; next <= newest; next++)
                    {
                        long began = TimeProvider.System.GetTimestamp();
                        await AskAsync(connection, string.Create(CultureInfo.InvariantCulture, $"{next}.ts"), "", keep: false, cancellationToken);
                        _segmentMilliseconds.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
                    }
                }
                if (page)
                    await AskAsync(connection, "state.json", "", keep: false, cancellationToken);
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                Interlocked.Increment(ref _failures);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task<Answer> AskAsync(KeepAliveConnection connection, string name, string headers, bool keep, CancellationToken cancellationToken)
    {
        Answer answer = await connection.GetAsync(lesson + name, headers, keep, cancellationToken);
        Interlocked.Increment(ref _requests);
        Interlocked.Add(ref _bytes, answer.LengthBytes);
        if (answer.Status is not (200 or 304))
            Interlocked.Increment(ref _failures);
        return answer;
    }

    /// <summary>Number of the last segment listed.</summary>
    public static long Newest(byte[] gzip)
    {
        using var text = new StreamReader(new GZipStream(new MemoryStream(gzip), CompressionMode.Decompress), Encoding.UTF8);
        string list = text.ReadToEnd();
        int end = list.LastIndexOf(".ts", StringComparison.Ordinal);
        int start = list.LastIndexOf('\n', end) + 1;
        return long.Parse(list.AsSpan(start, end - start), CultureInfo.InvariantCulture);
    }
}
