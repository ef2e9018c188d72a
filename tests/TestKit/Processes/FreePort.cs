using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TestKit.Processes;

/// <summary>Loopback ports nobody listens on. A server that is killed and started again needs the same one, so 0 will not do.</summary>
public static class FreePort
{
    private static readonly ConcurrentDictionary<int, bool> Taken = new();

    public static int Take()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            if (Taken.TryAdd(port, true))
                return port;
        }
    }
}
