using System.Collections.Immutable;
using Edge.Core.Live;

namespace Edge.Core.Iptv;

/// <summary>When each packet of one segment is due, counted from its first, as the sender's clock references say; without usable ones evenly over its duration.
/// Times are ticks of 27 MHz.</summary>
public sealed class TsSchedule
{
    /// <summary>References further apart than this, or that step back, are no clock.</summary>
    private static readonly long LongestGap = TsStamp.Ticks(TimeSpan.FromSeconds(2));

    /// <summary>So much longer than the segment may its references last.</summary>
    private static readonly long Tolerance = TsStamp.Ticks(TimeSpan.FromSeconds(1));

    private readonly ImmutableArray<(int Packet, long Due)> _marks;
    private int _mark;

    private TsSchedule(ReadOnlyMemory<byte> bytes, TsProgram program, byte[] pmt, int pmtPid, ImmutableArray<(int Packet, long Due)> marks, long? firstReference, ImmutableArray<Unit> units)
    {
        (Bytes, Program, Pmt, PmtPid, _marks, FirstReference) = (bytes, program, pmt, pmtPid, marks, firstReference);
        Packets = bytes.Length / TsPacket.LengthBytes;
        FirstTimes = [.. units.DistinctBy(unit => unit.Pid).Select(unit => (unit.Pid, unit.Time))];
        FirstTime = FirstTimes.Where(time => time.Pid == program.Clock?.Pid).Concat(FirstTimes).Select(time => time.Time).FirstOrDefault();
        LeastLead = units.Select(unit => DueOf(marks, unit.LastPacket) / TsStamp.TicksPerTime - TsStamp.Step(FirstTime, unit.Time)).DefaultIfEmpty().Max();
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    public int Packets { get; }

    public TsProgram Program { get; }

    /// <summary>The section as sent.</summary>
    public ReadOnlyMemory<byte> Pmt { get; }

    public int PmtPid { get; }

    /// <summary>The sender's clock at the first packet; null when it gives none that can be used.</summary>
    public long? FirstReference { get; }

    /// <summary>Decode time (90 kHz) of the first unit of each track that has one.</summary>
    public ImmutableArray<(int Pid, long Time)> FirstTimes { get; }

    /// <summary>Decode time of the first unit of the track that gives the time.</summary>
    public long FirstTime { get; }

    /// <summary>So long (90 kHz) before <see cref="FirstTime"/> the segment must begin, for all its units to be whole when they are decoded. Senders that give few references, or next to no time, do not see to it.</summary>
    public long LeastLead { get; }

    /// <summary>From the first packet to the first one of what follows on.</summary>
    public long Length => _marks[^1].Due;

    /// <returns>Null when the bytes are no segment of a transport stream.</returns>
    public static TsSchedule? Of(ReadOnlyMemory<byte> bytes, TimeSpan duration)
    {
        if (SegmentCheck.Check(bytes.Span) != SegmentFault.None)
            return null;
        ReadOnlySpan<byte> span = bytes.Span;
        var pat = new TsSectionReader();
        var pmt = new TsSectionReader();
        int pmtPid = -1;
        TsProgram? program = null;
        byte[] pmtSection = [];
        var references = ImmutableArray.CreateBuilder<(int Packet, long Ticks)>();
        var units = ImmutableArray.CreateBuilder<Unit>();
        var open = new Dictionary<int, int>();
        for (int at = 0; at < span.Length; at += TsPacket.LengthBytes)
        {
            var packet = new TsPacket(span[at..]);
            if (packet.Damaged)
                continue;
            int pid = packet.Pid;
            if (program is null)
            {
                if (pid == 0 && pat.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPat(section, out int named))
                    pmtPid = named;
                else if (pid == pmtPid && pmt.Take(packet, out section) && TsTables.TryReadPmt(section, out TsProgram found))
                    (program, pmtSection) = (found, section.ToArray());
                continue;
            }
            if (pid == program.PcrPid && TsStamp.TryReadReference(packet.Bytes, out long ticks))
                references.Add((at / TsPacket.LengthBytes, ticks));
            if (!program.Carries(pid))
                continue;
            if (packet.UnitStart && PesStart.TryRead(packet.Payload, out PesStart start))
            {
                open[pid] = units.Count;
                units.Add(new Unit(pid, start.DecodeTime, at / TsPacket.LengthBytes));
            }
            else if (!packet.Payload.IsEmpty && open.TryGetValue(pid, out int unit))
            {
                units[unit] = units[unit] with { LastPacket = at / TsPacket.LengthBytes };
            }
        }
        if (program is null)
            return null;
        int packets = span.Length / TsPacket.LengthBytes;
        long length = TsStamp.Ticks(duration);
        ImmutableArray<(int, long)>? marks = Marks(references.ToImmutable(), packets, length);
        return new TsSchedule(bytes, program, pmtSection, pmtPid, marks ?? [(0, 0), (packets, length)], marks is null ? null : references[0].Ticks, units.ToImmutable());
    }

    /// <summary>When a packet is due. Asked in order.</summary>
    public long DueOf(int packet)
    {
        while (_mark + 2 < _marks.Length && _marks[_mark + 1].Packet <= packet)
            _mark++;
        return Between(_marks[_mark], _marks[_mark + 1], packet);
    }

    private static long DueOf(ImmutableArray<(int Packet, long Due)> marks, int packet)
    {
        int mark = marks.BinarySearch((packet, long.MaxValue));
        int next = Math.Clamp(~mark, 1, marks.Length - 1);
        return Between(marks[next - 1], marks[next], packet);
    }

    private static long Between((int Packet, long Due) from, (int Packet, long Due) to, int packet) =>
        packet <= from.Packet ? from.Due : from.Due + (to.Due - from.Due) * (packet - from.Packet) / (to.Packet - from.Packet);

    private static ImmutableArray<(int Packet, long Due)>? Marks(ImmutableArray<(int Packet, long Ticks)> references, int packets, long length)
    {
        if (references.Length < 2)
            return null;
        var marks = ImmutableArray.CreateBuilder<(int, long)>(references.Length + 1);
        long due = 0;
        for (int i = 0; i < references.Length; i++)
        {
            long step = i == 0 ? 0 : TsStamp.ReferenceStep(references[i - 1].Ticks, references[i].Ticks);
            if (step < 0 || step > LongestGap)
                return null;
            due += step;
            marks.Add((references[i].Packet, due));
        }
        if (due > length + Tolerance)
            return null;
        marks.Add((packets, Math.Max(length, due)));
        return marks.ToImmutable();
    }

    /// <summary>A coded picture or piece of sound.</summary>
    private readonly record struct Unit(int Pid, long Time, int LastPacket);
}
