using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace TestKit.Processes;

/// <summary>Loopback ports nobody listens on. A server that is killed and started again needs the same one, so 0 will not do; and one of the range
/// that the system takes outgoing connections from might be taken while it is down.</summary>
public static class FreePort
{
    private const int First = 20_000;
    // Linux gives outgoing connections 32768 to 60999.
    private const int Count = 12_000;

    private static readonly ConcurrentDictionary<int, bool> Taken = new();
    // Test programs that run side by side begin at different places.
    private static int _next = RandomNumberGenerator.GetInt32(Count);

    public static int Take()
    {
        while (true)
        {
            int port = First + (int)((uint)Interlocked.Increment(ref _next) % Count);
            if (!Taken.TryAdd(port, true))
                continue;
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // In use: the next one.
            }
        }
    }
}
