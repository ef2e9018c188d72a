namespace Edge.Core.Live;

/// <summary>What is wrong with bytes that should be a segment.</summary>
public enum SegmentFault
{
    None,
    Empty,
    TooLong,
    NotWholePackets,
    NoSync,
    NoTables,
    /// <summary>Of fragmented MP4: a box is cut short.</summary>
    NotWholeBoxes,
    /// <summary>Of fragmented MP4: none in it.</summary>
    NoFragment,
    /// <summary>Of fragmented MP4: a fragment of a track that its head does not have, without a time, or that contradicts itself.</summary>
    BadFragment,
    /// <summary>Of fragmented MP4: less data than its fragments say.</summary>
    DataMissing,
    /// <summary>Of fragmented MP4: a fragment begins before the one before it ended.</summary>
    TimeGoesBack,
    /// <summary>Of fragmented MP4: nothing of the track that gives the time.</summary>
    NoPicture,
}

/// <summary>Checks a segment before it is published: whole packets, each with its sync byte, programme tables before any picture (RFC 8216 §3.2).</summary>
public static class SegmentCheck
{
    public static SegmentFault Check(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return SegmentFault.Empty;
        if (bytes.Length > Segment.MaxLengthBytes)
            return SegmentFault.TooLong;
        if (bytes.Length % TsPacket.LengthBytes != 0)
            return SegmentFault.NotWholePackets;
        for (int at = 0; at < bytes.Length; at += TsPacket.LengthBytes)
        {
            if (bytes[at] != TsPacket.Sync)
                return SegmentFault.NoSync;
        }
        return HasTablesFirst(bytes) ? SegmentFault.None : SegmentFault.NoTables;
    }

    private static bool HasTablesFirst(ReadOnlySpan<byte> bytes)
    {
        var pat = new TsSectionReader();
        var pmt = new TsSectionReader();
        int pmtPid = -1;
        for (int at = 0; at < bytes.Length; at += TsPacket.LengthBytes)
        {
            var packet = new TsPacket(bytes[at..]);
            if (packet.Pid == 0 && pat.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPat(section, out int pid))
                pmtPid = pid;
            else if (packet.Pid == pmtPid && pmt.Take(packet, out section) && TsTables.TryReadPmt(section, out _))
                return true;
            else if (packet.UnitStart && packet.Payload is [0, 0, 1, ..])
                return false; // a picture or sound begins and nobody knows what it is
        }
        return false;
    }
}
