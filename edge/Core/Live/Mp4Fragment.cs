using System.Buffers.Binary;

namespace Edge.Core.Live;

/// <summary>What a segment of fragmented MP4 holds, told from the track that gives the time.</summary>
/// <param name="Start">Decode time of its first sample.</param>
/// <param name="Length">Of its samples together.</param>
public readonly record struct Mp4Fragment(TimeSpan Start, TimeSpan Length)
{
    private const int MaxTracks = 16;

    /// <summary>More samples in one run are a mistake.</summary>
    private const uint MaxSamples = 1_000_000;

    /// <summary>Reads and checks a segment: whole boxes, each fragment with all its data behind it, decode times that only go on.</summary>
    public static SegmentFault Read(ReadOnlySpan<byte> bytes, Mp4Head head, out Mp4Fragment fragment)
    {
        fragment = default;
        if (bytes.IsEmpty)
            return SegmentFault.Empty;
        if (bytes.Length > Segment.MaxLengthBytes)
            return SegmentFault.TooLong;
        Span<Progress> seen = stackalloc Progress[MaxTracks];
        int tracks = 0;
        long due = 0;
        bool fragments = false;
        while (bytes.Length > 0)
        {
            if (!Mp4Box.TryTake(ref bytes, out Mp4Box box))
                return SegmentFault.NotWholeBoxes;
            if (box.Type == Mp4Box.MovieFragment)
            {
                if (due > 0)
                    return SegmentFault.DataMissing;
                fragments = true;
                ReadOnlySpan<byte> rest = box.Body;
                while (Mp4Box.TryTake(ref rest, out Mp4Box part))
                {
                    if (part.Type == Mp4Box.TrackFragment && Take(part, head, seen, ref tracks, ref due) is not SegmentFault.None and var fault)
                        return fault;
                }
            }
            else if (box.Type == Mp4Box.MediaData)
            {
                due -= box.Body.Length;
            }
        }
        if (!fragments || tracks == 0)
            return SegmentFault.NoFragment;
        if (due > 0)
            return SegmentFault.DataMissing;
        foreach (Progress track in seen[..tracks])
        {
            if (track.Id == head.Clock.Id)
                fragment = new Mp4Fragment(Time(track.First, head.Clock), Time(track.Next - track.First, head.Clock));
        }
        return fragment.Length > TimeSpan.Zero ? SegmentFault.None : SegmentFault.NoPicture;
    }

    private static TimeSpan Time(ulong units, Mp4Track track) => TimeSpan.FromSeconds(Math.Min(units / (double)track.UnitsPerSecond, TimeSpan.MaxValue.TotalSeconds / 2));

    /// <summary>Takes in what a fragment says of one track.</summary>
    private static SegmentFault Take(Mp4Box box, Mp4Head head, Span<Progress> seen, ref int tracks, ref long due)
    {
        if (!box.TryFind(Mp4Box.TrackFragmentHead, out Mp4Box told) || told.Body.Length < 8 || head.Track(BinaryPrimitives.ReadUInt32BigEndian(told.Body[4..])) is not { } track
            || Defaults(told.Body, track) is not var (units, bytes) || !box.TryFind(Mp4Box.DecodeTime, out Mp4Box time) || DecodeTime(time.Body) is not { } start)
            return SegmentFault.BadFragment;
        int place = 0;
        while (place < tracks && seen[place].Id != track.Id)
            place++;
        if (place == MaxTracks)
            return SegmentFault.BadFragment;
        if (place == tracks)
            seen[tracks++] = new Progress(track.Id, start, start);
        // A tick less is rounding.
        if (start + 1 < seen[place].Next)
            return SegmentFault.TimeGoesBack;
        ReadOnlySpan<byte> rest = box.Body;
        ulong next = start;
        while (Mp4Box.TryTake(ref rest, out Mp4Box run))
        {
            if (run.Type == Mp4Box.TrackRun && !TakeRun(run.Body, units, bytes, ref next, ref due))
                return SegmentFault.BadFragment;
        }
        seen[place] = seen[place] with { Next = next };
        return SegmentFault.None;
    }

    /// <summary>Duration and length of samples in this fragment that nothing else is said of (§8.8.7).</summary>
    private static (uint Units, uint Bytes)? Defaults(ReadOnlySpan<byte> body, Mp4Track track)
    {
        uint flags = BinaryPrimitives.ReadUInt32BigEndian(body);
        int at = 8 + ((flags & 0x01) != 0 ? 8 : 0) + ((flags & 0x02) != 0 ? 4 : 0);
        (uint units, uint bytes) = (track.DefaultUnits, track.DefaultBytes);
        if ((flags & 0x08) != 0)
        {
            if (at + 4 > body.Length)
                return null;
            units = BinaryPrimitives.ReadUInt32BigEndian(body[at..]);
            at += 4;
        }
        if ((flags & 0x10) != 0)
        {
            if (at + 4 > body.Length)
                return null;
            bytes = BinaryPrimitives.ReadUInt32BigEndian(body[at..]);
        }
        return (units, bytes);
    }

    private static ulong? DecodeTime(ReadOnlySpan<byte> body) => body switch
    {
        [1, ..] when body.Length >= 12 && BinaryPrimitives.ReadUInt64BigEndian(body[4..]) is < long.MaxValue / 2 and var time => time,
        [0, ..] when body.Length >= 8 => BinaryPrimitives.ReadUInt32BigEndian(body[4..]),
        _ => null,
    };

    private static bool TakeRun(ReadOnlySpan<byte> body, uint units, uint bytes, ref ulong next, ref long due)
    {
        if (body.Length < 8)
            return false;
        uint flags = BinaryPrimitives.ReadUInt32BigEndian(body);
        uint samples = BinaryPrimitives.ReadUInt32BigEndian(body[4..]);
        int at = 8 + ((flags & 0x01) != 0 ? 4 : 0) + ((flags & 0x04) != 0 ? 4 : 0);
        int each = 4 * int.PopCount((int)(flags >> 8 & 0x0F));
        if (samples > MaxSamples || at + (long)samples * each > body.Length)
            return false;
        (bool hasUnits, bool hasBytes) = ((flags & 0x100) != 0, (flags & 0x200) != 0);
        if (!hasUnits)
            next += (ulong)samples * units;
        if (!hasBytes)
            due += (long)samples * bytes;
        for (uint sample = 0; each > 0 && sample < samples; sample++, at += each)
        {
            if (hasUnits)
                next += BinaryPrimitives.ReadUInt32BigEndian(body[at..]);
            if (hasBytes)
                due += BinaryPrimitives.ReadUInt32BigEndian(body[(at + (hasUnits ? 4 : 0))..]);
        }
        return true;
    }

    /// <param name="First">Decode time of its first sample.</param>
    /// <param name="Next">Decode time that the next sample would have.</param>
    private readonly record struct Progress(uint Id, ulong First, ulong Next);
}
