using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>Where the head of fragmented MP4 segments lies in a recording.</summary>
/// <param name="Offset">From the start of the recording's media file.</param>
public readonly record struct MapPlace(ChunkId Hash, long Offset, int LengthBytes)
{
    public long End => Offset + LengthBytes;
}

/// <summary>One segment of a recording: where its bytes lie, and what upstream calls it.</summary>
/// <param name="Offset">From the start of the recording's media file.</param>
/// <param name="Origin">Upstream's numbering; "" when it names none.</param>
/// <param name="UpstreamSequence">Upstream's number of it.</param>
/// <param name="Rung">Upstream's name of the rung it was taken from; "" is the source's.</param>
public sealed record JournalEntry(Segment Segment, long Offset, string Origin, long UpstreamSequence, string Rung = "")
{
    /// <summary>The head it needs, when it is fragmented MP4.</summary>
    public MapPlace? Map { get; init; }

    public long End => Offset + Segment.LengthBytes;
}

/// <summary>What a recording's journal says.</summary>
/// <param name="Target">Target duration of its playlists.</param>
/// <param name="Ended">The lesson is over and the recording complete.</param>
/// <param name="ValidBytes">Length of the sound part of the file; what follows is a torn tail.</param>
/// <param name="Version">Of the file's form.</param>
public sealed record Recording(TimeSpan Target, ImmutableArray<JournalEntry> Entries, bool Ended, int ValidBytes, int Version = RecordingJournal.Version)
{
    /// <summary>Bytes of the media file that the journal vouches for.</summary>
    public long MediaBytes => Entries.IsEmpty ? 0 : Entries[^1].End;

    /// <summary>Its segments are fragmented MP4.</summary>
    public bool Fragmented => Version == RecordingJournal.FragmentedVersion;

    public ImmutableArray<Segment> Segments => [.. Entries.Select(entry => entry.Segment)];

    /// <summary>Where the restream goes on after a restart.</summary>
    public RestreamCursor Cursor => Entries.IsEmpty ? RestreamCursor.AtStart
        : RestreamCursor.AtStart.After(Entries[^1].UpstreamSequence, Entries[^1].Segment.ProgramEnd) with { Origin = Entries[^1].Origin };
}

/// <summary>The form of a recording's index on disk: a head, then one record of fixed length per segment, appended after the segment's bytes are safe, and a
/// last one when the lesson is complete. Numbers are little-endian; each record ends with its CRC-32C, so a tail torn by a power cut is seen and cut off.
/// <code>
/// head    "EDGELIVE"  version u32 = 2, or 3 with fragmented MP4  target seconds u32
/// record  kind u8 (1 segment, 2 end, 3 head of the fragmented MP4 segments that follow: number of the first, length, offset, SHA-256) flags u8 (1 discontinuity)  0 u16  length i32  sequence i64  offset i64  duration i64  program time i64
///         upstream sequence i64  origin 32 bytes, zero-filled  SHA-256 32 bytes  rung 16 bytes, zero-filled  CRC u32        (durations and times in 100 ns ticks)
/// </code>
/// Version 1 had no rungs: the field is not there, and all are the source's. A head lies before its first segment; where it is needed again its record names the same place.</summary>
public static class RecordingJournal
{
    public const int HeadBytes = 16;
    public const int RecordBytes = 132;

    /// <summary>Longest name of a rung; ASCII.</summary>
    public const int MaxRungLength = 16;

    /// <summary>Of recordings of transport streams.</summary>
    public const int Version = 2;

    /// <summary>Of recordings of fragmented MP4; software that does not know it must not take its records for a torn tail.</summary>
    public const int FragmentedVersion = 3;

    private const int FormerRecordBytes = RecordBytes - MaxRungLength;
    private const byte SegmentKind = 1;
    private const byte EndKind = 2;
    private const byte MapKind = 3;
    private const int OriginAt = 48;
    private const int HashAt = OriginAt + PlaylistText.MaxOriginLength;
    private const int RungAt = HashAt + ChunkId.LengthBytes;
    private const int CrcBytes = 4;

    private static ReadOnlySpan<byte> Magic => "EDGELIVE"u8;

    public static byte[] Head(TimeSpan target, bool fragmented = false)
    {
        byte[] head = new byte[HeadBytes];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(8), fragmented ? FragmentedVersion : (uint)Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), (uint)target.TotalSeconds);
        return head;
    }

    public static byte[] Record(JournalEntry entry)
    {
        byte[] record = new byte[RecordBytes];
        Segment segment = entry.Segment;
        record[0] = SegmentKind;
        record[1] = (byte)(segment.Discontinuity ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), segment.LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), segment.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(16), entry.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(24), segment.Duration.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(32), segment.ProgramTime.UtcTicks);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(40), entry.UpstreamSequence);
        Encoding.ASCII.GetBytes(entry.Origin, record.AsSpan(OriginAt, PlaylistText.MaxOriginLength));
        segment.Hash.CopyTo(record.AsSpan(HashAt));
        Encoding.ASCII.GetBytes(entry.Rung, record.AsSpan(RungAt, MaxRungLength));
        return Sealed(record);
    }

    /// <summary>The records of an entry: before it its head, where that is another than <paramref name="former"/>'s.</summary>
    public static byte[] Records(JournalEntry entry, JournalEntry? former) =>
        NeedsMap(entry, former) ? [.. MapRecord(entry.Map!.Value, entry.Segment.Sequence), .. Record(entry)] : Record(entry);

    /// <summary>Length of the journal of these entries.</summary>
    public static int LengthOf(ImmutableArray<JournalEntry> entries)
    {
        int records = entries.Length;
        for (int i = 0; i < entries.Length; i++)
            records += NeedsMap(entries[i], i > 0 ? entries[i - 1] : null) ? 1 : 0;
        return HeadBytes + records * RecordBytes;
    }

    private static bool NeedsMap(JournalEntry entry, JournalEntry? former) => entry.Map is { } map && former?.Map?.Hash != map.Hash;

    private static byte[] MapRecord(MapPlace map, long sequence)
    {
        byte[] record = new byte[RecordBytes];
        record[0] = MapKind;
        BinaryPrimitives.WriteInt32LittleEndian(record.AsSpan(4), map.LengthBytes);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), sequence);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(16), map.Offset);
        map.Hash.CopyTo(record.AsSpan(HashAt));
        return Sealed(record);
    }

    /// <summary>The lesson is over after <paramref name="segments"/> segments.</summary>
    public static byte[] End(long segments)
    {
        byte[] record = new byte[RecordBytes];
        record[0] = EndKind;
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(8), segments);
        return Sealed(record);
    }

    /// <summary>A whole journal, in the form of now.</summary>
    public static byte[] Write(Recording recording) =>
        [.. Head(recording.Target, recording.Fragmented), .. recording.Entries.SelectMany((entry, place) => Records(entry, place > 0 ? recording.Entries[place - 1] : null)), .. recording.Ended ? End(recording.Entries.Length) : []];

    /// <summary>Reads a journal up to its first torn or damaged record.</summary>
    /// <returns>Null when not even the head is sound.</returns>
    public static Recording? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeadBytes || !bytes.StartsWith(Magic))
            return null;
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (version is not (FragmentedVersion or Version or 1))
            return null;
        int recordBytes = version == 1 ? FormerRecordBytes : RecordBytes;
        int crcAt = recordBytes - CrcBytes;
        uint target = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (target is 0 or > 3600)
            return null;
        var entries = ImmutableArray.CreateBuilder<JournalEntry>();
        bool ended = false;
        int at = HeadBytes;
        int valid = at;
        long offset = 0;
        var maps = new List<MapPlace>();
        MapPlace? map = null;
        for (; !ended && at + recordBytes <= bytes.Length; at += recordBytes)
        {
            ReadOnlySpan<byte> record = bytes.Slice(at, recordBytes);
            if (BinaryPrimitives.ReadUInt32LittleEndian(record[crcAt..]) != Crc(record[..crcAt]) || BinaryPrimitives.ReadInt64LittleEndian(record[8..]) != entries.Count)
                break;
            // Whose segment is torn away is torn away too.
            if (record[0] == MapKind && version == FragmentedVersion && TryReadMap(record, offset, maps) is { } found)
            {
                map = found;
                if (found.Offset == offset)
                {
                    maps.Add(found);
                    offset = found.End;
                }
                continue;
            }
            if (record[0] == EndKind)
                ended = true;
            else if (record[0] == SegmentKind && (version < FragmentedVersion || map is not null) && TryReadEntry(record, offset) is { } entry)
            {
                entries.Add(entry with { Map = map, Segment = entry.Segment with { Map = map?.Hash } });
                offset = entry.End;
            }
            else
                break;
            valid = at + recordBytes;
        }
        return new Recording(TimeSpan.FromSeconds(target), entries.ToImmutable(), ended, valid, (int)version);
    }

    private static MapPlace? TryReadMap(ReadOnlySpan<byte> record, long end, List<MapPlace> known)
    {
        var map = new MapPlace(new ChunkId(record.Slice(HashAt, ChunkId.LengthBytes)), BinaryPrimitives.ReadInt64LittleEndian(record[16..]), BinaryPrimitives.ReadInt32LittleEndian(record[4..]));
        return map.LengthBytes is > 0 and <= Mp4Head.MaxLengthBytes && (map.Offset == end || known.Contains(map)) ? map : null;
    }

    private static JournalEntry? TryReadEntry(ReadOnlySpan<byte> record, long expectedOffset)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(record[4..]);
        long offset = BinaryPrimitives.ReadInt64LittleEndian(record[16..]);
        long duration = BinaryPrimitives.ReadInt64LittleEndian(record[24..]);
        long time = BinaryPrimitives.ReadInt64LittleEndian(record[32..]);
        if (length <= 0 || offset != expectedOffset || duration <= 0 || time < 0 || time > DateTimeOffset.MaxValue.UtcTicks - duration)
            return null;
        var segment = new Segment(BinaryPrimitives.ReadInt64LittleEndian(record[8..]), new TimeSpan(duration), new DateTimeOffset(time, TimeSpan.Zero),
            (record[1] & 1) != 0, length, new ChunkId(record.Slice(HashAt, ChunkId.LengthBytes)));
        string origin = Encoding.ASCII.GetString(record.Slice(OriginAt, PlaylistText.MaxOriginLength)).TrimEnd('\0');
        string rung = record.Length < RecordBytes ? "" : Encoding.ASCII.GetString(record.Slice(RungAt, MaxRungLength)).TrimEnd('\0');
        return new JournalEntry(segment, offset, origin, BinaryPrimitives.ReadInt64LittleEndian(record[40..]), rung);
    }

    private static byte[] Sealed(byte[] record)
    {
        int crcAt = record.Length - CrcBytes;
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(crcAt), Crc(record.AsSpan(0, crcAt)));
        return record;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
