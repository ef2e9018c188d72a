using System.Buffers.Binary;

namespace Edge.Core.Live;

/// <summary>Takes the transport stream out of RTP (RFC 3550, RFC 2250) and puts datagrams that overtook each other back in order. Datagrams without RTP pass as they are:
/// receivers that say one thing and send the other are common.</summary>
/// <param name="window">Datagrams that may be held back while one is missing.</param>
public sealed class RtpOrder(int window)
{
    private const int HeadBytes = 12;
    // Further back is no straggler but a sender that began anew.
    private const int Straggler = 3000;

    private readonly SortedList<int, byte[]> _held = [];
    private int _next = -1;

    /// <summary>Takes one datagram in.</summary>
    /// <param name="give">Gets payloads, in order, during the call.</param>
    public void Push(ReadOnlySpan<byte> datagram, Action<ReadOnlySpan<byte>> give)
    {
        if (datagram.IsEmpty || datagram[0] == TsPacket.Sync)
        {
            give(datagram);
            return;
        }
        if (!TryRead(datagram, out int sequence, out ReadOnlySpan<byte> payload))
            return;
        int ahead = _next < 0 ? 0 : (short)(sequence - _next);
        if (ahead < -Straggler)
        {
            _held.Clear();
            ahead = 0;
        }
        if (ahead < 0)
            return;
        if (ahead == 0)
        {
            give(payload);
            _next = sequence + 1 & 0xFFFF;
            GiveHeld(give);
            return;
        }
        // Kept by how far ahead they were of the first one missing, so that the number may turn over.
        _held.TryAdd(Unrolled(sequence), payload.ToArray());
        if (_held.Count > window)
        {
            _next = _held.GetKeyAtIndex(0) & 0xFFFF;
            GiveHeld(give);
        }
    }

    private void GiveHeld(Action<ReadOnlySpan<byte>> give)
    {
        while (_held.Count > 0 && (_held.GetKeyAtIndex(0) & 0xFFFF) == _next)
        {
            give(_held.GetValueAtIndex(0));
            _held.RemoveAt(0);
            _next = _next + 1 & 0xFFFF;
        }
    }

    /// <summary>A number after the turn of 16 bits sorts behind those before it.</summary>
    private int Unrolled(int sequence)
    {
        int near = _held.Count == 0 ? _next : _held.GetKeyAtIndex(0);
        return near + (short)(sequence - near);
    }

    private static bool TryRead(ReadOnlySpan<byte> datagram, out int sequence, out ReadOnlySpan<byte> payload)
    {
        sequence = 0;
        payload = default;
        if (datagram.Length < HeadBytes || datagram[0] >> 6 != 2)
            return false;
        sequence = BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]);
        int from = HeadBytes + 4 * (datagram[0] & 0x0F);
        if ((datagram[0] & 0x10) != 0)
        {
            if (datagram.Length < from + 4)
                return false;
            from += 4 + 4 * BinaryPrimitives.ReadUInt16BigEndian(datagram[(from + 2)..]);
        }
        int padding = (datagram[0] & 0x20) != 0 ? datagram[^1] : 0;
        if (from + padding > datagram.Length)
            return false;
        payload = datagram[from..^padding];
        return true;
    }
}
