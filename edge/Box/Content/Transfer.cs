using Edge.Core.Content;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>What came of a transfer that was not cut short by the link or the disk.</summary>
/// <param name="Wrong">Chunks that the source does not have, or whose bytes were not what their name says.</param>
/// <param name="Interrupted">It was asked to stop; what came is kept.</param>
public readonly record struct TransferEnd(int Wrong, bool Interrupted);

/// <summary>What a transfer needs to know and to tell.</summary>
/// <param name="Keep">Puts verified chunks on disk; they are there when it completes.</param>
/// <param name="Came">Told as bytes come: plain bytes of this transfer that are here, those of former tries included.</param>
/// <param name="Interrupt">Asked again and again: is there something more urgent? Null: nothing can be.</param>
/// <param name="Due">It is for a pack that is due at some time.</param>
public sealed record TransferPorts(Func<IReadOnlyList<ArrivedChunk>, Task> Keep, Action<long> Came, Func<CancellationToken, Task<bool>>? Interrupt, bool Due);

/// <summary>Fetches stretches of immutable objects over several connections at once. Each piece that comes is kept on disk as far as it came,
/// each chunk is verified before it goes to the store, and a connection that stands still gives its piece to the others.</summary>
/// <param name="source">Who gives the bytes.</param>
/// <param name="partial">Where they are kept until a chunk is whole.</param>
/// <param name="gate">Rules of the link to that source; null when no rule is for it, as on the LAN.</param>
/// <param name="options">Bounds.</param>
/// <param name="time">Counts rates and silence.</param>
public sealed class Transfer(IRangeSource source, PartialStore partial, LinkGate? gate, IOptions<ContentOptions> options, TimeProvider time)
{
    /// <summary>Longest time one request should take. Between two of them a connection rests for a round trip: a fiftieth of this on a satellite link. An urgent pack waits as long.</summary>
    private static readonly TimeSpan PieceTime = TimeSpan.FromSeconds(30);

    /// <summary>Silence for which no connection is given up, however quick the link usually answers: a lost packet, lost once more when it is sent again.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(4);

    /// <summary>The same while other connections stand idle: asking on one of them costs a round trip, and nothing else is left to do.</summary>
    private static readonly TimeSpan LeastPatienceAtEnd = TimeSpan.FromSeconds(2.5);
    private const int FirstPieceBytes = 256 << 10;
    private const int LeastPieceBytes = 64 << 10;

    /// <summary>Bytes a second below which one more connection only makes the others wait: on a thin link few fill it, and more lose packets to each other and are taken for silent.</summary>
    private const int LeastShare = 8_000;

    /// <summary>Measurements before that is believed: in the first ones connections were still being opened.</summary>
    private const int SureAfter = 4;

    // Learned from one transfer to the next.
    private ConnectionCount _count = ConnectionCount.Start(source.MaxConnections);
    private TimeSpan _firstByte = TimeSpan.FromSeconds(1);
    private int _pieceBytes = FirstPieceBytes;
    private double? _freeRate;
    private int _measured;
    private double? _limitedRate;

    /// <summary>Connections to hold now.</summary>
    internal int Connections => _count.Count;

    /// <summary>Longest piece to ask for now.</summary>
    internal int PieceBytes => _pieceBytes;

    /// <summary>Fetches an object whole, on the same way as everything else.</summary>
    /// <param name="id">Its hash.</param>
    /// <param name="lengthBytes">Its length, or null when nobody has told: then the source is asked.</param>
    /// <param name="maxBytes">Longer ones are refused.</param>
    /// <param name="due">It is for a pack that is due at some time.</param>
    /// <param name="cancellationToken">Ends the transfer; what came is kept.</param>
    /// <returns>Null when the source does not have it, or sends other bytes.</returns>
    /// <exception cref="IOException">The link or the disk fails; the next try goes on where this one broke off.</exception>
    /// <exception cref="HttpRequestException">As above.</exception>
    public async Task<byte[]?> ObjectAsync(ChunkId id, long? lengthBytes, int maxBytes, bool due, CancellationToken cancellationToken)
    {
        long length = lengthBytes ?? await LengthAsync(id, cancellationToken) ?? 0;
        if (length <= 0 || length > maxBytes)
            return null;
        var whole = new VolumeEntry(id, 0, (int)length, (int)length, ChunkCoding.Plain);
        byte[]? bytes = null;
        var ports = new TransferPorts(chunks => Task.FromResult(bytes = chunks[0].Stored.ToArray()), _ => { }, null, due);
        await RunAsync([new RangeFetch(id, 0, (int)length, [whole])], ports, cancellationToken);
        return bytes;
    }

    /// <summary>Plain bytes of these chunks that came in former tries.</summary>
    public long HeldPlainBytes(IReadOnlyList<RangeFetch> ranges) => new TransferWork(ranges, (id, span) => partial.HeldOf(id, span)).PlainBytes;

    /// <summary>Fetches chunks.</summary>
    /// <exception cref="IOException">The link or the disk fails; what came is kept, and the next try goes on from there.</exception>
    /// <exception cref="HttpRequestException">As above.</exception>
    public async Task<TransferEnd> RunAsync(IReadOnlyList<RangeFetch> ranges, TransferPorts ports, CancellationToken cancellationToken)
    {
        foreach (IGrouping<ChunkId, RangeFetch> range in ranges.GroupBy(range => range.Volume))
            partial.KeepOnly(range.Key, range.SelectMany(part => part.Chunks).Select(entry => new ByteSpan(entry.OffsetBytes, entry.OffsetBytes + entry.StoredBytes)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var run = new TransferRun(this, new TransferWork(ranges, (id, span) => partial.HeldOf(id, span)), source, partial, gate, ports, options.Value, time, stop);
        TransferEnd end = await run.RunAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return end;
    }

    /// <summary>No transfer goes on: what lies here of former ones is of no use.</summary>
    public void Forget() => partial.Clear();

    /// <summary>How long a connection may be silent: grows each time it was given up for nothing, so that a slow link is not mistaken for a dead one.</summary>
    /// <param name="silences">Times in a row that it was given up.</param>
    /// <param name="atEnd">Nothing is left to be asked for, and others have nothing to do.</param>
    internal TimeSpan Patience(int silences, bool atEnd)
    {
        TimeSpan shortest = atEnd ? LeastPatienceAtEnd : LeastPatience;
        double answers = atEnd ? 2.5 : 4;
        TimeSpan least = answers * _firstByte > shortest ? answers * _firstByte : shortest;
        TimeSpan patience = least * Math.Pow(2, Math.Min(silences, 8));
        return patience < options.Value.StallTime ? patience : options.Value.StallTime;
    }

    /// <summary>Bytes a second that the link gives packs when no rule slows them; when only slowed ones were seen, those; null before the first measurement.</summary>
    public double? BytesPerSecond => _freeRate ?? _limitedRate;

    internal void LearnRate(double bytesPerSecond, bool limited)
    {
        if (limited)
        {
            _limitedRate = Smoothed(_limitedRate, bytesPerSecond);
            return;
        }
        double rate = Smoothed(_freeRate, bytesPerSecond);
        _freeRate = rate;
        int most = ++_measured < SureAfter ? source.MaxConnections : (int)Math.Clamp(rate / LeastShare, 1, source.MaxConnections);
        _count = _count.Next(bytesPerSecond, most);
        _pieceBytes = (int)Math.Clamp(bytesPerSecond / _count.Count * PieceTime.TotalSeconds, LeastPieceBytes, FetchPlan.MaxRangeBytes);
    }

    private static double Smoothed(double? former, double now) => former is { } rate ? rate + (now - rate) / 4 : now;

    internal void LearnFirstByte(TimeSpan waited) => _firstByte += (waited - _firstByte) / 4;

    private async Task<long?> LengthAsync(ChunkId id, CancellationToken cancellationToken)
    {
        using var guard = new StallGuard(options.Value.StallTime, options.Value.StallBytes, time, cancellationToken);
        try
        {
            using RangeAnswer? answer = await source.OpenAsync(new Piece(id, new ByteSpan(0, 1)), guard.Token);
            return answer?.ObjectBytes;
        }
        catch (Exception e) when (guard.IsStall(e))
        {
            throw new IOException("the link stalled");
        }
    }
}
