using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Relay.Sync;

/// <summary>Ends a connection that announces an MQTT packet over the bound, before a byte of it is gathered. The broker reads whole packets,
/// so what it looks at always begins with a packet's header (MQTT 5 §2.1).</summary>
internal sealed class PacketLimit(PipeReader inner, int maxPacketBytes) : PipeReader
{
    /// <summary>Length of the packet that begins here, header included; null when the header is not all there yet.</summary>
    /// <exception cref="ConnectionAbortedException">The length is malformed: over four bytes.</exception>
    public static long? PacketBytes(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryRead(out _))
            return null;
        long length = 0;
        for (int shift = 0; shift < 28; shift += 7)
        {
            if (!reader.TryRead(out byte part))
                return null;
            length |= (long)(part & 0x7F) << shift;
            if (part < 0x80)
                return reader.Consumed + length;
        }
        throw new ConnectionAbortedException("the packet's length is malformed");
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => Check(await inner.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        bool read = inner.TryRead(out result);
        if (read)
            Check(result);
        return read;
    }

    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private ReadResult Check(ReadResult result) =>
        PacketBytes(result.Buffer) > maxPacketBytes ? throw new ConnectionAbortedException("the packet is over the bound") : result;
}

/// <summary>A connection whose input is bounded.</summary>
internal sealed class LimitedPipe(IDuplexPipe inner, int maxPacketBytes) : IDuplexPipe
{
    public PipeReader Input { get; } = new PacketLimit(inner.Input, maxPacketBytes);

    public PipeWriter Output => inner.Output;
}
