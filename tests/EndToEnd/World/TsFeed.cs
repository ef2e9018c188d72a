using System.Net;

namespace EndToEnd.World;

/// <summary>A camera without an encoder's cost: sends a transport stream made before at the speed it plays, again from the start at its end.
/// When the relay is away it connects anew; what it would have shown meanwhile is gone, as with a real one.</summary>
/// <param name="road">Makes the client that it sends with, without a time limit; null: one of this machine's own network.</param>
public sealed class TsFeed(Uri ingest, ReadOnlyMemory<byte> stream, TimeSpan duration, Func<HttpClient>? road = null)
{
    private const int PacketBytes = 188;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly long _started = TimeProvider.System.GetTimestamp();

    /// <summary>Sends until <paramref name="stop"/>; then closes the stream as an encoder does that ends.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        using HttpClient http = road?.Invoke() ?? new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var body = new Body(this, stop);
                using HttpResponseMessage answer = await http.PostAsync(ingest, body, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                await Task.Delay(Beat, TimeProvider.System, cancellationToken);
            }
        }
    }

    private long Position => (long)(TimeProvider.System.GetElapsedTime(_started) / duration * stream.Length) / PacketBytes * PacketBytes;

    private async Task SendAsync(Stream to, CancellationToken stop, CancellationToken cancellationToken)
    {
        long sent = Position;
        while (!stop.IsCancellationRequested)
        {
            for (long position = Position; sent < position;)
            {
                int from = (int)(sent % stream.Length);
                int length = (int)Math.Min(position - sent, stream.Length - from);
                await to.WriteAsync(stream.Slice(from, length), cancellationToken);
                sent += length;
            }
            await to.FlushAsync(cancellationToken);
            await Task.Delay(Beat, TimeProvider.System, cancellationToken);
        }
    }

    private sealed class Body(TsFeed feed, CancellationToken stop) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) => feed.SendAsync(stream, stop, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
