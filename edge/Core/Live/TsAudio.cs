using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>A sound track of a transport stream.</summary>
/// <param name="Language">As its PMT says (ISO 639-2, three letters), in lower case; null: it does not.</param>
public readonly record struct SoundTrack(int Pid, string? Language);

/// <summary>Several sound tracks within one segment, one for each language: players of HLS take the first and cannot be told of the others, so each further one is given out alone.</summary>
public static class TsAudio
{
    /// <summary>Sound tracks that are looked at.</summary>
    public const int Most = 8;

    private const byte LanguageDescriptor = 0x0A;
    private const int HeadBytes = 12;
    private const int CrcBytes = 4;

    /// <summary>The sound tracks of a segment, in the order of its PMT; none when the bytes are no segment.</summary>
    public static ImmutableArray<SoundTrack> Of(ReadOnlySpan<byte> segment) => [.. Entries(Tables(segment).Pmt).Select(entry => entry.Track)];

    /// <summary>A segment with one sound track alone: tables and its packets byte for byte.</summary>
    /// <param name="language">The wanted language; the first track where the segment has none of it, as on a rung that carries one language only.</param>
    /// <returns>Null when there is no sound in it.</returns>
    public static byte[]? Only(ReadOnlySpan<byte> segment, string language)
    {
        (byte[] pat, byte[] pmt, int pmtPid) = Tables(segment);
        ImmutableArray<(SoundTrack Track, int At, int Length)> entries = Entries(pmt);
        if (entries.IsEmpty)
            return null;
        (SoundTrack track, int at, int length) = entries.Where(entry => entry.Track.Language == language).Concat(entries).First();
        byte[] only = [.. pmt[..HeadBytes], .. pmt[at..(at + length)], 0, 0, 0, 0];
        // No clock in it: it is that of the pictures.
        BinaryPrimitives.WriteUInt16BigEndian(only.AsSpan(8), 0xE000 | TsPacket.NullPid);
        BinaryPrimitives.WriteUInt16BigEndian(only.AsSpan(10), 0xF000);
        BinaryPrimitives.WriteUInt16BigEndian(only.AsSpan(1), (ushort)(0xB000 | (only.Length - 3)));
        BinaryPrimitives.WriteUInt32BigEndian(only.AsSpan(only.Length - CrcBytes), TsTables.Crc(only.AsSpan(0, only.Length - CrcBytes)));

        var result = new byte[TsTables.PacketBytes(pat.Length) + TsTables.PacketBytes(only.Length) + PacketsOf(segment, track.Pid) * TsPacket.LengthBytes];
        int continuity = 0;
        int written = TsTables.PacketBytes(pat.Length);
        TsTables.WritePackets(pat, 0, ref continuity, result.AsSpan(0, written));
        continuity = 0;
        TsTables.WritePackets(only, pmtPid, ref continuity, result.AsSpan(written, TsTables.PacketBytes(only.Length)));
        written += TsTables.PacketBytes(only.Length);
        for (int from = 0; from + TsPacket.LengthBytes <= segment.Length; from += TsPacket.LengthBytes)
        {
            if (new TsPacket(segment[from..]).Pid != track.Pid)
                continue;
            segment.Slice(from, TsPacket.LengthBytes).CopyTo(result.AsSpan(written));
            written += TsPacket.LengthBytes;
        }
        return result;
    }

    private static int PacketsOf(ReadOnlySpan<byte> segment, int pid)
    {
        int count = 0;
        for (int at = 0; at + TsPacket.LengthBytes <= segment.Length; at += TsPacket.LengthBytes)
            count += new TsPacket(segment[at..]).Pid == pid ? 1 : 0;
        return count;
    }

    internal static (byte[] Pat, byte[] Pmt, int PmtPid) Tables(ReadOnlySpan<byte> segment)
    {
        var pat = new TsSectionReader();
        var pmt = new TsSectionReader();
        byte[] patSection = [];
        int pmtPid = -1;
        for (int at = 0; at + TsPacket.LengthBytes <= segment.Length && segment[at] == TsPacket.Sync; at += TsPacket.LengthBytes)
        {
            var packet = new TsPacket(segment[at..]);
            if (packet.Pid == 0 && pat.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPat(section, out int pid))
                (patSection, pmtPid) = (section.ToArray(), pid);
            else if (packet.Pid == pmtPid && pmt.Take(packet, out section) && TsTables.TryReadPmt(section, out _))
                return (patSection, section.ToArray(), pmtPid);
        }
        return ([], [], -1);
    }

    private static ImmutableArray<(SoundTrack Track, int At, int Length)> Entries(byte[] pmt)
    {
        if (pmt.Length == 0)
            return [];
        var entries = ImmutableArray.CreateBuilder<(SoundTrack, int, int)>();
        int at = HeadBytes + (BinaryPrimitives.ReadUInt16BigEndian(pmt.AsSpan(10)) & 0x0FFF);
        while (at + 5 <= pmt.Length - CrcBytes && entries.Count < Most)
        {
            int length = 5 + (BinaryPrimitives.ReadUInt16BigEndian(pmt.AsSpan(at + 3)) & 0x0FFF);
            if (new TsTrack(0, pmt[at]).IsSound && at + length <= pmt.Length - CrcBytes)
                entries.Add((new SoundTrack(BinaryPrimitives.ReadUInt16BigEndian(pmt.AsSpan(at + 1)) & 0x1FFF, LanguageOf(pmt.AsSpan(at + 5, length - 5))), at, length));
            at += length;
        }
        return entries.ToImmutable();
    }

    private static string? LanguageOf(ReadOnlySpan<byte> descriptors)
    {
        if (LanguageDescriptorOf(descriptors) is not { Length: >= 5 } descriptor)
            return null;
        ReadOnlySpan<byte> letters = descriptor.Slice(2, 3);
        return letters.ContainsAnyExceptInRange((byte)'a', (byte)'z') ? null : string.Create(3, letters, (text, from) => (text[0], text[1], text[2]) = ((char)from[0], (char)from[1], (char)from[2]));
    }

    /// <summary>The descriptor that names a track's language (ISO/IEC 13818-1 §2.6.18); empty: there is none.</summary>
    internal static ReadOnlySpan<byte> LanguageDescriptorOf(ReadOnlySpan<byte> descriptors)
    {
        while (descriptors.Length >= 2 && descriptors.Length >= 2 + descriptors[1])
        {
            if (descriptors[0] == LanguageDescriptor && descriptors[1] >= 4)
                return descriptors[..(2 + descriptors[1])];
            descriptors = descriptors[(2 + descriptors[1])..];
        }
        return default;
    }
}
