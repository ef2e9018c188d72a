using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Edge.Core.Live;

/// <summary>A piece of a sound track: what one PES packet carries.</summary>
/// <param name="Time">When its first sample is heard; 33 bits of a 90 kHz clock.</param>
/// <param name="Data">As its codec frames it: ADTS, LOAS or MPEG audio.</param>
public readonly record struct SoundUnit(long Time, ReadOnlyMemory<byte> Data);

/// <summary>Takes the first sound track out of a transport stream, given in any slices; units that lack a packet are left out. Never throws on what it reads, and holds at most one unit.</summary>
public sealed class TsSoundReader
{
    /// <summary>A longer unit is left out: 24 s of sound at 20 kbit/s, half a second at 1 Mbit/s.</summary>
    public const int MaxUnitBytes = 60_000;

    private const int LengthAt = 4;
    private const int LengthEnd = 6;

    private readonly TsSync _sync;
    private readonly TsSectionReader _pat = new();
    private TsSectionReader _pmt = new();
    private int _pmtPid = -1;
    private TsTrack? _track;
    private int _continuity;

    private readonly ArrayBufferWriter<byte> _unit = new(4096);
    private readonly ImmutableArray<SoundUnit>.Builder _finished = ImmutableArray.CreateBuilder<SoundUnit>();
    private long? _begun;
    private int _wanted;

    public TsSoundReader() => _sync = new TsSync(Take);

    /// <summary>Stream type of the track (ISO/IEC 13818-1 table 2-34); null: no sound is known of.</summary>
    public byte? StreamType => _track?.StreamType;

    /// <summary>When the newest unit begins, be it whole or not.</summary>
    public long? LastTime { get; private set; }

    /// <summary>The sound of one segment that begins with its tables.</summary>
    public static (TsSoundReader Reader, ImmutableArray<SoundUnit> Units) Read(ReadOnlySpan<byte> segment)
    {
        var reader = new TsSoundReader();
        return (reader, reader.Push(segment));
    }

    /// <summary>Takes in the next bytes of the stream.</summary>
    /// <returns>The units that they completed.</returns>
    public ImmutableArray<SoundUnit> Push(ReadOnlySpan<byte> bytes)
    {
        _sync.Push(bytes);
        return _finished.Count == 0 ? [] : _finished.DrainToImmutable();
    }

    private void Take(in TsPacket packet)
    {
        if (packet.Damaged)
            return;
        if (packet.Pid == 0)
        {
            if (_pat.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPat(section, out int pmtPid) && pmtPid != _pmtPid)
                (_pmtPid, _pmt, _track, _begun) = (pmtPid, new TsSectionReader(), null, null);
        }
        else if (packet.Pid == _pmtPid)
        {
            if (_pmt.Take(packet, out ReadOnlySpan<byte> section) && TsTables.TryReadPmt(section, out TsProgram program))
                TakeTracks(program);
        }
        else if (packet.Pid == _track?.Pid)
        {
            TakeSound(packet);
        }
    }

    private void TakeTracks(TsProgram program)
    {
        TsTrack? track = program.Tracks.Where(track => track.IsSound).Select(track => (TsTrack?)track).FirstOrDefault();
        if (track != _track)
            (_track, _begun) = (track, null);
    }

    private void TakeSound(in TsPacket packet)
    {
        if (packet.Payload.IsEmpty)
            return;
        int continuity = packet.Bytes[3] & 0x0F;
        bool follows = continuity == ((_continuity + 1) & 0x0F);
        _continuity = continuity;
        if (packet.UnitStart)
        {
            // Of a unit that did not say how long it is, the next one's beginning is the end.
            if (_begun is not null && _wanted == 0 && follows)
                Complete();
            _begun = null;
            if (!PesStart.TryRead(packet.Payload, out PesStart start))
                return;
            int length = BinaryPrimitives.ReadUInt16BigEndian(packet.Payload[LengthAt..]);
            int headLength = packet.Payload.Length - start.Data.Length;
            _wanted = length == 0 ? 0 : LengthEnd + length - headLength;
            if (_wanted is < 0 or > MaxUnitBytes)
                return;
            _begun = LastTime = start.PresentTime;
            _unit.ResetWrittenCount();
            Add(start.Data);
        }
        else if (_begun is not null)
        {
            if (follows)
                Add(packet.Payload);
            else
                _begun = null;
        }
    }

    private void Add(ReadOnlySpan<byte> data)
    {
        if (_unit.WrittenCount + data.Length > MaxUnitBytes)
        {
            _begun = null;
            return;
        }
        _unit.Write(data);
        if (_wanted > 0 && _unit.WrittenCount >= _wanted)
            Complete();
    }

    private void Complete()
    {
        ReadOnlySpan<byte> data = _wanted > 0 ? _unit.WrittenSpan[.._wanted] : _unit.WrittenSpan;
        if (!data.IsEmpty)
            _finished.Add(new SoundUnit(_begun!.Value, data.ToArray()));
        _begun = null;
    }
}
