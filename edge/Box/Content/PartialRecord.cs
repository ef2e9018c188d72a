using System.Buffers.Binary;
using Edge.Core.Content;

namespace Edge.Box.Content;

/// <summary>A stretch of an object as it stands in a partial file: a head, then the bytes.
/// Head, 48 bytes: "EDP1", object (32), offset in the object, length, check (4 each, big-endian). The check is the CRC-32C of the head before it, combined (xor) with that of the bytes.</summary>
internal readonly record struct PartialRecord(ChunkId Id, int OffsetBytes, int LengthBytes)
{
    public const int HeadBytes = 48;

    private const int CheckedBytes = HeadBytes - sizeof(uint);

    private static ReadOnlySpan<byte> Mark => "EDP1"u8;

    public void WriteHead(Span<byte> head, ReadOnlySpan<byte> bytes)
    {
        Mark.CopyTo(head);
        Id.CopyTo(head[4..]);
        BinaryPrimitives.WriteInt32BigEndian(head[36..], OffsetBytes);
        BinaryPrimitives.WriteInt32BigEndian(head[40..], LengthBytes);
        BinaryPrimitives.WriteUInt32BigEndian(head[CheckedBytes..], ChunkRecord.CrcOf(head[..CheckedBytes]) ^ ChunkRecord.CrcOf(bytes));
    }

    /// <summary>Takes one whole record off the front; false when it is not all there or not sound.</summary>
    public static bool TryRead(ReadOnlySpan<byte> file, out PartialRecord record)
    {
        record = default;
        if (file.Length < HeadBytes || !file.StartsWith(Mark))
            return false;
        (int offset, int length) = (BinaryPrimitives.ReadInt32BigEndian(file[36..]), BinaryPrimitives.ReadInt32BigEndian(file[40..]));
        if (offset < 0 || length <= 0 || length > file.Length - HeadBytes || offset > ContentLimits.MaxVolumeBytes - length)
            return false;
        if (BinaryPrimitives.ReadUInt32BigEndian(file[CheckedBytes..]) != (ChunkRecord.CrcOf(file[..CheckedBytes]) ^ ChunkRecord.CrcOf(file.Slice(HeadBytes, length))))
            return false;
        record = new PartialRecord(new ChunkId(file[4..36]), offset, length);
        return true;
    }
}
