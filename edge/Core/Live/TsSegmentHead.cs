namespace Edge.Core.Live;

/// <summary>What the first packets of a segment tell.</summary>
/// <param name="Program">Its tracks.</param>
/// <param name="StartTime">When its first picture is shown; 33 bits of a 90 kHz clock.</param>
public sealed record TsSegmentHead(TsProgram Program, long StartTime)
{
    /// <summary>Reads them from a segment that begins with PAT and PMT.</summary>
    /// <returns>Null when it has no picture with a time.</returns>
    public static TsSegmentHead? Read(ReadOnlySpan<byte> segment)
    {
        var pat = new TsSectionReader();
        var pmt = new TsSectionReader();
        int pmtPid = -1;
        TsProgram? program = null;
        for (int at = 0; at + TsPacket.LengthBytes <= segment.Length; at += TsPacket.LengthBytes)
        {
            var packet = new TsPacket(segment[at..]);
            if (packet.Damaged)
                continue;
            if (packet.Pid == 0)
            {
                if (pat.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPat(section, out int pid))
                    pmtPid = pid;
            }
            else if (packet.Pid == pmtPid)
            {
                if (pmt.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPmt(section, out TsProgram read))
                    program = read;
            }
            else if (program?.Clock is { IsVideo: true } clock && packet.Pid == clock.Pid && packet.UnitStart && PesStart.TryRead(packet.Payload, out PesStart start))
            {
                return new TsSegmentHead(program, start.PresentTime);
            }
        }
        return null;
    }
}
