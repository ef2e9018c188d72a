using System.Numerics;

namespace Edge.Box.Feedback;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4); one instruction a byte on the box's processor.</summary>
internal static class Crc32C
{
    public static long Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
