using System.Net;
using System.Net.Sockets;

namespace TestKit.Live;

/// <summary>Joins a multicast group on one interface, as a television set does, and hands each datagram over with its moment of arrival. A thread of its own: the pool would add to what is measured.</summary>
public sealed class GroupReceiver : IDisposable
{
    private readonly Socket _socket;
    private readonly Thread _thread;
    private volatile bool _stop;

    /// <param name="local">Address of the interface.</param>
    /// <param name="take">Gets the datagram and seconds on a steady clock; on the receiver's thread.</param>
    public GroupReceiver(IPEndPoint group, IPAddress local, Action<ReadOnlyMemory<byte>, double> take)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 200, ReceiveBufferSize = 1 << 20 };
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        // Bound to the group, so that others of the same port do not come here.
        _socket.Bind(group);
        _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(group.Address, local));
        _thread = new Thread(() => Run(take)) { IsBackground = true, Name = "group receiver" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _socket.Dispose();
    }

    private void Run(Action<ReadOnlyMemory<byte>, double> take)
    {
        byte[] buffer = new byte[2048];
        long began = TimeProvider.System.GetTimestamp();
        while (!_stop)
        {
            try
            {
                int length = _socket.Receive(buffer);
                take(buffer.AsMemory(0, length), TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
            {
                // Nothing is sent; look whether it is over.
            }
        }
    }
}
