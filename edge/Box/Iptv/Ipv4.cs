using System.Buffers.Binary;
using System.Net;

namespace Edge.Box.Iptv;

/// <summary>IPv4 addresses as numbers, which the core reckons with.</summary>
internal static class Ipv4
{
    public static uint Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    public static IPAddress Address(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
