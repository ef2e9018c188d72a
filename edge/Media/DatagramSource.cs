using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Edge.Core.Live;

namespace Edge.Media;

/// <summary>A transport stream in datagrams, with or without RTP, to this machine or to a group that it joins. No child: what a socket gives needs no program to fetch it.</summary>
public static class DatagramSource
{
    private const int MaxDatagramBytes = 65_536;
    // Half a second at 16 Mbit/s may wait while a segment is written.
    private const int SystemBufferBytes = 1 << 20;
    private const int Window = 64;

    /// <summary>Receives until it is told to stop or the reader has had enough.</summary>
    /// <param name="came">Told of each datagram.</param>
    /// <exception cref="SocketException">The port is taken, or there is no way to the group.</exception>
    public static async Task ReceiveAsync(MediaSource source, PipeWriter stream, Action came, CancellationToken cancellationToken)
    {
        IPAddress address = (await Dns.GetHostAddressesAsync(source.Address.Host, AddressFamily.InterNetwork, cancellationToken))[0];
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.ReceiveBufferSize = SystemBufferBytes;
        // Bound to the group's own address, so that other groups on the same port stay out.
        socket.Bind(new IPEndPoint(address, source.Address.Port));
        if (address.GetAddressBytes()[0] is >= 224 and < 240)
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(address));
        var order = new RtpOrder(Window);
        byte[] datagram = new byte[MaxDatagramBytes];
        while (true)
        {
            int length = await socket.ReceiveAsync(datagram, SocketFlags.None, cancellationToken);
            came();
            order.Push(datagram.AsSpan(0, length), payload => stream.Write(payload));
            FlushResult flushed = await stream.FlushAsync(cancellationToken);
            if (flushed.IsCompleted)
                return;
        }
    }
}
