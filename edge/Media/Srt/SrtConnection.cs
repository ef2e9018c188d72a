using System.Buffers.Binary;
using System.Text;

namespace Edge.Media.Srt;

/// <summary>How an SRT connection does.</summary>
/// <param name="Lost">Packets that did not come at first.</param>
/// <param name="Dropped">Packets that did not come in time either: holes in the picture.</param>
public readonly record struct SrtFigures(TimeSpan RoundTrip, TimeSpan Latency, long Received, long Lost, long Dropped);

/// <summary>One caller.</summary>
public sealed class SrtConnection : IDisposable
{
    // CBytePerfMon of 1.5 as Debian builds it; the packet size that it also holds tells whether it is that.
    private const int FiguresBytes = 1024;
    private const int ReceivedAt = 16;
    private const int LostAt = 28;
    private const int DroppedAt = 68;
    private const int RoundTripAt = 328;
    private const int PacketSizeAt = 360;
    private const int PacketSize = 1500;
    private const int MaxStreamIdBytes = 512;

    private readonly int _socket;

    internal SrtConnection(int socket)
    {
        _socket = socket;
        Span<byte> id = stackalloc byte[MaxStreamIdBytes + 1];
        int bytes = id.Length;
        StreamId = LibSrt.GetText(socket, SrtOption.StreamId, id, ref bytes) == LibSrt.Error ? "" : Encoding.UTF8.GetString(id[..bytes]);
        int size = sizeof(int);
        Latency = LibSrt.GetNumber(socket, SrtOption.ReceiveLatency, out int milliseconds, ref size) == LibSrt.Error ? TimeSpan.Zero : TimeSpan.FromMilliseconds(milliseconds);
    }

    public string StreamId { get; }

    /// <summary>As both ends settled it.</summary>
    public TimeSpan Latency { get; }

    /// <summary>Blocks for the next message, at most a second.</summary>
    /// <returns>Its length; 0 when none came; null when the connection is over.</returns>
    public int? Receive(Span<byte> buffer)
    {
        int read = LibSrt.Receive(_socket, buffer, buffer.Length);
        if (read != LibSrt.Error)
            return read;
        return LibSrt.LastError(0) is LibSrt.Timeout or LibSrt.WouldBlock ? 0 : null;
    }

    /// <returns>Null when the connection is over, or the library tells in another form.</returns>
    public SrtFigures? Figures()
    {
        Span<byte> figures = stackalloc byte[FiguresBytes];
        if (LibSrt.Figures(_socket, figures, 0) == LibSrt.Error || BinaryPrimitives.ReadInt32LittleEndian(figures[PacketSizeAt..]) != PacketSize)
            return null;
        return new SrtFigures(TimeSpan.FromMilliseconds(BinaryPrimitives.ReadDoubleLittleEndian(figures[RoundTripAt..])), Latency,
            BinaryPrimitives.ReadInt64LittleEndian(figures[ReceivedAt..]), BinaryPrimitives.ReadInt32LittleEndian(figures[LostAt..]),
            BinaryPrimitives.ReadInt32LittleEndian(figures[DroppedAt..]));
    }

    public void Dispose() => _ = LibSrt.Close(_socket);
}
