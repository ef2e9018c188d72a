using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>Bytes <paramref name="From"/> up to but not including <paramref name="To"/>.</summary>
public readonly record struct ByteSpan(int From, int To)
{
    public int LengthBytes => To - From;
}

/// <summary>One request: a stretch of an immutable object.</summary>
public readonly record struct Piece(ChunkId Id, ByteSpan Span);

/// <summary>What is left to fetch of some objects, and who has been sent for what. Hands out pieces and takes back what did not come; tells when a chunk is whole.
/// An object that is fetched whole counts as a volume of one chunk.</summary>
public sealed class TransferWork
{
    /// <summary>Smallest piece on purpose: below this the heads of the request weigh too much.</summary>
    public const int LeastPieceBytes = 16 << 10;

    private readonly Dictionary<ChunkId, Part[]> _objects;
    private readonly LinkedList<Piece> _queue = new();

    /// <param name="ranges">What is wanted, in the order needed.</param>
    /// <param name="held">Bytes of an object that came earlier, in rising order without overlaps.</param>
    public TransferWork(IEnumerable<RangeFetch> ranges, Func<ChunkId, ByteSpan, IEnumerable<ByteSpan>> held)
    {
        ImmutableArray<RangeFetch> all = [.. ranges];
        _objects = all.GroupBy(range => range.Volume).ToDictionary(group => group.Key,
            group => group.SelectMany(range => range.Chunks).Select(entry => new Part(entry)).OrderBy(part => part.Entry.OffsetBytes).ToArray());
        foreach (RangeFetch range in all)
        {
            foreach (VolumeEntry entry in range.Chunks)
                Queue(range.Volume, entry, held(range.Volume, SpanOf(entry)));
        }
    }

    /// <summary>Not handed out yet.</summary>
    public long QueuedBytes { get; private set; }

    /// <summary>Plain bytes of all that came or was held: for progress. A chunk that came in part counts for its part.</summary>
    public long PlainBytes { get; private set; }

    /// <summary>Chunks that are whole by what was held, not yet told.</summary>
    public IEnumerable<(ChunkId Id, VolumeEntry Entry)> WholeAtStart =>
        from item in _objects from part in item.Value where part.Received == part.Entry.StoredBytes select (item.Key, part.Entry);

    /// <summary>What a connection may take of what is left: half of its part of the whole speed, so that a slow one is never the last by much. All of it when it is alone.</summary>
    /// <param name="rate">What it brought lately, in any unit; null when it has brought nothing yet.</param>
    /// <param name="others">The same of the others that fetch now.</param>
    public static double ShareOf(double? rate, IReadOnlyCollection<double?> others)
    {
        if (others.Count == 0)
            return 1;
        // One that nothing is known of counts as an average one.
        double average = others.Append(rate).Average() ?? 1;
        double part = (rate ?? average) / (others.Sum(other => other ?? average) + (rate ?? average));
        return part > 0 ? part / 2 : 0.5 / (others.Count + 1);
    }

    /// <summary>The next piece; null when all is handed out. The less is left, the smaller, so that all connections end together.</summary>
    /// <param name="share">The part of what is left that this connection may take, over 0 and at most 1: see <see cref="ShareOf"/>.</param>
    /// <param name="mostBytes">Longest piece.</param>
    public Piece? Next(double share, int mostBytes)
    {
        if (_queue.First is not { Value: var first } node)
            return null;
        int length = Math.Max(LeastPieceBytes, (int)Math.Min(mostBytes, QueuedBytes * share));
        _queue.Remove(node);
        // No crumbs: what would remain of it goes with it.
        if (first.Span.LengthBytes > length + LeastPieceBytes / 2)
        {
            int cut = first.Span.From + length;
            _queue.AddFirst(first with { Span = first.Span with { From = cut } });
            first = first with { Span = first.Span with { To = cut } };
        }
        QueuedBytes -= first.Span.LengthBytes;
        return first;
    }

    /// <summary>Takes back what of a piece did not come; it goes out again before all else.</summary>
    public void GiveBack(Piece rest)
    {
        if (rest.Span.LengthBytes <= 0 || !_objects.ContainsKey(rest.Id))
            return;
        _queue.AddFirst(rest);
        QueuedBytes += rest.Span.LengthBytes;
    }

    /// <summary>Cuts what came into the chunks it belongs to; bytes of chunks that nobody asked for are left out.</summary>
    public IEnumerable<(VolumeEntry Entry, ByteSpan Span)> Cut(ChunkId id, ByteSpan span)
    {
        if (!_objects.TryGetValue(id, out Part[]? parts))
            yield break;
        for (int i = IndexOf(parts, span.From); i < parts.Length && parts[i].Entry.OffsetBytes < span.To; i++)
        {
            ByteSpan whole = SpanOf(parts[i].Entry);
            var common = new ByteSpan(Math.Max(whole.From, span.From), Math.Min(whole.To, span.To));
            if (common.LengthBytes > 0)
                yield return (parts[i].Entry, common);
        }
    }

    /// <summary>Notes bytes of one chunk.</summary>
    /// <returns>True when the chunk is whole now.</returns>
    public bool Arrived(ChunkId id, VolumeEntry entry, int bytes)
    {
        if (!_objects.TryGetValue(id, out Part[]? parts))
            return false;
        Part part = parts[IndexOf(parts, entry.OffsetBytes)];
        PlainBytes += part.Add(bytes);
        return part.Received == entry.StoredBytes;
    }

    /// <summary>A chunk that was held in part is not any more: all of it is fetched.</summary>
    public void Again(ChunkId id, VolumeEntry entry)
    {
        if (!_objects.TryGetValue(id, out Part[]? parts))
            return;
        Part part = parts[IndexOf(parts, entry.OffsetBytes)];
        PlainBytes += part.Add(-part.Received);
        GiveBack(new Piece(id, SpanOf(entry)));
    }

    /// <summary>Gives an object up: the source does not have it.</summary>
    /// <returns>Chunks of it that are not whole.</returns>
    public int Drop(ChunkId id)
    {
        if (!_objects.Remove(id, out Part[]? parts))
            return 0;
        for (LinkedListNode<Piece>? node = _queue.First; node is not null;)
        {
            LinkedListNode<Piece>? next = node.Next;
            if (node.Value.Id == id)
            {
                QueuedBytes -= node.Value.Span.LengthBytes;
                _queue.Remove(node);
            }
            node = next;
        }
        return parts.Count(part => part.Received < part.Entry.StoredBytes);
    }

    private static ByteSpan SpanOf(VolumeEntry entry) => new(entry.OffsetBytes, entry.OffsetBytes + entry.StoredBytes);

    private void Queue(ChunkId id, VolumeEntry entry, IEnumerable<ByteSpan> held)
    {
        (int at, int end) = (entry.OffsetBytes, entry.OffsetBytes + entry.StoredBytes);
        foreach (ByteSpan span in held.Append(new ByteSpan(end, end)))
        {
            if (span.From > at)
                Queue(id, new ByteSpan(at, span.From));
            Arrived(id, entry, span.LengthBytes);
            at = span.To;
        }
    }

    private void Queue(ChunkId id, ByteSpan span)
    {
        QueuedBytes += span.LengthBytes;
        // A small hole before it costs less than a request, unless something in it is held already.
        if (_queue.Last is { Value: var last } node && last.Id == id && span.From >= last.Span.To && span.From - last.Span.To <= FetchPlan.MaxGapBytes
            && !Cut(id, new ByteSpan(last.Span.To, span.From)).Any())
        {
            QueuedBytes += span.From - last.Span.To;
            node.Value = last with { Span = last.Span with { To = span.To } };
            return;
        }
        _queue.AddLast(new Piece(id, span));
    }

    /// <summary>The chunk that holds this byte, or the first one behind it.</summary>
    private static int IndexOf(Part[] parts, int at)
    {
        (int low, int high) = (0, parts.Length);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (parts[middle].Entry.OffsetBytes + parts[middle].Entry.StoredBytes <= at)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private sealed class Part(VolumeEntry entry)
    {
        public VolumeEntry Entry => entry;

        public int Received { get; private set; }

        /// <returns>By how much the plain bytes grew.</returns>
        public long Add(int bytes)
        {
            long before = Plain;
            Received += bytes;
            return Plain - before;
        }

        private long Plain => (long)entry.LengthBytes * Received / entry.StoredBytes;
    }
}
