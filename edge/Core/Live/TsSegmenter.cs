using System.Buffers;
using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>Bounds of the segmenter.</summary>
/// <param name="Target">Wished length of a segment; it is cut at the first key frame from seven eighths of this on.</param>
/// <param name="MaxSegmentBytes">A longer one is closed where it stands.</param>
public readonly record struct TsSegmenterLimits(TimeSpan Target, int MaxSegmentBytes)
{
    /// <summary>Longest segment: twice the target; from there it is cut at any picture.</summary>
    public TimeSpan Longest => 2 * Target;
}

/// <summary>A segment as the segmenter cut it.</summary>
/// <param name="Bytes">Whole packets, beginning with PAT and PMT.</param>
/// <param name="Duration">From decode times of its pictures; over zero, at most twice the target.</param>
/// <param name="Discontinuity">It does not follow on from the one before.</param>
/// <param name="StartsAtKeyFrame">A player can start with it.</param>
/// <param name="StartTime">When its first picture is shown; 33 bits of a 90 kHz clock.</param>
public sealed record TsSegment(ReadOnlyMemory<byte> Bytes, TimeSpan Duration, bool Discontinuity, bool StartsAtKeyFrame, long StartTime = 0);

/// <summary>Cuts that follow another stream's instead of the segmenter's own rule.</summary>
/// <param name="Place">Which programme of the stream is cut, from 0; the others are left out.</param>
/// <param name="Begins">Does a segment begin with the picture shown at this time (33 bits of a 90 kHz clock)?</param>
public sealed record TsCuts(int Place, Func<long, bool> Begins);

/// <summary>Cuts an endless MPEG transport stream, given in any slices, into segments for HLS. Keeps one programme of the stream, the first if not told otherwise: its tracks byte for byte,
/// its PMT as sent but with a counter of ours, a PAT that names it alone, nothing else. Never throws on what it reads, and holds at most one segment.
/// <para>Where decode times step back, or more than <see cref="Jump"/> is missing, the segment ends at its last good time and the next one is marked
/// (VLC and ffmpeg put such holes inside one giant segment, which stops players for good).</para></summary>
public sealed class TsSegmenter
{
    /// <summary>As much missing time is still the same stream.</summary>
    public static readonly TimeSpan Jump = TimeSpan.FromSeconds(1);

    private readonly TsSegmenterLimits _limits;
    private readonly TsCuts? _cuts;
    private readonly long _target;
    private readonly long _longest;
    private readonly TsSync _sync;

    private readonly TsSectionReader _pat = new();
    private TsSectionReader _pmt = new();
    private byte[] _patSection = [];
    private byte[] _pmtSection = [];
    private int _pmtPid = -1;
    private int _patContinuity;
    private int _pmtContinuity;
    private TsProgram? _program;

    private readonly ArrayBufferWriter<byte> _segment = new(1 << 20);
    private readonly ImmutableArray<TsSegment>.Builder _finished = ImmutableArray.CreateBuilder<TsSegment>();
    private bool _open;
    private bool _startsAtKeyFrame;
    private long _startTime;
    private bool _discontinuity;
    private long _last;
    private long _elapsed;
    private long _frame;
    private long? _waitingSince;

    public TsSegmenter(TsSegmenterLimits limits, TsCuts? cuts = null)
    {
        (_limits, _cuts, _target, _longest) = (limits, cuts, TsTime.Ticks(limits.Target) - TsTime.Ticks(limits.Target) / 8, TsTime.Ticks(limits.Longest));
        _sync = new TsSync(Take);
    }

    /// <summary>The programme that the stream carries, as far as it is known.</summary>
    public TsProgram? Program => _program;

    /// <summary>Is a segment begun? Of a stream that is new, it begins with a key frame.</summary>
    public bool IsOpen => _open;

    /// <summary>Takes in the next bytes of the stream.</summary>
    /// <returns>The segments that they completed, most often none.</returns>
    public ImmutableArray<TsSegment> Push(ReadOnlySpan<byte> bytes)
    {
        _sync.Push(bytes);
        return Finished();
    }

    /// <summary>The stream is over: what is held becomes the last segment.</summary>
    public ImmutableArray<TsSegment> Finish()
    {
        if (_open)
            Close(_elapsed + _frame);
        _open = false;
        _sync.Finish();
        return Finished();
    }

    private ImmutableArray<TsSegment> Finished() => _finished.Count == 0 ? [] : _finished.DrainToImmutable();

    private void Take(in TsPacket packet)
    {
        if (packet.Damaged)
            return;
        if (packet.Pid == 0)
        {
            if (_pat.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPat(section, _cuts?.Place ?? 0, out bool alone, out int pmtPid))
                TakePat(alone ? section : TsTables.Pat(section, pmtPid), pmtPid);
        }
        else if (packet.Pid == _pmtPid)
        {
            if (_pmt.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPmt(section, out TsProgram program))
                TakePmt(section, program);
        }
        else if (_program is { Clock: { } clock } && _program.Carries(packet.Pid))
        {
            if (packet.UnitStart && PesStart.TryRead(packet.Payload, out PesStart start))
            {
                if (packet.Pid == clock.Pid)
                    TakePicture(start.DecodeTime, start.PresentTime, packet.RandomAccess || !clock.IsVideo || start.IsKeyFrame(clock.StreamType));
                else
                    TakeOther(start.DecodeTime);
            }
            Write(packet.Bytes);
        }
    }

    private void TakePat(ReadOnlySpan<byte> section, int pmtPid)
    {
        if (pmtPid != _pmtPid)
        {
            if (_program is not null)
                Break();
            (_pmtPid, _pmt, _pmtContinuity, _program) = (pmtPid, new TsSectionReader(), 0, null);
        }
        _patSection = Kept(_patSection, section);
        WriteTable(_patSection, 0, ref _patContinuity);
    }

    private void TakePmt(ReadOnlySpan<byte> section, TsProgram program)
    {
        if (_program is not null && !_program.SameTracks(program))
            Break();
        _program = program;
        _pmtSection = Kept(_pmtSection, section);
        WriteTable(_pmtSection, _pmtPid, ref _pmtContinuity);
    }

    private static byte[] Kept(byte[] former, ReadOnlySpan<byte> section) => section.SequenceEqual(former) ? former : section.ToArray();

    private void TakePicture(long time, long shown, bool key)
    {
        if (!_open)
        {
            // Start with a key frame, but do not wait for ever: some senders mark none.
            _waitingSince ??= time;
            if (_cuts?.Begins(shown) ?? (key || Math.Abs(TsTime.Step(_waitingSince.Value, time)) >= _longest))
                Open(time, shown, key);
            return;
        }
        long step = TsTime.Step(_last, time);
        if (step < 0 || (_frame > 0 ? step - _frame > TsTime.Ticks(Jump) : step > _longest))
        {
            Close(_elapsed + _frame);
            _discontinuity = true;
            Open(time, shown, key);
            return;
        }
        long elapsed = _elapsed + step;
        if (step > 0)
            _frame = step;
        _last = time;
        if (_cuts?.Begins(shown) ?? ((key && elapsed >= _target) || elapsed + _frame > _longest))
        {
            Close(Math.Min(elapsed, _longest));
            Open(time, shown, key);
        }
        else
        {
            _elapsed = elapsed;
        }
    }

    /// <summary>Sound alone going on far beyond the picture: the picture has died, and a segment must not grow with it.</summary>
    private void TakeOther(long time)
    {
        if (_open && Math.Abs(TsTime.Step(_last, time)) > _longest + TsTime.Ticks(Jump))
            Break();
    }

    private void Open(long time, long shown, bool key)
    {
        (_open, _startsAtKeyFrame, _startTime, _last, _elapsed, _waitingSince) = (true, key, shown, time, 0, null);
        _segment.ResetWrittenCount();
        WriteTable(_patSection, 0, ref _patContinuity);
        WriteTable(_pmtSection, _pmtPid, ref _pmtContinuity);
    }

    /// <summary>Ends the open segment; what comes next starts afresh.</summary>
    private void Break()
    {
        if (_open)
            Close(_elapsed + _frame);
        (_open, _discontinuity, _frame, _waitingSince) = (false, true, 0, null);
    }

    private void Close(long duration)
    {
        // A lone picture of unknown length is nothing that can be listed.
        if (duration <= 0)
        {
            _discontinuity = true;
            return;
        }
        _finished.Add(new TsSegment(_segment.WrittenSpan.ToArray(), TsTime.Span(duration), _discontinuity, _startsAtKeyFrame, _startTime));
        _discontinuity = false;
    }

    private void WriteTable(byte[] section, int pid, ref int continuity)
    {
        if (!_open)
            return;
        Span<byte> packets = stackalloc byte[TsTables.PacketBytes(TsTables.MaxSectionBytes)];
        packets = packets[..TsTables.PacketBytes(section.Length)];
        TsTables.WritePackets(section, pid, ref continuity, packets);
        Write(packets);
    }

    private void Write(ReadOnlySpan<byte> packets)
    {
        if (!_open)
            return;
        if (_segment.WrittenCount + packets.Length > _limits.MaxSegmentBytes)
            Break();
        else
            _segment.Write(packets);
    }
}
