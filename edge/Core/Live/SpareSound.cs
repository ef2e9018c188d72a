using System.Buffers;
using System.Buffers.Binary;

namespace Edge.Core.Live;

/// <summary>Puts other sound into a segment: in the place of its first sound track, or beside its picture where it has none. Pictures, further tracks and clock references stay as they are.</summary>
public static class SpareSound
{
    private const int HeadBytes = 12;
    private const int EntryHeadBytes = 5;
    private const int CrcBytes = 4;
    private const int PesHeadBytes = 14;
    private const int PayloadBytes = TsPacket.LengthBytes - 4;
    private const int HighestPid = 0x1FF0;
    private const int LowestPid = 0x0100;

    /// <param name="segment">Whole packets that begin with PAT and PMT.</param>
    /// <param name="streamType">Of the other sound.</param>
    /// <param name="units">The other sound in order, its times on the segment's clock.</param>
    /// <param name="continuity">Counts its packets, from segment to segment.</param>
    /// <returns>Null when the bytes are no segment with a picture.</returns>
    public static byte[]? Put(ReadOnlySpan<byte> segment, byte streamType, ReadOnlySpan<SoundUnit> units, ref int continuity)
    {
        (_, byte[] pmt, int pmtPid) = TsAudio.Tables(segment);
        if (pmt.Length == 0 || !TsTables.TryReadPmt(pmt, out TsProgram program) || program.Clock is not { IsVideo: true } clock)
            return null;
        TsTrack? former = program.Tracks.Where(track => track.IsSound).Select(track => (TsTrack?)track).FirstOrDefault();
        int pid = former?.Pid ?? FreePid(program, pmtPid);
        if (Table(pmt, former, pid, streamType) is not { } table)
            return null;

        var result = new ArrayBufferWriter<byte>(segment.Length + units.Length * TsPacket.LengthBytes);
        int next = 0;
        for (int at = 0; at + TsPacket.LengthBytes <= segment.Length; at += TsPacket.LengthBytes)
        {
            var packet = new TsPacket(segment[at..]);
            if (packet.Pid == pmtPid)
            {
                if (packet.UnitStart)
                    WriteTable(result, table, pmtPid, packet.Bytes[3]);
                continue;
            }
            if (packet.Pid == pid)
            {
                if (HasReference(packet))
                    WriteReference(result, packet, continuity);
                continue;
            }
            if (packet.Pid == clock.Pid && packet.UnitStart && PesStart.TryRead(packet.Payload, out PesStart start))
            {
                while (next < units.Length && TsTime.Step(units[next].Time, start.DecodeTime) >= 0)
                    Write(result, units[next++], pid, ref continuity);
            }
            result.Write(packet.Bytes);
        }
        while (next < units.Length)
            Write(result, units[next++], pid, ref continuity);
        return result.WrittenSpan.ToArray();
    }

    private static int FreePid(TsProgram program, int pmtPid)
    {
        int pid = HighestPid;
        while (pid > LowestPid && (pid == pmtPid || program.Carries(pid)))
            pid--;
        return pid;
    }

    /// <summary>The programme table with the other sound in it, under a version of its own: receivers read a table again when that changes.</summary>
    /// <returns>Null: it would be longer than a table may be.</returns>
    private static byte[]? Table(ReadOnlySpan<byte> pmt, TsTrack? former, int pid, byte streamType)
    {
        int at = HeadBytes + (BinaryPrimitives.ReadUInt16BigEndian(pmt[10..]) & 0x0FFF);
        var table = new ArrayBufferWriter<byte>(pmt.Length + 16);
        table.Write(pmt[..at]);
        bool put = false;
        while (at + EntryHeadBytes <= pmt.Length - CrcBytes)
        {
            ReadOnlySpan<byte> entry = pmt.Slice(at, EntryHeadBytes + (BinaryPrimitives.ReadUInt16BigEndian(pmt[(at + 3)..]) & 0x0FFF));
            if (!put && former is not null && (BinaryPrimitives.ReadUInt16BigEndian(entry[1..]) & 0x1FFF) == pid)
            {
                WriteEntry(table, streamType, pid, TsAudio.LanguageDescriptorOf(entry[EntryHeadBytes..]));
                put = true;
            }
            else
            {
                table.Write(entry);
            }
            at += entry.Length;
        }
        if (!put)
            WriteEntry(table, streamType, pid, default);
        table.GetSpan(CrcBytes)[..CrcBytes].Clear();
        table.Advance(CrcBytes);
        if (table.WrittenCount > TsTables.MaxSectionBytes)
            return null;
        byte[] section = table.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(section.AsSpan(1), (ushort)(0xB000 | (section.Length - 3)));
        int version = ((section[5] >> 1 & 0x1F) + 1) & 0x1F;
        section[5] = (byte)(0xC1 | version << 1);
        BinaryPrimitives.WriteUInt32BigEndian(section.AsSpan(section.Length - CrcBytes), TsTables.Crc(section.AsSpan(0, section.Length - CrcBytes)));
        return section;
    }

    private static void WriteEntry(ArrayBufferWriter<byte> table, byte streamType, int pid, ReadOnlySpan<byte> language)
    {
        ReadOnlySpan<byte> head = [streamType, (byte)(0xE0 | pid >> 8), (byte)pid, 0xF0, (byte)language.Length];
        table.Write(head);
        table.Write(language);
    }

    private static void WriteTable(ArrayBufferWriter<byte> result, byte[] table, int pid, int continuity)
    {
        Span<byte> packets = result.GetSpan(TsTables.PacketBytes(table.Length))[..TsTables.PacketBytes(table.Length)];
        TsTables.WritePackets(table, pid, ref continuity, packets);
        result.Advance(packets.Length);
    }

    private static bool HasReference(in TsPacket packet) => !packet.Damaged && (packet.Bytes[3] & 0x20) != 0 && packet.Bytes[4] >= 7 && (packet.Bytes[5] & 0x10) != 0;

    /// <summary>Some senders put the clock references on the sound: they stay when it goes.</summary>
    private static void WriteReference(ArrayBufferWriter<byte> result, in TsPacket packet, int continuity)
    {
        Span<byte> written = result.GetSpan(TsPacket.LengthBytes)[..TsPacket.LengthBytes];
        written.Fill(0xFF);
        packet.Bytes[..12].CopyTo(written);
        written[1] &= 0x1F;
        written[3] = (byte)(0x20 | (continuity - 1 & 0x0F)); // without a payload the counter stands
        written[4] = PayloadBytes - 1;
        written[5] = 0x10;
        result.Advance(TsPacket.LengthBytes);
    }

    private static void Write(ArrayBufferWriter<byte> result, SoundUnit unit, int pid, ref int continuity)
    {
        Span<byte> head = stackalloc byte[PesHeadBytes];
        WritePesHead(head, unit);
        ReadOnlySpan<byte> data = unit.Data.Span;
        for (bool first = true; first || !data.IsEmpty; first = false)
        {
            ReadOnlySpan<byte> begin = first ? head : default;
            int length = Math.Min(data.Length, PayloadBytes - begin.Length);
            int stuffing = PayloadBytes - begin.Length - length;
            Span<byte> packet = result.GetSpan(TsPacket.LengthBytes)[..TsPacket.LengthBytes];
            packet.Fill(0xFF);
            packet[0] = TsPacket.Sync;
            packet[1] = (byte)((first ? 0x40 : 0) | pid >> 8);
            packet[2] = (byte)pid;
            packet[3] = (byte)((stuffing > 0 ? 0x30 : 0x10) | (continuity++ & 0x0F));
            if (stuffing > 0)
                packet[4] = (byte)(stuffing - 1);
            if (stuffing > 1)
                packet[5] = 0;
            begin.CopyTo(packet[(4 + stuffing)..]);
            data[..length].CopyTo(packet[(4 + stuffing + begin.Length)..]);
            data = data[length..];
            result.Advance(TsPacket.LengthBytes);
        }
    }

    private static void WritePesHead(Span<byte> head, SoundUnit unit)
    {
        ReadOnlySpan<byte> fixedPart = [0, 0, 1, 0xC0, 0, 0, 0x84, 0x80, 5]; // first sound stream, aligned data, a PTS and nothing else
        fixedPart.CopyTo(head);
        BinaryPrimitives.WriteUInt16BigEndian(head[4..], (ushort)(PesHeadBytes - 6 + unit.Data.Length));
        head[9] = (byte)(0x21 | unit.Time >> 29 & 0x0E);
        BinaryPrimitives.WriteUInt16BigEndian(head[10..], (ushort)(unit.Time >> 14 & 0xFFFE | 1));
        BinaryPrimitives.WriteUInt16BigEndian(head[12..], (ushort)(unit.Time << 1 & 0xFFFE | 1));
    }
}
