using System.Collections.Immutable;
using Edge.Core.Live;

namespace Relay.Live;

/// <summary>The sound of one lesson's segments: their own, or the spare's while that is lost. Touched by one at a time, as its lesson's programme.</summary>
internal sealed class LessonSound(int maxSegmentBytes, TimeProvider time)
{
    /// <summary>Sound that comes later than this for its picture is left out.</summary>
    private static readonly TimeSpan Latest = TimeSpan.FromSeconds(1);

    private readonly SoundWatch _watch = new();
    private readonly StreamClock _clock = new();
    private TimeSpan _missing;
    private CameraInput? _from;
    private (SpareFeed Feed, int Run, long Offset)? _joined;
    private int _continuity;

    /// <summary>Classes hear the spare.</summary>
    public bool OnSpare => _watch.OnSpare;

    /// <summary>Takes a segment on its way to the classes.</summary>
    /// <param name="spare">The input that stands in; null: none, or it is on air itself.</param>
    /// <returns>The segment as it is to be published, and what became of the sound with it.</returns>
    public (TsSegment Segment, SoundChange Change) Pass(TsSegment segment, CameraInput onAir, CameraInput? spare)
    {
        if (spare is null && !OnSpare)
        {
            (_from, _missing) = (null, TimeSpan.Zero);
            return (segment, SoundChange.None);
        }
        Follow(segment, onAir);
        SoundChange change = _watch.Next(new SoundLook(segment.Duration, _missing, onAir.Level, spare?.Spare?.Comes == true, spare?.Level));
        if (!OnSpare)
        {
            _joined = null;
            return (change == SoundChange.None ? segment : segment with { Discontinuity = true }, change);
        }
        return (Filled(segment, spare!.Spare!) ?? segment, change);
    }

    /// <summary>Keeps the clock of the camera on air, and for how long it gave no sound.</summary>
    private void Follow(TsSegment segment, CameraInput onAir)
    {
        if (_from != onAir || onAir.RunStarts || segment.Discontinuity)
        {
            _clock.Clear();
            (_from, _missing, _joined) = (onAir, TimeSpan.Zero, null);
        }
        long end = TsTime.Add(segment.StartTime, TsTime.Ticks(segment.Duration));
        // It was closed because the picture behind it came.
        _clock.Add(end, Now);
        _missing = TsSoundReader.Read(segment.Bytes.Span).Reader.LastTime is { } last
            ? TsTime.Span(Math.Max(0, TsTime.Step(last, end))) : _missing + segment.Duration;
    }

    private TsSegment? Filled(TsSegment segment, SpareFeed spare)
    {
        bool joins = _joined is not { } joined || joined.Feed != spare || joined.Run != spare.Run;
        if (joins)
        {
            if (spare.Time is not { } there || _clock.At(Now) is not { } here)
                return null;
            _joined = (spare, spare.Run, TsTime.Step(there, here));
        }
        long offset = _joined!.Value.Offset;
        long end = TsTime.Add(segment.StartTime, TsTime.Ticks(segment.Duration));
        long earliest = joins ? segment.StartTime : TsTime.Add(segment.StartTime, -TsTime.Ticks(Latest));
        ImmutableArray<SoundUnit> units = [.. spare.Before(TsTime.Add(end, -offset)).Select(unit => unit with { Time = TsTime.Add(unit.Time, offset) }).Where(unit => TsTime.Step(earliest, unit.Time) >= 0)];
        byte[]? bytes = spare.StreamType is { } type ? SpareSound.Put(segment.Bytes.Span, type, units.AsSpan(), ref _continuity) : null;
        return bytes is null || bytes.Length > maxSegmentBytes ? null : segment with { Bytes = bytes, Discontinuity = segment.Discontinuity || joins };
    }

    private TimeSpan Now => time.GetElapsedTime(0);
}
