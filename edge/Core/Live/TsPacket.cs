namespace Edge.Core.Live;

/// <summary>One packet of an MPEG transport stream (ISO/IEC 13818-1 §2.4.3.2), looked at in place.</summary>
public readonly ref struct TsPacket
{
    public const int LengthBytes = 188;
    public const byte Sync = 0x47;
    public const int NullPid = 0x1FFF;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">188 bytes that begin with the sync byte.</param>
    public TsPacket(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes[..LengthBytes];
        bool hasAdaptation = (bytes[3] & 0x20) != 0;
        bool hasPayload = (bytes[3] & 0x10) != 0;
        int adaptationLength = hasAdaptation ? bytes[4] : 0;
        int payloadAt = hasAdaptation ? 5 + adaptationLength : 4;
        RandomAccess = adaptationLength > 0 && (bytes[5] & 0x40) != 0;
        // The second bit before the sync: the receiver could not correct it. A payload that begins outside the packet is garbage too.
        Damaged = bytes[0] != Sync || (bytes[1] & 0x80) != 0 || payloadAt > LengthBytes;
        Payload = hasPayload && !Damaged ? _bytes[payloadAt..] : default;
    }

    public ReadOnlySpan<byte> Bytes => _bytes;

    public int Pid => (_bytes[1] & 0x1F) << 8 | _bytes[2];

    /// <summary>A PES packet or a table section begins in it.</summary>
    public bool UnitStart => (_bytes[1] & 0x40) != 0;

    /// <summary>The sender says that a decoder can start here (random_access_indicator).</summary>
    public bool RandomAccess { get; }

    public bool Damaged { get; }

    public ReadOnlySpan<byte> Payload { get; }
}
