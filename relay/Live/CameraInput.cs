using System.Buffers;
using System.Collections.Immutable;
using Edge.Core.Live;

namespace Relay.Live;

/// <summary>One camera's stream, over all its connections. Touched by one at a time: the lesson's programme sees to it.</summary>
internal sealed class CameraInput(Camera camera, TsSegmenterLimits limits, TimeSpan patience, SoundEars ears, TimeProvider time)
{
    private readonly SoundEar _ear = new(ears, time);
    private TsSegmenter _segmenter = new(limits);
    private long? _bytesAt;
    private long? _segmentAt;
    private long _beganAt;
    private TsProgram? _program;

    public Camera Camera { get; set; } = camera;

    public bool Connected { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>What it gives next does not follow on from what was published.</summary>
    public bool RunStarts { get; set; } = true;

    /// <summary>A segment is begun, at a key frame if the stream has any.</summary>
    public bool IsOpen => _segmenter.IsOpen && IsPlayable;

    public TimeSpan? Silence => _bytesAt is { } at ? time.GetElapsedTime(at) : null;

    /// <summary>Connected for so long, or without a segment for so long.</summary>
    public bool IsUseless => Connected && time.GetElapsedTime(_segmentAt is { } at && at > _beganAt ? at : _beganAt) >= patience;

    public CameraStage Stage =>
        !Connected ? CameraStage.Away
        : !IsPlayable ? CameraStage.WrongCodec
        : Silence >= patience || IsUseless ? CameraStage.Failing
        : _segmentAt is { } at && at >= _beganAt ? CameraStage.Good : CameraStage.Beginning;

    public TsProgram? Program => _program;

    /// <summary>How loud its sound is; null: not known.</summary>
    public SoundLevel? Level => Connected ? _ear.Level : null;

    /// <summary>Its sound, while it stands in for others.</summary>
    public SpareFeed? Spare { get; private set; }

    /// <summary>It can be shown: an input with sound alone would freeze browsers.</summary>
    public bool GivesPicture => Stage == CameraStage.Good && _program is { Clock.IsVideo: true };

    private bool IsPlayable => _program is not { IsPlayable: false };

    public void Begin()
    {
        (Connected, RunStarts, _beganAt) = (true, true, time.GetTimestamp());
        Restart();
        Spare?.Begin();
    }

    public void End() => Connected = false;

    /// <summary>Forgets what is begun; the next key frame begins anew.</summary>
    public void Restart() => _segmenter = new TsSegmenter(limits);

    /// <summary>Takes bytes in.</summary>
    /// <param name="listen">Measure how loud it is.</param>
    /// <returns>The segments that they completed, if viewers can do anything with them.</returns>
    public ImmutableArray<TsSegment> Take(ReadOnlySequence<byte> bytes, bool listen)
    {
        Spare = Camera.Spare ? Spare ?? new SpareFeed(time) : null;
        Spare?.Take(bytes);
        ImmutableArray<TsSegment> segments = [];
        foreach (ReadOnlyMemory<byte> part in bytes)
            segments = segments.AddRange(_segmenter.Push(part.Span));
        if (!bytes.IsEmpty)
            _bytesAt = time.GetTimestamp();
        Bytes += bytes.Length;
        segments = Usable(segments);
        if (listen && !segments.IsEmpty)
            _ear.Hear(segments[^1]);
        return segments;
    }

    /// <summary>What was begun is closed here.</summary>
    public ImmutableArray<TsSegment> Finish()
    {
        ImmutableArray<TsSegment> segments = Usable(_segmenter.Finish());
        Restart();
        return segments;
    }

    private ImmutableArray<TsSegment> Usable(ImmutableArray<TsSegment> segments)
    {
        _program = _segmenter.Program ?? _program;
        if (!IsPlayable)
            return [];
        if (!segments.IsEmpty)
            _segmentAt = time.GetTimestamp();
        return segments;
    }
}
