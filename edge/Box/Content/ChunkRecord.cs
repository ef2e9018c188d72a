using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using Edge.Core.Content;

namespace Edge.Box.Content;

/// <summary>A chunk as it stands in a store file: a head, then the bytes as they travelled. The head lets the index be made anew from the files.
/// Head, 49 bytes: "EDC1", name (32), coding (1), stored length, plain length, CRC-32C of the stored bytes (4 each, big-endian).</summary>
internal readonly record struct ChunkRecord(ChunkId Id, ChunkCoding Coding, int StoredBytes, int LengthBytes, uint Crc)
{
    public const int HeadBytes = 49;

    /// <summary>First bytes of a record.</summary>
    public static ReadOnlySpan<byte> Mark => "EDC1"u8;

    public void WriteHead(Span<byte> head)
    {
        Mark.CopyTo(head);
        Id.CopyTo(head[4..]);
        head[36] = (byte)Coding;
        BinaryPrimitives.WriteInt32BigEndian(head[37..], StoredBytes);
        BinaryPrimitives.WriteInt32BigEndian(head[41..], LengthBytes);
        BinaryPrimitives.WriteUInt32BigEndian(head[45..], Crc);
    }

    /// <summary>False when these bytes are no head.</summary>
    public static bool TryReadHead(ReadOnlySpan<byte> head, out ChunkRecord record)
    {
        record = default;
        if (head.Length < HeadBytes || !head.StartsWith(Mark))
            return false;
        record = new ChunkRecord(new ChunkId(head[4..36]), (ChunkCoding)head[36], BinaryPrimitives.ReadInt32BigEndian(head[37..]),
            BinaryPrimitives.ReadInt32BigEndian(head[41..]), BinaryPrimitives.ReadUInt32BigEndian(head[45..]));
        return record.StoredBytes is > 0 and <= ContentLimits.MaxChunkBytes && record.LengthBytes is > 0 and <= ContentLimits.MaxChunkBytes;
    }

    /// <summary>CRC-32C (RFC 9260 appendix A): finds what a card loses or tears, and costs next to nothing on processors that have it built in.</summary>
    public static uint CrcOf(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
        return ~crc;
    }
}
