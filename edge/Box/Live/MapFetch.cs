using Edge.Core.Content;
using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>A head of fragmented MP4 segments (EXT-X-MAP): fetched once, by whichever of its segments comes first.</summary>
internal sealed class MapFetch : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly SegmentFetch _fetch;

    public MapFetch(Uri address, PartSpan? range)
    {
        _fetch = new SegmentFetch(address, range, range?.LengthBytes, Mp4Head.MaxLengthBytes, bytes =>
        {
            Head = Mp4Head.Read(bytes.Span);
            return Head is null ? "no head of fragmented MP4" : null;
        });
    }

    /// <summary>What it tells; null before it came.</summary>
    public Mp4Head? Head { get; private set; }

    public ReadOnlyMemory<byte> Bytes => _fetch.Bytes;

    public ChunkId Hash { get; private set; }

    public string Fault => _fetch.Fault;

    public async Task<FetchEnd> TryAsync(HttpClient upstream, TimeSpan idleTimeout, TimeProvider time, Action<int> came, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Head is not null)
                return FetchEnd.Whole;
            FetchEnd end = await _fetch.TryAsync(upstream, idleTimeout, time, came, cancellationToken);
            if (end == FetchEnd.Whole)
                Hash = ChunkId.Of(Bytes.Span);
            return end;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
