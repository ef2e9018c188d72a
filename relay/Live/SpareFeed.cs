using System.Buffers;
using System.Collections.Immutable;
using Edge.Core.Live;

namespace Relay.Live;

/// <summary>The newest sound of an input that stands in for others: half a minute of it at most. Touched by one at a time, as its input.</summary>
internal sealed class SpareFeed(TimeProvider time)
{
    private const int MostUnits = 2048;
    private const int MostBytes = 2 << 20;

    /// <summary>Times that go on further than this, or back, are another run of its encoder.</summary>
    private static readonly TimeSpan Jump = TimeSpan.FromSeconds(30);

    private readonly StreamClock _clock = new();
    private readonly Queue<SoundUnit> _units = [];
    private TsSoundReader _reader = new();
    private long _bytes;
    private long? _last;
    private TimeSpan? _arrived;

    /// <summary>Changes when its times begin anew.</summary>
    public int Run { get; private set; }

    public byte? StreamType => _reader.StreamType;

    /// <summary>Its sound keeps arriving.</summary>
    public bool Comes => _arrived is { } arrived && StreamType is not null && Now - arrived < SoundWatch.Patience;

    /// <summary>The time of its sound that comes now; null: none has.</summary>
    public long? Time => _clock.At(Now);

    private TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>Its encoder connects anew.</summary>
    public void Begin()
    {
        (_reader, _arrived) = (new TsSoundReader(), null);
        Forget();
    }

    public void Take(ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> part in bytes)
        {
            foreach (SoundUnit unit in _reader.Push(part.Span))
                Take(unit);
        }
    }

    /// <summary>Takes out what was heard before <paramref name="time"/>, on its own clock.</summary>
    public ImmutableArray<SoundUnit> Before(long time)
    {
        var units = ImmutableArray.CreateBuilder<SoundUnit>();
        while (_units.TryPeek(out SoundUnit unit) && TsTime.Step(unit.Time, time) > 0)
            units.Add(Drop());
        return units.DrainToImmutable();
    }

    private void Take(SoundUnit unit)
    {
        if (_last is { } last)
        {
            long step = TsTime.Step(last, unit.Time);
            if (step < 0 || step > TsTime.Ticks(Jump))
                Forget();
            else if (_arrived is { } arrived)
                _clock.Add(unit.Time, arrived); // it begins where the one before ended, and that came whole when it came
        }
        (_last, _arrived) = (unit.Time, Now);
        _units.Enqueue(unit);
        _bytes += unit.Data.Length;
        while (_units.Count > MostUnits || _bytes > MostBytes)
            Drop();
    }

    private SoundUnit Drop()
    {
        SoundUnit unit = _units.Dequeue();
        _bytes -= unit.Data.Length;
        return unit;
    }

    private void Forget()
    {
        _units.Clear();
        _clock.Clear();
        (_bytes, _last) = (0, null);
        Run++;
    }
}
