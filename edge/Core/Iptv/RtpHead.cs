using System.Buffers.Binary;

namespace Edge.Core.Iptv;

/// <summary>The head of an RTP packet with transport stream in it (RFC 3550 §5.1, RFC 2250 §2).</summary>
public static class RtpHead
{
    public const int LengthBytes = 12;

    private const byte Version = 0x80;
    private const byte TransportStream = 33;

    /// <param name="time">90 kHz.</param>
    /// <param name="source">Names the sender among all of the group.</param>
    public static void Write(Span<byte> head, ushort sequence, uint time, uint source)
    {
        head[0] = Version;
        head[1] = TransportStream;
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], time);
        BinaryPrimitives.WriteUInt32BigEndian(head[8..], source);
    }
}
