using System.Net;

namespace EdgeBench.Live;

/// <summary>The lead school's encoder without its encoding: sends a file of a steady rate to the relay as fast as it would be played.</summary>
internal sealed class Encoder : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _sending;

    /// <param name="ingest">Where the relay takes the lesson in.</param>
    /// <param name="media">File with a transport stream.</param>
    /// <param name="duration">How long it plays.</param>
    /// <param name="road">What it sends with, without a time limit, and disposes of; null: this machine's own network.</param>
    public Encoder(Uri ingest, string media, TimeSpan duration, HttpClient? road = null)
    {
        _http = road ?? new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        _sending = SendAsync(ingest, media, duration);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task SendAsync(Uri ingest, string media, TimeSpan duration)
    {
        using HttpResponseMessage answer = await _http.PostAsync(ingest, new Paced(media, duration, _stop.Token), _stop.Token);
        answer.EnsureSuccessStatusCode();
    }

    private sealed class Paced(string media, TimeSpan duration, CancellationToken stop) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await using FileStream file = File.OpenRead(media);
            double bytesPerSecond = file.Length / duration.TotalSeconds;
            byte[] buffer = new byte[(int)(bytesPerSecond * Beat.TotalSeconds)];
            long began = TimeProvider.System.GetTimestamp();
            int read;
            while ((read = await file.ReadAsync(buffer, stop)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), stop);
                await stream.FlushAsync(stop);
                TimeSpan ahead = TimeSpan.FromSeconds(file.Position / bytesPerSecond) - TimeProvider.System.GetElapsedTime(began);
                if (ahead > TimeSpan.Zero)
                    await Task.Delay(ahead, TimeProvider.System, stop);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
