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

    /// <summary>Upstream does not have it.</summary>
    Gone,

    /// <summary>The bytes are not what was listed, or no segment; they were thrown away.</summary>
    Damaged,
}

/// <summary>Fetches one segment, or a head of segments, in as many tries as the link needs; each try goes on where the last one broke off (RFC 9110 §14, If-Range).</summary>
internal sealed class SegmentFetch
{
    private const int ReadBytes = 16 << 10;

    /// <summary>A server that does not know ranges sends a file from its start; so much of it is thrown away for a part of it.</summary>
    private const long MostPassedBytes = 64 << 20;

    private readonly Uri _address;
    private readonly PartSpan? _range;
    private readonly int? _lengthBytes;
    private readonly int _mostBytes;
    private readonly Func<ReadOnlyMemory<byte>, string?> _check;
    private byte[] _buffer = [];
    private int _length;
    private EntityTagHeaderValue? _tag;

    /// <param name="map">The head that it needs; null: it is a transport stream.</param>
    public SegmentFetch(ListedSegment entry, Uri address, MapFetch? map = null)
        : this(address, entry.Range, entry.ToldBytes, Segment.MaxLengthBytes, bytes => FaultOf(entry, bytes.Span, map))
    {
    }

    /// <param name="range">What of the file is wanted; null: all.</param>
    /// <param name="lengthBytes">How long it is; null: not known.</param>
    /// <param name="check">What is wrong with the bytes; null: nothing.</param>
    public SegmentFetch(Uri address, PartSpan? range, int? lengthBytes, int mostBytes, Func<ReadOnlyMemory<byte>, string?> check) =>
        (_address, _range, _lengthBytes, _mostBytes, _check) = (address, range, lengthBytes, mostBytes, check);

    /// <summary>How much of it is still to come; null: not known.</summary>
    public long? RestBytes => _lengthBytes - Volatile.Read(ref _length);

    /// <summary>The bytes, after <see cref="FetchEnd.Whole"/>.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>What is wrong with it, after <see cref="FetchEnd.Damaged"/>.</summary>
    public string Fault { get; private set; } = "";

    /// <param name="came">Told of each piece that came, with its length.</param>
    /// <param name="mostBytes">Asked for at most now; when more of it is left, the end is <see cref="FetchEnd.Cut"/>.</param>
    public async Task<FetchEnd> TryAsync(HttpClient upstream, TimeSpan idleTimeout, TimeProvider time, Action<int> came, CancellationToken cancellationToken, int? mostBytes = null)
    {
        using var idle = new CancellationTokenSource(idleTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        try
        {
            return await ReceiveAsync(upstream, length =>
            {
                idle.CancelAfter(idleTimeout);
                came(length);
            }, mostBytes, either.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // All of it arrived, only the goodbye did not.
            return _lengthBytes == _length ? Checked() : FetchEnd.Cut;
        }
    }

    private static string? FaultOf(ListedSegment entry, ReadOnlySpan<byte> bytes, MapFetch? map)
    {
        SegmentFault fault = map is null ? SegmentCheck.Check(bytes) : Mp4Fragment.Read(bytes, map.Head!, out _);
        return fault != SegmentFault.None ? fault.ToString() : entry.Hash is { } hash && hash != ChunkId.Of(bytes) ? "its hash is not the one listed" : null;
    }

    private async Task<FetchEnd> ReceiveAsync(HttpClient upstream, Action<int> progress, int? mostBytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _address);
        bool goesOn = _length > 0 && _tag is { IsWeak: false };
        int from = goesOn ? _length : 0;
        long first = (_range?.Offset ?? 0) + from;
        if (goesOn)
            request.Headers.IfRange = new RangeConditionHeaderValue(_tag!);
        if (goesOn || mostBytes is not null || _range is not null)
            request.Headers.Range = new RangeHeaderValue(first, _range is { } range && !(first + mostBytes < range.End) ? range.End - 1 : first + mostBytes - 1);
        using HttpResponseMessage response = await upstream.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        progress(0);
        long passed = 0;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK when _range?.Offset > MostPassedBytes:
                return FetchEnd.Gone;
            case HttpStatusCode.OK:
                (_length, passed) = (0, _range?.Offset ?? 0);
                break;
            case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange?.From == first:
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
        long? expected = (long?)_lengthBytes ?? (response.Content.Headers.ContentLength is { } rest ? _length + rest : null);
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        for (byte[] thrown = passed > 0 ? new byte[ReadBytes] : []; passed > 0;)
        {
            int read = await body.ReadAsync(thrown.AsMemory(0, (int)Math.Min(thrown.Length, passed)), cancellationToken);
            if (read == 0)
                return Refused("shorter than listed");
            passed -= read;
            progress(read);
        }
        // Of a part nothing behind it is looked at.
        while (_range is null || _length < expected)
        {
            Reserve(expected);
            int read = await body.ReadAsync(_range is null ? _buffer.AsMemory(_length) : _buffer.AsMemory(_length, (int)expected! - _length), cancellationToken);
            if (read == 0)
                break;
            _length += read;
            progress(read);
            if (_length > (expected ?? _mostBytes))
                return Refused("longer than listed");
        }
        if (mostBytes is not null && _length < expected)
            return FetchEnd.Cut;
        // The answer came to its proper end, so nothing more would come.
        return expected is null || _length == expected ? Checked() : Refused("shorter than listed");
    }

    private FetchEnd Checked() => _check(Bytes) is { } fault ? Refused(fault) : FetchEnd.Whole;

    private FetchEnd Refused(string fault)
    {
        (_buffer, _length, _tag, Fault) = ([], 0, null, fault);
        return FetchEnd.Damaged;
    }

    /// <summary>Makes room for what comes, one byte more than expected so that too much is seen.</summary>
    private void Reserve(long? expected)
    {
        int wanted = (int)Math.Min(expected + 1 ?? Math.Max(_length + ReadBytes, 2L * _buffer.Length), _mostBytes + 1L);
        if (_buffer.Length < wanted || _buffer.Length == _length)
            Array.Resize(ref _buffer, Math.Max(wanted, _length + 1));
    }
}
