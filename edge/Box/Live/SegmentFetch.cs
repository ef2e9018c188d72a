using System.Net;
using System.Net.Http.Headers;
using Edge.Core.Content;
using Edge.Core.Live;

namespace Edge.Box.Live;

/// <summary>How one try at a segment ended.</summary>
public enum FetchEnd
{
    /// <summary>All bytes are here and are the ones listed.</summary>
    Whole,

    /// <summary>The link failed; what arrived is kept for the next try.</summary>
    Cut,

    /// <summary>The relay does not have it.</summary>
    Gone,

    /// <summary>The bytes are not what was listed, or no segment; they were thrown away.</summary>
    Damaged,
}

/// <summary>Fetches one segment in as many tries as the link needs; each try goes on where the last one broke off (RFC 9110 §14, If-Range).</summary>
internal sealed class SegmentFetch(ListedSegment entry, Uri address)
{
    private const int ReadBytes = 16 << 10;

    private byte[] _buffer = [];
    private int _length;
    private EntityTagHeaderValue? _tag;

    public ListedSegment Entry => entry;

    /// <summary>How much of it is still to come; null: not known.</summary>
    public long? RestBytes => entry.LengthBytes - Volatile.Read(ref _length);

    /// <summary>The segment, after <see cref="FetchEnd.Whole"/>.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>What is wrong with it, after <see cref="FetchEnd.Damaged"/>.</summary>
    public string Fault { get; private set; } = "";

    /// <param name="came">Told of each piece that came, with its length.</param>
    /// <param name="mostBytes">Asked for at most now; when more of it is left, the end is <see cref="FetchEnd.Cut"/>.</param>
    public async Task<FetchEnd> TryAsync(HttpClient relay, TimeSpan idleTimeout, TimeProvider time, Action<int> came, CancellationToken cancellationToken, int? mostBytes = null)
    {
        using var idle = new CancellationTokenSource(idleTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        try
        {
            return await ReceiveAsync(relay, length =>
            {
                idle.CancelAfter(idleTimeout);
                came(length);
            }, mostBytes, either.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // All of it arrived, only the goodbye did not.
            return entry.LengthBytes == _length ? Checked() : FetchEnd.Cut;
        }
    }

    private async Task<FetchEnd> ReceiveAsync(HttpClient relay, Action<int> progress, int? mostBytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        bool goesOn = _length > 0 && _tag is { IsWeak: false };
        int from = goesOn ? _length : 0;
        if (goesOn)
            request.Headers.IfRange = new RangeConditionHeaderValue(_tag!);
        if (goesOn || mostBytes is not null)
            request.Headers.Range = new RangeHeaderValue(from, from + mostBytes - 1);
        using HttpResponseMessage response = await relay.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        progress(0);
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                _length = 0;
                break;
            case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange?.From == from:
                _length = from;
                break;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                return FetchEnd.Gone;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                return Refused("shorter than listed");
            default:
                _length = 0;
                return FetchEnd.Cut;
        }
        _tag = response.Headers.ETag;
        long? expected = (long?)entry.LengthBytes ?? (response.Content.Headers.ContentLength is { } rest ? _length + rest : null);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        while (true)
        {
            Reserve(expected);
            int read = await body.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
            if (read == 0)
                break;
            _length += read;
            progress(read);
            if (_length > (expected ?? Segment.MaxLengthBytes))
                return Refused("longer than listed");
        }
        if (mostBytes is not null && _length < expected)
            return FetchEnd.Cut;
        // The answer came to its proper end, so nothing more would come.
        return expected is null || _length == expected ? Checked() : Refused("shorter than listed");
    }

    private FetchEnd Checked()
    {
        if (SegmentCheck.Check(Bytes.Span) is not SegmentFault.None and var fault)
            return Refused(fault.ToString());
        return entry.Hash is { } hash && hash != ChunkId.Of(Bytes.Span) ? Refused("its hash is not the one listed") : FetchEnd.Whole;
    }

    private FetchEnd Refused(string fault)
    {
        (_buffer, _length, _tag, Fault) = ([], 0, null, fault);
        return FetchEnd.Damaged;
    }

    /// <summary>Makes room for what comes, one byte more than expected so that too much is seen.</summary>
    private void Reserve(long? expected)
    {
        int wanted = (int)Math.Min(expected + 1 ?? Math.Max(_length + ReadBytes, 2L * _buffer.Length), Segment.MaxLengthBytes + 1L);
        if (_buffer.Length < wanted || _buffer.Length == _length)
            Array.Resize(ref _buffer, Math.Max(wanted, _length + 1));
    }
}
