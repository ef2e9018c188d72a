using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Edge.Media.Srt;

/// <summary>Waits for SRT callers on one port; each says by its stream id what it sends. One per process: it is meant for a process of its own.</summary>
public sealed class SrtListener : IDisposable
{
    private const int Backlog = 64;
    private const int SocketAddressBytes = 16;

    private static Func<string, TimeSpan>? _latencyOf;

    private readonly int _socket;

    private SrtListener(int socket) => _socket = socket;

    /// <param name="passphrase">Of all callers; empty: not encrypted.</param>
    /// <param name="latencyOf">Latency that a caller with this stream id gets; on a thread of the library, so be quick.</param>
    /// <exception cref="IOException">The library is not there, or the port is taken.</exception>
    public static unsafe SrtListener Open(IPEndPoint at, string passphrase, Func<string, TimeSpan> latencyOf)
    {
        int socket;
        try
        {
            Check(LibSrt.Startup());
            socket = LibSrt.CreateSocket();
        }
        catch (DllNotFoundException e)
        {
            throw new IOException($"{LibSrt.Library} is not on this machine; Debian has it in libsrt1.5-gnutls", e);
        }
        _latencyOf = latencyOf;
        if (passphrase.Length > 0)
            Check(LibSrt.SetText(socket, SrtOption.Passphrase, Encoding.UTF8.GetBytes(passphrase), Encoding.UTF8.GetByteCount(passphrase)));
        // Wakes a thread that waits on a caller who says nothing.
        Check(LibSrt.SetNumber(socket, SrtOption.ReceiveTimeout, 1000));
        Check(LibSrt.Bind(socket, SocketAddress(at), SocketAddressBytes));
        Check(LibSrt.OnCall(socket, &Called, 0));
        Check(LibSrt.Listen(socket, Backlog));
        return new SrtListener(socket);
    }

    /// <summary>Blocks until somebody calls.</summary>
    /// <exception cref="IOException">The listener is closed or broken.</exception>
    public SrtConnection Accept()
    {
        int socket = LibSrt.Accept(_socket, 0, 0);
        return socket == LibSrt.Error ? throw new IOException(LibSrt.Complaint()) : new SrtConnection(socket);
    }

    public void Dispose() => _ = LibSrt.Close(_socket);

    /// <summary>Before a caller is accepted: the last moment in which its latency can be set.</summary>
    [UnmanagedCallersOnly]
    private static int Called(nint own, int socket, int version, nint address, nint streamId)
    {
        string id = Marshal.PtrToStringUTF8(streamId) ?? "";
        return LibSrt.SetNumber(socket, SrtOption.ReceiveLatency, (int)_latencyOf!(id).TotalMilliseconds);
    }

    private static byte[] SocketAddress(IPEndPoint at)
    {
        byte[] bytes = new byte[SocketAddressBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)AddressFamily.InterNetwork);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)at.Port);
        at.Address.MapToIPv4().GetAddressBytes().CopyTo(bytes, 4);
        return bytes;
    }

    private static void Check(int result)
    {
        if (result == LibSrt.Error)
            throw new IOException($"SRT: {LibSrt.Complaint()}");
    }
}
