using Edge.Core.Live;

namespace Edge.Core.Iptv;

/// <summary>Reads and changes what a transport packet says of time, in place (ISO/IEC 13818-1 §2.4.3.4 and §2.4.3.6).</summary>
public static class TsStamp
{
    /// <summary>Of the programme clock reference.</summary>
    public const long Hertz = 27_000_000;

    /// <summary>Ticks of the reference for one of decode and presentation times (90 kHz).</summary>
    public const int TicksPerTime = 300;

    private const int TimeBits = 33;
    private const long TimeMask = (1L << TimeBits) - 1;
    private const long ReferenceWrap = (1L << TimeBits) * TicksPerTime;

    public static long Ticks(TimeSpan span) => span.Ticks * 27 / 10;

    public static TimeSpan Span(long ticks) => new(ticks * 10 / 27);

    /// <summary>From one 33-bit time to another the short way round.</summary>
    public static long Step(long from, long to) => (to - from) << (64 - TimeBits) >> (64 - TimeBits);

    /// <summary>From one reference to another the short way round.</summary>
    public static long ReferenceStep(long from, long to)
    {
        long step = (to - from) % ReferenceWrap;
        return step > ReferenceWrap / 2 ? step - ReferenceWrap : step < -ReferenceWrap / 2 ? step + ReferenceWrap : step;
    }

    public static bool TryReadReference(ReadOnlySpan<byte> packet, out long ticks)
    {
        ticks = 0;
        if (!HasReference(packet))
            return false;
        ReadOnlySpan<byte> field = packet[6..];
        long time = (long)field[0] << 25 | (long)field[1] << 17 | (long)field[2] << 9 | (long)field[3] << 1 | (long)(field[4] >> 7);
        ticks = time * TicksPerTime + ((field[4] & 1) << 8 | field[5]);
        return true;
    }

    /// <summary>Writes a reference into a packet that has room for one.</summary>
    public static void WriteReference(Span<byte> packet, long ticks)
    {
        long time = ticks / TicksPerTime & TimeMask;
        int rest = (int)(ticks % TicksPerTime);
        packet[6] = (byte)(time >> 25);
        packet[7] = (byte)(time >> 17);
        packet[8] = (byte)(time >> 9);
        packet[9] = (byte)(time >> 1);
        packet[10] = (byte)((int)(time & 1) << 7 | 0x7E | rest >> 8);
        packet[11] = (byte)rest;
    }

    public static bool HasReference(ReadOnlySpan<byte> packet) => (packet[3] & 0x20) != 0 && packet[4] >= 7 && (packet[5] & 0x10) != 0;

    /// <summary>The times go on here, whatever the sender announced.</summary>
    public static void ClearDiscontinuity(Span<byte> packet)
    {
        if ((packet[3] & 0x20) != 0 && packet[4] > 0)
            packet[5] &= 0x7F;
    }

    /// <summary>A packet that carries a reference and nothing else.</summary>
    public static void WriteReferencePacket(Span<byte> packet, int pid, int counter, long ticks)
    {
        packet[..TsPacket.LengthBytes].Fill(0xFF);
        packet[0] = TsPacket.Sync;
        packet[1] = (byte)(pid >> 8);
        packet[2] = (byte)pid;
        packet[3] = (byte)(0x20 | (counter & 0x0F));
        packet[4] = TsPacket.LengthBytes - 5;
        packet[5] = 0x10;
        WriteReference(packet, ticks);
    }

    public static void WriteNullPacket(Span<byte> packet)
    {
        packet[..TsPacket.LengthBytes].Fill(0xFF);
        packet[0] = TsPacket.Sync;
        packet[1] = TsPacket.NullPid >> 8;
        packet[2] = TsPacket.NullPid & 0xFF;
        packet[3] = 0x10;
    }

    /// <summary>Moves presentation and decode time of a unit that begins in <paramref name="packet"/>.</summary>
    /// <param name="moved">In 90 kHz.</param>
    /// <param name="time">Its decode time afterwards.</param>
    /// <returns>False when none begins here, or one without a time.</returns>
    public static bool TryMoveTimes(Span<byte> packet, long moved, out long time)
    {
        time = 0;
        var read = new TsPacket(packet);
        if (!read.UnitStart || !PesStart.TryRead(read.Payload, out PesStart start))
            return false;
        Span<byte> unit = packet[(TsPacket.LengthBytes - read.Payload.Length)..];
        Move(unit[9..], moved);
        if ((unit[7] & 0x40) != 0)
            Move(unit[14..], moved);
        time = (start.DecodeTime + moved) & TimeMask;
        return true;
    }

    private static void Move(Span<byte> field, long moved)
    {
        long time = (field[0] >> 1 & 7L) << 30 | (long)field[1] << 22 | (long)(field[2] >> 1) << 15 | (long)field[3] << 7 | (long)(field[4] >> 1);
        time = (time + moved) & TimeMask;
        field[0] = (byte)((field[0] & 0xF0) | (int)(time >> 29 & 0x0E) | 1);
        field[1] = (byte)(time >> 22);
        field[2] = (byte)(time >> 14 | 1);
        field[3] = (byte)(time >> 7);
        field[4] = (byte)(time << 1 | 1);
    }
}
