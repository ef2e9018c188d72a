using System.Buffers;
using System.Collections.Immutable;
using System.IO.Compression;
using Edge.Core.Feedback;

namespace Edge.Core.Sync;

/// <summary>What stands at the front of an envelope.</summary>
/// <param name="Epoch">0: the box has none and asks for one.</param>
/// <param name="Storage">Chance number made with the box's database: another one is another storage, whatever the card says.</param>
/// <param name="First">Sequence of the first item; of the next item to come when there is none.</param>
/// <param name="Previous">Low half of the digest of the item before the first, 0 when there is none or it is gone: each batch proves that it goes on
/// from what the relay holds, so that two copies of one storage cannot be taken for one.</param>
/// <param name="Count">Number of items; 0 is a greeting, answered with an <see cref="Ack"/> or an <see cref="EpochGrant"/>.</param>
/// <param name="DownThrough">All items down up to here are on the box's disk (<see cref="DownItem.Sequence"/>).</param>
public readonly record struct EnvelopeHeader(long Epoch, ulong Storage, long First, ulong Previous, int Count, long DownThrough)
{
    public long Last => First + Count - 1;
}

/// <summary>What became of reading an envelope.</summary>
public enum EnvelopeRead
{
    Whole,
    /// <summary>The header is sound and says whose place in the sequence this takes; the items cannot be read.</summary>
    BadItems,
    /// <summary>No envelope of ours.</summary>
    Foreign,
}

/// <summary>Many items in one message: version (1 byte, 1), epoch (varint), storage (8 bytes), first sequence (varint),
/// previous digest (8 bytes), count (varint), down-through (varint), then, if there are items, coding (1 byte: 0 as is, 1 Brotli, RFC 7932), length of the uncoded items (varint), the items (<see cref="ItemCodec"/>).
/// Numbers are unsigned LEB128; fixed ones big-endian.</summary>
public static class Envelope
{
    public const byte Version = 1;

    /// <summary>Most items in one envelope.</summary>
    public const int MaxItems = 500;

    /// <summary>Most bytes of the items before coding; a reader makes no more room than this.</summary>
    public const int MaxItemBytes = 256 << 10;

    /// <summary>Most bytes of a whole envelope on the wire.</summary>
    public const int MaxBytes = MaxItemBytes + 64;

    private const byte AsIs = 0;
    private const byte Brotli = 1;
    // Quality 5 with a small window: 11 gains 3 % and takes a Pi 50 times as long.
    private const int BrotliQuality = 5;
    private const int BrotliWindow = 18;

    /// <param name="header">Its count is that of <paramref name="items"/>.</param>
    /// <param name="items">In order of their sequence.</param>
    /// <exception cref="ArgumentOutOfRangeException">Over <see cref="MaxItems"/> or <see cref="MaxItemBytes"/>: the caller batches.</exception>
    public static byte[] Write(EnvelopeHeader header, ImmutableArray<FeedbackItem> items)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(items.Length, MaxItems);
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.Count, items.Length);
        var envelope = new ArrayBufferWriter<byte>(256);
        envelope.Byte(Version);
        envelope.Varint((ulong)header.Epoch);
        envelope.UInt64(header.Storage);
        envelope.Varint((ulong)header.First);
        envelope.UInt64(header.Previous);
        envelope.Varint((ulong)header.Count);
        envelope.Varint((ulong)header.DownThrough);
        if (items.Length == 0)
            return envelope.WrittenSpan.ToArray();

        var body = new ArrayBufferWriter<byte>(32 * items.Length);
        FeedbackItem before = ItemCodec.Before;
        foreach (FeedbackItem item in items)
        {
            ItemCodec.Write(body, item, before);
            before = item;
        }
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.WrittenCount, MaxItemBytes, nameof(items));
        byte[] coded = new byte[BrotliEncoder.GetMaxCompressedLength(body.WrittenCount)];
        bool smaller = BrotliEncoder.TryCompress(body.WrittenSpan, coded, out int codedBytes, BrotliQuality, BrotliWindow) && codedBytes < body.WrittenCount;
        envelope.Byte(smaller ? Brotli : AsIs);
        envelope.Varint((ulong)body.WrittenCount);
        envelope.Write(smaller ? coded.AsSpan(0, codedBytes) : body.WrittenSpan);
        return envelope.WrittenSpan.ToArray();
    }

    /// <summary>Reads bytes that may be anything. Items come back as they were written, even ones whose <see cref="FeedbackItem.Fault"/> says no:
    /// one bad item must not hold up the rest.</summary>
    public static EnvelopeRead Read(ReadOnlySpan<byte> bytes, out EnvelopeHeader header, out ImmutableArray<FeedbackItem> items)
    {
        header = default;
        items = [];
        var reader = new ByteReader(bytes);
        if (bytes.Length > MaxBytes || !TryHeader(ref reader, out header))
            return EnvelopeRead.Foreign;
        if (header.Count == 0)
            return reader.AtEnd ? EnvelopeRead.Whole : EnvelopeRead.Foreign;
        return TryItems(ref reader, header.Count, out items) ? EnvelopeRead.Whole : EnvelopeRead.BadItems;
    }

    private static bool TryHeader(ref ByteReader reader, out EnvelopeHeader header)
    {
        header = default;
        if (!reader.TryByte(out byte version) || version != Version
            || !reader.TryVarint(out ulong epoch) || epoch > MaxNumber
            || !reader.TryUInt64(out ulong storage)
            || !reader.TryVarint(out ulong first) || first is 0 or > MaxNumber
            || !reader.TryUInt64(out ulong previous)
            || !reader.TryVarint(out ulong count) || count > MaxItems
            || !reader.TryVarint(out ulong downThrough) || downThrough > MaxNumber)
            return false;
        header = new EnvelopeHeader((long)epoch, storage, (long)first, previous, (int)count, (long)downThrough);
        return true;
    }

    // Far from any number a box could reach, and sums stay far from overflow.
    private const ulong MaxNumber = 1UL << 60;

    private static bool TryItems(ref ByteReader reader, int count, out ImmutableArray<FeedbackItem> items)
    {
        items = [];
        if (!reader.TryByte(out byte coding) || !reader.TryVarint(out ulong bodyBytes) || bodyBytes > MaxItemBytes)
            return false;
        ReadOnlySpan<byte> body;
        switch (coding)
        {
            case AsIs:
                body = reader.Rest;
                if (body.Length != (int)bodyBytes)
                    return false;
                break;
            case Brotli:
                byte[] decoded = new byte[bodyBytes];
                if (!BrotliDecoder.TryDecompress(reader.Rest, decoded, out int decodedBytes) || decodedBytes != decoded.Length)
                    return false;
                body = decoded;
                break;
            default:
                return false;
        }
        var list = ImmutableArray.CreateBuilder<FeedbackItem>(count);
        var itemReader = new ByteReader(body);
        FeedbackItem before = ItemCodec.Before;
        for (int i = 0; i < count; i++)
        {
            if (!ItemCodec.TryRead(ref itemReader, before, out FeedbackItem? item))
                return false;
            list.Add(item!);
            before = item!;
        }
        if (!itemReader.AtEnd)
            return false;
        items = list.MoveToImmutable();
        return true;
    }
}
