using System.Buffers.Binary;
using Edge.Core.Live;

namespace Edge.Core.Iptv;

/// <summary>Turns published segments into one endless transport stream for multicast: what the next datagram holds, and when it is due. The caller keeps the clock (27 MHz, only forwards)
/// and sends; nothing here waits. Whatever the segments do (encoder restarts, other rungs, dry spells) a receiver sees one programme whose clock, times and counters go on.
/// <para>A clock reference is always the moment of sending. Decode and presentation times are moved by one amount as long as segments follow on; at a break by one that continues
/// behind the last times and leaves at least as long for decoding as the sender did.</para></summary>
/// <param name="cushion">After a dry spell, and at the start, a lone segment waits so long for the next: arrival is not even.</param>
public sealed class TsPlayout(TimeSpan cushion)
{
    /// <summary>Fit into an Ethernet frame with all heads.</summary>
    public const int PacketsPerDatagram = 7;
    public const int DatagramBytes = PacketsPerDatagram * TsPacket.LengthBytes;

    /// <summary>Segments held at most, with the one being sent.</summary>
    public const int MostSegments = 3;

    // ETSI TR 101 290: a reference at least every 100 ms; TR 101 211: tables every 100 ms.
    private static readonly long ReferenceEvery = TsStamp.Ticks(TimeSpan.FromMilliseconds(50));
    private static readonly long TablesEvery = TsStamp.Ticks(TimeSpan.FromMilliseconds(90));

    /// <summary>Packets may go so much before they are due, to fill a datagram.</summary>
    private static readonly long Early = TsStamp.Ticks(TimeSpan.FromMilliseconds(20));

    /// <summary>A reference that is so far from what was expected begins a new run.</summary>
    private static readonly long SameRun = TsStamp.Ticks(TimeSpan.FromMilliseconds(500));

    /// <summary>Between a packet and the next within a datagram, as on a wire of 100 Mbit/s: no two references are the same.</summary>
    private const long PacketOnTheWire = TsStamp.Hertz * TsPacket.LengthBytes * 8 / 100_000_000;

    /// <summary>Time for decoding beyond what the segment itself takes, and the most that a sender is believed to want (90 kHz).</summary>
    private const long LeadMargin = 18_000;
    private const long MostLead = 450_000;

    /// <summary>A time further from the moment of sending is a damaged one (90 kHz): nothing waits for it.</summary>
    private const long FarOff = 1_800_000;

    /// <summary>From one unit to the next of a track of which only one was seen (90 kHz).</summary>
    private const long UsualStep = 3_600;
    private const long LongestStep = 180_000;

    private readonly long _cushion = TsStamp.Ticks(cushion);
    private readonly Queue<(TsSchedule Schedule, bool Break)> _queue = new();
    private readonly Dictionary<int, Track> _tracks = [];

    private TsSchedule? _current;
    private int _packet;
    private long _begin;
    private long _end;
    private long _moved;
    private long? _expected;
    private bool _waiting = true;
    private long _beginAt;

    private byte[] _pat = [];
    private byte[] _pmt = [];
    private ReadOnlyMemory<byte> _pmtAsSent;
    private int _pmtPid;
    private int _referencePid = TsPacket.NullPid;
    private int _patVersion;
    private int _pmtVersion;
    private byte[] _tables = [];
    private int _tablesWritten;
    private long _tablesAt = long.MinValue / 2;
    private long _referenceAt = long.MinValue / 2;
    private long _reference;

    /// <summary>There is room for another segment.</summary>
    public bool Wants => _queue.Count + (_current is null ? 0 : 1) < MostSegments;

    /// <summary>All that was given has been sent.</summary>
    public bool Dry => _current is null && _queue.Count == 0;

    /// <summary>How often the times were moved: breaks and dry spells.</summary>
    public int Moves { get; private set; }

    /// <summary>When the next datagram is to be sent; null before the first segment.</summary>
    public long? Due
    {
        get
        {
            if (_pmt.Length == 0)
                return null;
            long upkeep = Math.Min(_referenceAt + ReferenceEvery, _tablesAt + TablesEvery);
            return NextMedia is { } media ? Math.Min(media, upkeep) : upkeep;
        }
    }

    /// <summary>When the next packet of a segment is due; null when there is none.</summary>
    private long? NextMedia => _current is { } current ? _begin + current.DueOf(_packet) : _queue.Count == 0 ? null : BeginAtEarliest;

    private long BeginAtEarliest => _waiting ? Math.Max(_end, _beginAt) : _end;

    /// <summary>Gives the next segment.</summary>
    /// <param name="broken">It does not follow on from the one before.</param>
    /// <returns>False when the bytes are no transport stream: passed over, and the next one does not follow on.</returns>
    public bool Add(ReadOnlyMemory<byte> bytes, TimeSpan duration, bool broken, long now)
    {
        if (TsSchedule.Of(bytes, duration) is not { } schedule)
        {
            _expected = null;
            return false;
        }
        if (_pmt.Length == 0)
            TakeTables(schedule);
        if (Dry)
            (_waiting, _beginAt) = (_end <= now, now + _cushion);
        else if (_current is null)
            _beginAt = now;
        _queue.Enqueue((schedule, broken));
        return true;
    }

    /// <summary>Writes the datagram that goes out now.</summary>
    /// <param name="datagram"><see cref="DatagramBytes"/> long.</param>
    public void Write(Span<byte> datagram, long now)
    {
        int at = 0;
        if (now - _referenceAt >= ReferenceEvery)
        {
            (_referenceAt, _reference) = (now, Reference(now));
            TsStamp.WriteReferencePacket(datagram, _referencePid, TrackOf(_referencePid).Counter, _reference);
            at += TsPacket.LengthBytes;
        }
        if (now - _tablesAt >= TablesEvery && _tablesWritten == _tables.Length)
            BeginTables(now);
        while (at < DatagramBytes)
        {
            Span<byte> packet = datagram.Slice(at, TsPacket.LengthBytes);
            if (_tablesWritten < _tables.Length)
                WriteTable(packet);
            else if (NextMedia is not { } due || due > now + Early)
                TsStamp.WriteNullPacket(packet);
            else if (!TakeMedia(packet, now, Reference(now + at / TsPacket.LengthBytes * PacketOnTheWire)))
                continue;
            at += TsPacket.LengthBytes;
        }
    }

    /// <summary>Datagrams that are late and follow each other at once must not turn the clock back.</summary>
    private long Reference(long now) => Math.Max(now, _reference + 1);

    /// <summary>Moves on by one packet of media, or begins the next segment.</summary>
    /// <returns>False when nothing was written.</returns>
    private bool TakeMedia(Span<byte> packet, long now, long reference)
    {
        if (_current is not { } current)
        {
            Begin(now);
            return false;
        }
        current.Bytes.Span.Slice(_packet * TsPacket.LengthBytes, TsPacket.LengthBytes).CopyTo(packet);
        if (++_packet == current.Packets)
        {
            _end = _begin + current.Length;
            _current = null;
        }
        var read = new TsPacket(packet);
        int pid = read.Pid;
        if (read.Damaged || pid == current.PmtPid || !current.Program.Carries(pid))
            return false;
        Track track = TrackOf(pid);
        packet[3] = (byte)((packet[3] & 0xF0) | track.Count(packet[3] & 0x0F, hasPayload: (packet[3] & 0x10) != 0));
        TsStamp.ClearDiscontinuity(packet);
        if (TsStamp.HasReference(packet))
        {
            TsStamp.WriteReference(packet, reference);
            (_referenceAt, _reference) = (now, reference);
        }
        if (TsStamp.TryMoveTimes(packet, _moved, out long time) && Math.Abs(TsStamp.Step(reference / TsStamp.TicksPerTime, time)) <= FarOff)
            track.Take(time);
        return true;
    }

    private void Begin(long now)
    {
        (TsSchedule next, bool broken) = _queue.Dequeue();
        long earliest = BeginAtEarliest;
        // The run goes on; after a dry spell everything is later by as much.
        long step = _expected is { } expected && next.FirstReference is { } reference ? TsStamp.ReferenceStep(expected, reference) : SameRun + 1;
        long dry = step <= SameRun && _waiting ? Math.Max(0, earliest - (_end + step)) / TsStamp.TicksPerTime : 0;
        // A picture so large that it would come too late moves all that follows.
        long missing = step <= SameRun ? Math.Max(0, next.LeastLead - TsStamp.Step((_end + step) / TsStamp.TicksPerTime + dry, next.FirstTime + _moved + dry)) : 0;
        if (!broken && Math.Abs(step) <= SameRun && missing <= FarOff)
        {
            _begin = _end + step + dry * TsStamp.TicksPerTime;
            _moved += dry + missing;
            Moves += dry + missing > 0 ? 1 : 0;
        }
        else
        {
            BeginRun(next, earliest);
        }
        _expected = next.FirstReference + next.Length;
        foreach (Track track in _tracks.Values)
            track.BeginSegment();
        (_current, _packet, _waiting) = (next, 0, false);
        if (next.PmtPid != _pmtPid || !next.Pmt.Span.SequenceEqual(_pmtAsSent.Span))
        {
            TakeTables(next);
            BeginTables(now);
        }
    }

    private void BeginRun(TsSchedule next, long earliest)
    {
        long sender = next.FirstReference is { } reference ? TsStamp.Step(reference / TsStamp.TicksPerTime, next.FirstTime) : 0;
        long lead = Math.Max(Math.Min(next.LeastLead, MostLead) + LeadMargin, sender <= MostLead ? sender : 0);
        long begin = (earliest + TsStamp.TicksPerTime - 1) / TsStamp.TicksPerTime;
        long moved = begin + lead - next.FirstTime;
        // No track steps back. What that takes, the sending waits too: the time left for decoding must not grow with each break.
        long later = 0;
        foreach ((int pid, long time) in next.FirstTimes)
        {
            if (_tracks.TryGetValue(pid, out Track? track) && track.Last is { } last)
                later = Math.Max(later, Math.Min(FarOff, track.Step - TsStamp.Step(last, time + moved)));
        }
        _begin = (begin + later) * TsStamp.TicksPerTime;
        _moved = moved + later;
        Moves++;
    }

    private void TakeTables(TsSchedule next)
    {
        byte[] pmt = next.Pmt.ToArray();
        _referencePid = next.Program.PcrPid;
        if (_referencePid == TsPacket.NullPid)
        {
            // A programme without a clock gets ours on the track that gives the time.
            _referencePid = next.Program.Clock?.Pid ?? next.PmtPid;
            BinaryPrimitives.WriteUInt16BigEndian(pmt.AsSpan(8), (ushort)(0xE000 | _referencePid));
        }
        bool first = _pmt.Length == 0;
        _pmtVersion = first ? 0 : (_pmtVersion + 1) & 0x1F;
        if (!first && _pmtPid != next.PmtPid)
            _patVersion = (_patVersion + 1) & 0x1F;
        (_pmtAsSent, _pmtPid) = (next.Pmt, next.PmtPid);
        _pmt = Sealed(pmt, _pmtVersion);
        byte[] pat = [0x00, 0xB0, 13, 0, 1, 0xC1, 0, 0, pmt[3], pmt[4], (byte)(0xE0 | _pmtPid >> 8), (byte)_pmtPid, 0, 0, 0, 0];
        _pat = Sealed(pat, _patVersion);
    }

    private static byte[] Sealed(byte[] section, int version)
    {
        section[5] = (byte)((section[5] & 0xC1) | version << 1);
        BinaryPrimitives.WriteUInt32BigEndian(section.AsSpan(section.Length - 4), TsTables.Crc(section.AsSpan(0, section.Length - 4)));
        return section;
    }

    private void BeginTables(long now)
    {
        int pat = TsTables.PacketBytes(_pat.Length);
        _tables = new byte[pat + TsTables.PacketBytes(_pmt.Length)];
        // Counted when they are written.
        int uncounted = 0;
        TsTables.WritePackets(_pat, 0, ref uncounted, _tables.AsSpan(0, pat));
        TsTables.WritePackets(_pmt, _pmtPid, ref uncounted, _tables.AsSpan(pat));
        (_tablesWritten, _tablesAt) = (0, now);
    }

    private void WriteTable(Span<byte> packet)
    {
        _tables.AsSpan(_tablesWritten, TsPacket.LengthBytes).CopyTo(packet);
        _tablesWritten += TsPacket.LengthBytes;
        packet[3] = (byte)(0x10 | TrackOf(new TsPacket(packet).Pid).Next());
    }

    private Track TrackOf(int pid)
    {
        if (!_tracks.TryGetValue(pid, out Track? track))
            _tracks[pid] = track = new Track();
        return track;
    }

    /// <summary>What goes on for one PID whatever the segments do.</summary>
    private sealed class Track
    {
        private int? _countedIn;

        /// <summary>Of its last packet with a payload.</summary>
        public int Counter { get; private set; } = 0x0F;

        /// <summary>Decode time of its last unit, as sent.</summary>
        public long? Last { get; private set; }

        /// <summary>From one unit to the next, as last seen.</summary>
        public long Step { get; private set; } = UsualStep;

        public void BeginSegment() => _countedIn = null;

        public int Next() => Counter = (Counter + 1) & 0x0F;

        /// <summary>Our counter for a packet that the sender counted. What was lost before the segment was cut stays visible as lost.</summary>
        public int Count(int sent, bool hasPayload)
        {
            if (hasPayload)
            {
                Counter = (Counter + (_countedIn is { } before ? sent - before : 1)) & 0x0F;
                _countedIn = sent;
            }
            return Counter;
        }

        public void Take(long time)
        {
            if (Last is { } last && TsStamp.Step(last, time) is > 0 and <= LongestStep and var step)
                Step = step;
            Last = time;
        }
    }
}
