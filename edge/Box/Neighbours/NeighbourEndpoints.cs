using System.Buffers.Binary;
using System.Collections.Immutable;
using Edge.Box.Content;
using Edge.Core.Content;
using Microsoft.Extensions.Options;

namespace Edge.Box.Neighbours;

/// <summary>What this box gives to others on the LAN: public pack content by its hash, read only, slowly enough that its own school does not notice.</summary>
public static class NeighbourEndpoints
{
    public static void MapNeighbours(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/neighbour/held", (HttpContext context, NeighbourDoor door, DiskChunkStore store) => ServeAsync(context, door, NeighbourQuestion.MostAsked, async asked =>
            await context.Response.Body.WriteAsync(NeighbourQuestion.WriteHeld(asked, store.Missing(asked).ToHashSet()), context.RequestAborted)));

        routes.MapPost("/neighbour/chunks", (HttpContext context, NeighbourDoor door, DiskChunkStore store) => ServeAsync(context, door, NeighbourQuestion.MostWanted, async wanted =>
        {
            byte[] length = new byte[sizeof(int)];
            foreach (ChunkId id in wanted)
            {
                byte[] bytes = await store.ReadAsync(id, context.RequestAborted) ?? [];
                await door.PayAsync(bytes.Length, context.RequestAborted);
                BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
                await context.Response.Body.WriteAsync(length, context.RequestAborted);
                await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }));
    }

    /// <summary>Answers a list of at most <paramref name="most"/> chunks, if it is one and there is a place inside.</summary>
    private static async Task ServeAsync(HttpContext context, NeighbourDoor door, int most, Func<ImmutableArray<ChunkId>, Task> answerAsync)
    {
        if (await ReadAsync(context, most) is not { } ids)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        using IDisposable? place = door.TryEnter();
        if (place is null)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "60";
            return;
        }
        context.Response.ContentType = "application/octet-stream";
        await answerAsync(ids);
    }

    private static async Task<ImmutableArray<ChunkId>?> ReadAsync(HttpContext context, int most)
    {
        byte[] body = new byte[most * ChunkId.LengthBytes + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        return NeighbourQuestion.Read(body.AsSpan(0, length), most);
    }
}

/// <summary>Keeps neighbours from taking what the school needs: a few at a time, at a bounded rate together.</summary>
public sealed class NeighbourDoor(IOptions<NeighbourOptions> options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _inside;
    private long _paidUntil;

    /// <returns>Null when enough are served already.</returns>
    public IDisposable? TryEnter()
    {
        lock (_gate)
        {
            if (_inside >= options.Value.MostServed)
                return null;
            _inside++;
            return new Place(this);
        }
    }

    /// <summary>Waits until so many bytes may go.</summary>
    public async Task PayAsync(int bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_gate)
        {
            long now = time.GetTimestamp();
            _paidUntil = Math.Max(_paidUntil, now) + (long)((double)bytes / options.Value.ServedBytesPerSecond * time.TimestampFrequency);
            wait = time.GetElapsedTime(now, _paidUntil);
        }
        if (wait > TimeSpan.FromMilliseconds(100))
            await Task.Delay(wait, time, cancellationToken);
    }

    private void Leave()
    {
        lock (_gate)
            _inside--;
    }

    private sealed class Place(NeighbourDoor door) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                door.Leave();
        }
    }
}
