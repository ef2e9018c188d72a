using System.Collections.Immutable;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Edge.Box.Iptv;

/// <summary>A network interface with its IPv4 address, as far as the choice goes by it.</summary>
/// <param name="Local">Loopback: nobody else hears.</param>
/// <param name="PointToPoint">A modem, a tunnel: a way out, never a LAN.</param>
/// <param name="Gateway">A default route goes through it.</param>
public sealed record LanInterface(string Name, IPAddress Address, bool Up, bool Local, bool PointToPoint, bool Gateway);

/// <summary>Which interface multicast goes out on: the class must hear it, and the line to the world must not carry it.</summary>
public static class LanSide
{
    /// <param name="named">Name or address from the settings; may be empty.</param>
    /// <param name="siteAddress">Address that the school's site listens on.</param>
    /// <returns>Null when there is none that may be used.</returns>
    public static LanInterface? Choose(ImmutableArray<LanInterface> all, string named, IPAddress siteAddress)
    {
        LanInterface[] up = [.. all.Where(one => one.Up).OrderBy(one => one.Name, StringComparer.Ordinal)];
        if (named.Length > 0)
            return up.FirstOrDefault(one => one.Name == named || one.Address.ToString() == named);
        if (!siteAddress.Equals(IPAddress.Any))
            return up.FirstOrDefault(one => one.Address.Equals(siteAddress));
        LanInterface[] lans = [.. up.Where(one => one is { Local: false, PointToPoint: false })];
        return lans.FirstOrDefault(one => !one.Gateway) ?? lans.FirstOrDefault();
    }

    /// <summary>The interfaces of this machine.</summary>
    public static ImmutableArray<LanInterface> All() =>
    [
        .. from one in NetworkInterface.GetAllNetworkInterfaces()
           let properties = one.GetIPProperties()
           from address in properties.UnicastAddresses.Where(address => address.Address.AddressFamily == AddressFamily.InterNetwork).Take(1)
           select new LanInterface(one.Name, address.Address,
               // Loopback and bridges say that they do not know.
               one.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown,
               one.NetworkInterfaceType == NetworkInterfaceType.Loopback,
               one.NetworkInterfaceType is NetworkInterfaceType.Ppp or NetworkInterfaceType.Tunnel,
               properties.GatewayAddresses.Any(gateway => gateway.Address.AddressFamily == AddressFamily.InterNetwork && !gateway.Address.Equals(IPAddress.Any))),
    ];
}
