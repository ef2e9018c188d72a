using System.Buffers.Binary;

namespace Relay.Live.Rtmp;

/// <summary>Sound and pictures as a file format, which is what RTMP carries without its heads (FLV 10.1, annex E).</summary>
public static class FlvTags
{
    private const int HeadBytes = 11;

    /// <summary>No promise of which tracks there are: a camera may have no microphone.</summary>
    public static ReadOnlySpan<byte> FileHead => "FLV\x01\x00\x00\x00\x00\x09\x00\x00\x00\x00"u8;

    public static byte[] Write(RtmpMessage message)
    {
        int length = message.Payload.Length;
        byte[] tag = new byte[HeadBytes + length + 4];
        BinaryPrimitives.WriteUInt32BigEndian(tag, (uint)message.Type << 24 | (uint)length);
        BinaryPrimitives.WriteUInt32BigEndian(tag.AsSpan(4), message.Time << 8 | message.Time >> 24);
        message.Payload.Span.CopyTo(tag.AsSpan(HeadBytes));
        BinaryPrimitives.WriteUInt32BigEndian(tag.AsSpan(HeadBytes + length), (uint)(HeadBytes + length));
        return tag;
    }
}
