using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Edge.Core.Feedback;

/// <summary>The counterpart of <see cref="ByteReader"/>.</summary>
internal static class ByteWriter
{
    public static void Byte(this IBufferWriter<byte> buffer, byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    public static void UInt64(this IBufferWriter<byte> buffer, ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(buffer.GetSpan(sizeof(ulong)), value);
        buffer.Advance(sizeof(ulong));
    }

    public static void Varint(this IBufferWriter<byte> buffer, ulong value)
    {
        while (value >= 0x80)
        {
            buffer.Byte((byte)(value | 0x80));
            value >>= 7;
        }
        buffer.Byte((byte)value);
    }

    public static void Zigzag(this IBufferWriter<byte> buffer, long value) => buffer.Varint((ulong)(value << 1) ^ (ulong)(value >> 63));

    public static void Text(this IBufferWriter<byte> buffer, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        buffer.Varint((ulong)length);
        buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(Math.Max(length, 1))));
    }
}
