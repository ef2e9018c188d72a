namespace Edge.Core.Live;

/// <summary>Takes one packet of a stream.</summary>
public delegate void TsPacketTaker(in TsPacket packet);

/// <summary>Finds the packets in an endless stream of bytes, given in any slices; rubbish between them is passed over. Holds at most 64 KiB.</summary>
public sealed class TsSync(TsPacketTaker take)
{
    // Three sync bytes in their places tell a packet border from a chance 0x47.
    private const int SyncSpanBytes = 2 * TsPacket.LengthBytes + 1;
    private const int PendingBytes = 64 << 10;

    private readonly byte[] _pending = new byte[PendingBytes];
    private int _pendingLength;
    private bool _synced;

    /// <summary>Takes in the next bytes.</summary>
    public void Push(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int part = Math.Min(bytes.Length, _pending.Length - _pendingLength);
            bytes[..part].CopyTo(_pending.AsSpan(_pendingLength));
            _pendingLength += part;
            bytes = bytes[part..];
            TakePackets();
        }
    }

    /// <summary>Drops the beginning of a packet whose rest will not come.</summary>
    public void Finish() => _pendingLength = 0;

    private void TakePackets()
    {
        ReadOnlySpan<byte> rest = _pending.AsSpan(0, _pendingLength);
        while (true)
        {
            if (!_synced)
            {
                int at = 0;
                while (at + SyncSpanBytes <= rest.Length && !IsBorder(rest[at..]))
                    at++;
                _synced = at + SyncSpanBytes <= rest.Length;
                rest = rest[at..];
            }
            if (!_synced || rest.Length < TsPacket.LengthBytes)
                break;
            _synced = rest[0] == TsPacket.Sync;
            if (!_synced)
                continue;
            take(new TsPacket(rest));
            rest = rest[TsPacket.LengthBytes..];
        }
        rest.CopyTo(_pending);
        _pendingLength = rest.Length;
    }

    private static bool IsBorder(ReadOnlySpan<byte> bytes) =>
        bytes[0] == TsPacket.Sync && bytes[TsPacket.LengthBytes] == TsPacket.Sync && bytes[2 * TsPacket.LengthBytes] == TsPacket.Sync;
}
