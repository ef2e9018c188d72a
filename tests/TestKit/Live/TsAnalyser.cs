namespace TestKit.Live;

/// <summary>What a receiver measures of a transport stream as it arrives, after ETSI TR 101 290: continuity, tables, clock references against arrival, times. Shares no code of writing with the product;
/// reads heads by itself, so that a mistake in the product's reading shows too.</summary>
public sealed class TsAnalyser
{
    private const int PacketBytes = 188;
    private const double ReferenceHertz = 27e6;
    private const double TimeHertz = 90e3;
    private const double ReferenceWrap = 8_589_934_592.0 * 300;

    /// <summary>A reference that is off by more than this against arrival is a jump, not jitter.</summary>
    private const double Jump = 0.1;

    private readonly Dictionary<int, int> _counters = [];
    private readonly Dictionary<int, long> _times = [];
    private readonly Dictionary<int, long> _kinds = [];
    private readonly List<(double Arrival, double Clock)> _references = [];
    private double? _lastDatagram;
    private double? _lastPat;
    private double? _lastPmt;
    private double _clock;
    private double? _rawClock;
    private int _pmtPid = -1;
    private int _referencePid = -1;
    private ushort? _rtpSequence;

    public int Packets { get; private set; }

    public int NullPackets { get; private set; }

    public int Datagrams { get; private set; }

    public int ContinuityErrors { get; private set; }

    public int SyncErrors { get; private set; }

    /// <summary>RTP sequence numbers that did not come.</summary>
    public int LostDatagrams { get; private set; }

    /// <summary>References that went back, or that jumped against arrival by over 100 ms.</summary>
    public int ReferenceJumps { get; private set; }

    /// <summary>Decode times that stepped back within a track.</summary>
    public int TimesBack { get; private set; }

    /// <summary>Units that arrived after their decode time.</summary>
    public int LateUnits { get; private set; }

    public double LongestPatGap { get; private set; }

    public double LongestPmtGap { get; private set; }

    public double LongestReferenceGap { get; private set; }

    /// <summary>From one datagram to the next.</summary>
    public double LongestSilence { get; private set; }

    /// <summary>Most seconds between the arrival of a unit's first packet and its decode time, by the clock references.</summary>
    public double LongestLead { get; private set; }

    /// <summary>Longest step from one picture, or one piece of sound, to the next, whatever PID has it: what stands still for people.</summary>
    public double LongestFreeze { get; private set; }

    /// <summary>Versions of the programme table that were seen.</summary>
    public HashSet<int> PmtVersions { get; } = [];

    /// <summary>Units of pictures and sound that began.</summary>
    public int Units { get; private set; }

    public int References => _references.Count;

    /// <summary>How far references lie off the arrival, in seconds, against their median.</summary>
    public IReadOnlyList<double> Jitter()
    {
        double[] offsets = [.. _references.Select(reference => reference.Arrival - reference.Clock)];
        double median = offsets.Length == 0 ? 0 : offsets.Order().ElementAt(offsets.Length / 2);
        return [.. offsets.Select(offset => Math.Abs(offset - median))];
    }

    /// <summary>Takes an RTP datagram in: counts its number, reads what it holds.</summary>
    /// <param name="arrival">Seconds on any clock that goes evenly.</param>
    public void TakeRtp(ReadOnlySpan<byte> datagram, double arrival)
    {
        if (datagram.Length < 12 || datagram[0] != 0x80 || (datagram[1] & 0x7F) != 33)
        {
            SyncErrors++;
            return;
        }
        ushort sequence = (ushort)(datagram[2] << 8 | datagram[3]);
        if (_rtpSequence is { } before)
            LostDatagrams += (ushort)(sequence - before - 1);
        _rtpSequence = sequence;
        Take(datagram[12..], arrival);
    }

    /// <param name="arrival">Seconds on any clock that goes evenly.</param>
    public void Take(ReadOnlySpan<byte> datagram, double arrival)
    {
        Datagrams++;
        if (_lastDatagram is { } before)
            LongestSilence = Math.Max(LongestSilence, arrival - before);
        _lastDatagram = arrival;
        if (datagram.Length % PacketBytes != 0)
            SyncErrors++;
        for (; datagram.Length >= PacketBytes; datagram = datagram[PacketBytes..])
            TakePacket(datagram[..PacketBytes], arrival);
    }

    private void TakePacket(ReadOnlySpan<byte> packet, double arrival)
    {
        Packets++;
        if (packet[0] != 0x47)
        {
            SyncErrors++;
            return;
        }
        int pid = (packet[1] & 0x1F) << 8 | packet[2];
        if (pid == 0x1FFF)
        {
            NullPackets++;
            return;
        }
        bool hasField = (packet[3] & 0x20) != 0, hasPayload = (packet[3] & 0x10) != 0;
        Count(pid, packet[3] & 0x0F, hasPayload);
        if (hasField && packet[4] >= 7 && (packet[5] & 0x10) != 0 && pid == _referencePid)
            TakeReference(packet[6..12], arrival);
        if (!hasPayload)
            return;
        ReadOnlySpan<byte> payload = packet[(hasField ? 5 + packet[4] : 4)..];
        bool starts = (packet[1] & 0x40) != 0;
        if (pid == 0 && starts)
        {
            LongestPatGap = Longest(LongestPatGap, ref _lastPat, arrival);
            ReadOnlySpan<byte> section = payload[(1 + payload[0])..];
            _pmtPid = (section[10] & 0x1F) << 8 | section[11];
        }
        else if (pid == _pmtPid && starts)
        {
            LongestPmtGap = Longest(LongestPmtGap, ref _lastPmt, arrival);
            ReadOnlySpan<byte> section = payload[(1 + payload[0])..];
            _referencePid = (section[8] & 0x1F) << 8 | section[9];
            PmtVersions.Add(section[5] >> 1 & 0x1F);
        }
        else if (starts && payload.Length >= 14 && payload[0] == 0 && payload[1] == 0 && payload[2] == 1 && (payload[7] & 0x80) != 0)
        {
            TakeUnit(pid, payload[3] >> 4, Time(payload[((payload[7] & 0x40) != 0 ? 14 : 9)..]));
        }
    }

    private void Count(int pid, int counter, bool hasPayload)
    {
        if (_counters.TryGetValue(pid, out int before) && counter != (hasPayload ? (before + 1) & 0x0F : before))
            ContinuityErrors++;
        _counters[pid] = counter;
    }

    private void TakeReference(ReadOnlySpan<byte> field, double arrival)
    {
        long time = (long)field[0] << 25 | (long)field[1] << 17 | (long)field[2] << 9 | (long)field[3] << 1 | (long)(field[4] >> 7);
        double raw = time * 300.0 + ((field[4] & 1) << 8 | field[5]);
        if (_rawClock is { } before)
        {
            double step = raw - before;
            if (step < -ReferenceWrap / 2)
                step += ReferenceWrap;
            step /= ReferenceHertz;
            double passed = arrival - _references[^1].Arrival;
            if (step < 0 || Math.Abs(step - passed) > Jump)
                ReferenceJumps++;
            LongestReferenceGap = Math.Max(LongestReferenceGap, step);
            _clock += step;
        }
        _rawClock = raw;
        _references.Add((arrival, _clock));
    }

    /// <param name="kind">14: picture, 12 and 13: sound.</param>
    private void TakeUnit(int pid, int kind, long time)
    {
        Units++;
        if (_times.TryGetValue(pid, out long before) && Step(before, time) <= 0)
            TimesBack++;
        if (_kinds.TryGetValue(kind, out before))
            LongestFreeze = Math.Max(LongestFreeze, Step(before, time) / TimeHertz);
        _times[pid] = time;
        _kinds[kind] = time;
        if (_rawClock is not { } raw)
            return;
        double lead = Step((long)(raw / 300), time) / TimeHertz;
        if (lead < 0)
            LateUnits++;
        LongestLead = Math.Max(LongestLead, lead);
    }

    private static double Longest(double longest, ref double? last, double arrival)
    {
        double result = last is { } before ? Math.Max(longest, arrival - before) : longest;
        last = arrival;
        return result;
    }

    private static long Time(ReadOnlySpan<byte> field) =>
        (long)(field[0] >> 1 & 7) << 30 | (long)field[1] << 22 | (long)(field[2] >> 1) << 15 | (long)field[3] << 7 | (long)(field[4] >> 1);

    private static long Step(long from, long to) => (to - from) << 31 >> 31;
}
