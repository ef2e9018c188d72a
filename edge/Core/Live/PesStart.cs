namespace Edge.Core.Live;

/// <summary>The head of a PES packet (ISO/IEC 13818-1 §2.4.3.6): when its unit is decoded, and what begins behind it.</summary>
public readonly ref struct PesStart
{
    private PesStart(long presentTime, long decodeTime, ReadOnlySpan<byte> data)
    {
        PresentTime = presentTime;
        DecodeTime = decodeTime;
        Data = data;
    }

    /// <summary>PTS; 33 bits of a 90 kHz clock.</summary>
    public long PresentTime { get; }

    /// <summary>DTS, or PTS where it stands alone; 33 bits of a 90 kHz clock.</summary>
    public long DecodeTime { get; }

    /// <summary>As much of the unit as this packet holds.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <returns>False when no PES packet begins here or it carries no time.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out PesStart start)
    {
        start = default;
        if (payload.Length < 14 || payload[0] != 0 || payload[1] != 0 || payload[2] != 1 || (payload[6] & 0xC0) != 0x80)
            return false;
        bool hasTime = (payload[7] & 0x80) != 0;
        bool hasDecodeTime = (payload[7] & 0x40) != 0;
        int headLength = 9 + payload[8];
        if (!hasTime || payload.Length < (hasDecodeTime ? 19 : 14) || headLength > payload.Length)
            return false;
        start = new PesStart(Time(payload[9..]), Time(payload[(hasDecodeTime ? 14 : 9)..]), payload[headLength..]);
        return true;
    }

    /// <summary>Does a picture begin here that a decoder can start with? For senders that set no random_access_indicator.</summary>
    public bool IsKeyFrame(byte streamType)
    {
        for (int at = 0; at + 3 < Data.Length; at++)
        {
            if (Data[at] != 0 || Data[at + 1] != 0 || Data[at + 2] != 1)
                continue;
            byte code = Data[at + 3];
            bool key = streamType switch
            {
                0x1B => (code & 0x1F) is 5 or 7,                  // H.264: IDR picture, sequence parameters
                0x24 => (code >> 1 & 0x3F) is >= 16 and <= 21 or >= 32 and <= 33, // H.265: IRAP pictures, VPS, SPS
                0x01 or 0x02 => code == 0xB3,                      // MPEG-1/2: sequence header
                _ => false,
            };
            if (key)
                return true;
        }
        return false;
    }

    private static long Time(ReadOnlySpan<byte> field) =>
        (long)(field[0] >> 1 & 7) << 30 | (long)field[1] << 22 | (long)(field[2] >> 1) << 15 | (long)field[3] << 7 | (long)(field[4] >> 1);
}
