using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>One elementary stream of a programme: its packet id and stream type (ISO/IEC 13818-1 table 2-34).</summary>
public readonly record struct TsTrack(int Pid, byte StreamType)
{
    public bool IsVideo => StreamType is 0x01 or 0x02 or 0x10 or 0x1B or 0x24 or 0x33;

    /// <summary>MPEG-1 and -2 sound, AAC in its two wrappings: what browsers play out of a transport stream.</summary>
    public bool IsSound => StreamType is 0x03 or 0x04 or 0x0F or 0x11;

    /// <summary>Do browsers show or play it? H.264 and H.265, MPEG sound and AAC.</summary>
    public bool IsPlayable => StreamType is 0x1B or 0x24 or 0x03 or 0x04 or 0x0F;
}

/// <summary>The programme that a transport stream carries, as its PMT tells.</summary>
public sealed record TsProgram(int PcrPid, ImmutableArray<TsTrack> Tracks)
{
    /// <summary>The track that gives the time: the first video, else the first track. Null in a programme without tracks.</summary>
    public TsTrack? Clock { get; } = Tracks.Where(track => track.IsVideo).Concat(Tracks).Select(track => (TsTrack?)track).FirstOrDefault();

    /// <summary>Can viewers do anything with it? A picture of another kind is no lesson, even with good sound.</summary>
    public bool IsPlayable => Clock is { IsPlayable: true };

    public bool Carries(int pid)
    {
        foreach (TsTrack track in Tracks)
        {
            if (track.Pid == pid)
                return true;
        }
        return pid == PcrPid;
    }

    public bool SameTracks(TsProgram other) => PcrPid == other.PcrPid && Tracks.SequenceEqual(other.Tracks);
}

/// <summary>Programme tables: PAT and PMT sections (ISO/IEC 13818-1 §2.4.4).</summary>
public static class TsTables
{
    /// <summary>Longest section of a PAT or PMT with its head.</summary>
    public const int MaxSectionBytes = 1024;

    private const int CrcBytes = 4;

    /// <summary>Reads which PID carries the PMT of the first programme.</summary>
    /// <param name="section">A whole section with its CRC.</param>
    public static bool TryReadPat(ReadOnlySpan<byte> section, out int pmtPid) => TryReadPat(section, 0, out _, out pmtPid);

    /// <summary>Reads which PID carries the PMT of one of the programmes.</summary>
    /// <param name="section">A whole section with its CRC.</param>
    /// <param name="place">Which one, from 0, in the order of the table.</param>
    /// <param name="alone">It is the only one.</param>
    public static bool TryReadPat(ReadOnlySpan<byte> section, int place, out bool alone, out int pmtPid)
    {
        (pmtPid, alone) = (0, true);
        if (!IsSound(section, tableId: 0x00, minBytes: 12))
            return false;
        bool found = false;
        int programmes = 0;
        for (int at = 8; at + 4 <= section.Length - CrcBytes; at += 4)
        {
            int pid = BinaryPrimitives.ReadUInt16BigEndian(section[(at + 2)..]) & 0x1FFF;
            // Programme 0 names the network table.
            if (BinaryPrimitives.ReadUInt16BigEndian(section[at..]) == 0 || pid is < 0x10 or >= TsPacket.NullPid)
                continue;
            if (programmes++ == place)
                (found, pmtPid) = (true, pid);
        }
        alone = programmes == 1;
        return found;
    }

    /// <summary>A PAT that names one programme only.</summary>
    public static byte[] Pat(ReadOnlySpan<byte> section, int pmtPid)
    {
        byte[] pat = new byte[16];
        section[..8].CopyTo(pat);
        (pat[1], pat[2]) = ((byte)(section[1] & 0xF0), (byte)(pat.Length - 3));
        for (int at = 8; at + 4 <= section.Length - CrcBytes; at += 4)
        {
            if ((BinaryPrimitives.ReadUInt16BigEndian(section[(at + 2)..]) & 0x1FFF) == pmtPid)
                section.Slice(at, 4).CopyTo(pat.AsSpan(8));
        }
        BinaryPrimitives.WriteUInt32BigEndian(pat.AsSpan(12), Crc(pat.AsSpan(0, 12)));
        return pat;
    }

    public static bool TryReadPmt(ReadOnlySpan<byte> section, out TsProgram program)
    {
        program = null!;
        if (!IsSound(section, tableId: 0x02, minBytes: 16))
            return false;
        int pcrPid = BinaryPrimitives.ReadUInt16BigEndian(section[8..]) & 0x1FFF;
        int at = 12 + (BinaryPrimitives.ReadUInt16BigEndian(section[10..]) & 0x0FFF);
        int end = section.Length - CrcBytes;
        var tracks = ImmutableArray.CreateBuilder<TsTrack>();
        while (at + 5 <= end)
        {
            tracks.Add(new TsTrack(BinaryPrimitives.ReadUInt16BigEndian(section[(at + 1)..]) & 0x1FFF, section[at]));
            at += 5 + (BinaryPrimitives.ReadUInt16BigEndian(section[(at + 3)..]) & 0x0FFF);
        }
        if (at != end || tracks.Count == 0)
            return false;
        program = new TsProgram(pcrPid, tracks.ToImmutable());
        return true;
    }

    /// <summary>Writes a section as packets of <paramref name="pid"/>, continuing its counter.</summary>
    public static void WritePackets(ReadOnlySpan<byte> section, int pid, ref int continuity, Span<byte> packets)
    {
        int from = 0;
        for (int at = 0; at < packets.Length; at += TsPacket.LengthBytes)
        {
            Span<byte> packet = packets.Slice(at, TsPacket.LengthBytes);
            packet.Fill(0xFF);
            packet[0] = TsPacket.Sync;
            packet[1] = (byte)((at == 0 ? 0x40 : 0) | pid >> 8);
            packet[2] = (byte)pid;
            packet[3] = (byte)(0x10 | (continuity++ & 0x0F));
            int head = 4;
            if (at == 0)
                packet[head++] = 0; // pointer_field: the section begins right behind it
            int length = Math.Min(TsPacket.LengthBytes - head, section.Length - from);
            section.Slice(from, length).CopyTo(packet[head..]);
            from += length;
        }
    }

    /// <summary>Bytes that <see cref="WritePackets"/> fills for a section.</summary>
    public static int PacketBytes(int sectionBytes) => (sectionBytes + 1 + 183) / 184 * TsPacket.LengthBytes;

    private static bool IsSound(ReadOnlySpan<byte> section, byte tableId, int minBytes) =>
        section.Length >= minBytes && section.Length <= MaxSectionBytes && section[0] == tableId
        && (section[5] & 1) != 0 // current, not announced for later
        && Crc(section) == 0;

    /// <summary>CRC-32/MPEG-2 (ISO/IEC 13818-1 annex A); over a section with its CRC it is 0.</summary>
    internal static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= (uint)b << 24;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 0x8000_0000) != 0 ? crc << 1 ^ 0x04C1_1DB7 : crc << 1;
        }
        return crc;
    }
}

/// <summary>Puts the sections of one table together from the packets of its PID; holds at most one section.</summary>
public sealed class TsSectionReader
{
    private readonly byte[] _section = new byte[TsTables.MaxSectionBytes];
    private int _length = -1;

    /// <summary>Takes one packet in.</summary>
    /// <param name="section">The section that the packet completed; valid until the next call.</param>
    public bool Take(in TsPacket packet, out ReadOnlySpan<byte> section)
    {
        section = default;
        ReadOnlySpan<byte> payload = packet.Payload;
        if (packet.UnitStart)
        {
            // What a pointer leaves before it is the end of the section before; tables as small as ours never share packets.
            if (payload.IsEmpty || payload[0] >= payload.Length)
            {
                _length = -1;
                return false;
            }
            payload = payload[(1 + payload[0])..];
            _length = 0;
        }
        if (_length < 0)
            return false;
        int take = Math.Min(payload.Length, _section.Length - _length);
        payload[..take].CopyTo(_section.AsSpan(_length));
        _length += take;
        if (_length < 3)
            return false;
        int whole = 3 + ((_section[1] & 0x0F) << 8 | _section[2]);
        if (whole > _section.Length)
        {
            _length = -1;
            return false;
        }
        if (_length < whole)
            return false;
        _length = -1;
        section = _section.AsSpan(0, whole);
        return true;
    }
}
