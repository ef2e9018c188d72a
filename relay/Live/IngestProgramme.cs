using System.Buffers;
using System.Collections.Immutable;
using Edge.Core.Live;

namespace Relay.Live;

/// <summary>A lesson's cameras and which of them is on air: each is cut by itself, one is published. To switch, the new camera's segmenter starts at its next key frame,
/// and what the former one has begun ends there: no picture twice, none lost. Another may lend it its sound.</summary>
internal sealed class IngestProgramme(Lesson lesson, ImmutableArray<Camera> cameras, LiveOrigin origin, SoundEars ears, LessonEventStore events, LiveOptions options, TimeProvider time, ILogger log)
{
    /// <summary>Levels are measured for so long after somebody looked.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(30);

    private SemaphoreSlim One { get; } = new(1);

    private readonly TsSegmenterLimits _limits = new(lesson.Target / 2, options.MaxSegmentBytes);
    private readonly Dictionary<string, CameraInput> _inputs = new(StringComparer.Ordinal);
    private ImmutableArray<Camera> _cameras = cameras;
    private string _onAir = Chosen(cameras);
    private readonly LessonSound _sound = new(options.MaxSegmentBytes, time);
    private string? _coming;
    private long? _lookedAt;

    private Camera? Spare => _cameras.FirstOrDefault(camera => camera.Spare);

    private bool Listens => Spare is not null || (_lookedAt is { } at && time.GetElapsedTime(at) < Watched);

    /// <summary>Takes note of changed cameras; a camera that is gone sends on into nothing until its connection ends.</summary>
    public async Task ChangeAsync(ImmutableArray<Camera> cameras)
    {
        await One.WaitAsync(CancellationToken.None);
        try
        {
            _cameras = cameras;
            foreach (Camera camera in cameras)
            {
                if (_inputs.TryGetValue(camera.Id, out CameraInput? input))
                    input.Camera = camera;
            }
        }
        finally
        {
            One.Release();
        }
    }

    /// <summary>Since any camera last sent something; null: none has.</summary>
    public TimeSpan? Silence => Read(() => _inputs.Values.Min(input => input.Silence));

    /// <summary>How its cameras stand, for somebody who looks.</summary>
    public ImmutableArray<CameraState> States() => Read<ImmutableArray<CameraState>>(() =>
    {
        _lookedAt = time.GetTimestamp();
        string heard = _sound.OnSpare && Spare is { } spare ? spare.Id : _onAir;
        return [.. _cameras.Select(camera => (_inputs.TryGetValue(camera.Id, out CameraInput? input)
            ? new CameraState(camera, input.Stage, camera.Id == _onAir, input.Silence, input.Bytes, input.Program) { Level = input.Level }
            : new CameraState(camera, CameraStage.Away, camera.Id == _onAir, null, 0, null)) with { Heard = camera.Id == heard })];
    });

    /// <summary>A camera connects.</summary>
    public async Task BeginAsync(Camera camera)
    {
        await One.WaitAsync(CancellationToken.None);
        try
        {
            if (!_inputs.TryGetValue(camera.Id, out CameraInput? input))
                _inputs[camera.Id] = input = new CameraInput(camera, _limits, options.EncoderSilence, ears, time);
            input.Begin();
        }
        finally
        {
            One.Release();
        }
    }

    /// <summary>Takes a camera's bytes in.</summary>
    /// <param name="over">Its connection ends with them.</param>
    /// <returns>What must become of the connection, if anything; and whether the bytes made a segment.</returns>
    public async Task<(IngestEnd? End, bool Useful)> TakeAsync(string camera, ReadOnlySequence<byte> bytes, bool over)
    {
        await One.WaitAsync(CancellationToken.None);
        try
        {
            CameraInput input = _inputs[camera];
            ImmutableArray<TsSegment> segments = input.Take(bytes, Listens);
            if (over)
                segments = segments.AddRange(input.Finish());
            bool useful = !segments.IsEmpty;
            bool lives = true;
            if (camera == _coming && (input.IsOpen || useful))
                lives = await SwitchAsync(input);
            if (lives && camera == _onAir)
                lives = await PublishAsync(input, segments);
            if (over)
                input.End();
            Look();
            return (!lives ? IngestEnd.LessonOver : input.IsUseless ? IngestEnd.Useless : null, useful);
        }
        finally
        {
            One.Release();
        }
    }

    private T Read<T>(Func<T> read)
    {
        One.Wait(CancellationToken.None);
        try
        {
            return read();
        }
        finally
        {
            One.Release();
        }
    }

    private static string Chosen(ImmutableArray<Camera> cameras) => cameras.FirstOrDefault(camera => camera.Chosen)?.Id ?? Camera.Main;

    /// <summary>Who should be on air? If another one, it begins at its next key frame.</summary>
    private void Look()
    {
        // Before the lesson's time, only the chosen camera begins it: others may be trying their cables.
        bool begun = origin.Window(lesson).Last is not null || time.GetUtcNow() >= lesson.Start;
        string chosen = Chosen(_cameras);
        string wanted = ProgrammeChoice.For(chosen, _onAir,
            [.. _cameras.Where(camera => (begun || camera.Id == chosen) && _inputs.TryGetValue(camera.Id, out CameraInput? input) && input.GivesPicture).Select(camera => camera.Id)]);
        if (wanted == _onAir)
            _coming = null;
        else if (wanted != _coming)
        {
            _coming = wanted;
            _inputs[wanted].Restart();
        }
    }

    private async Task<bool> SwitchAsync(CameraInput next)
    {
        bool lives = true;
        if (_inputs.TryGetValue(_onAir, out CameraInput? former) && former.Connected)
            lives = await PublishAsync(former, former.Finish());
        log.CameraOnAir(lesson.Id, _onAir, next.Camera.Id);
        (_onAir, _coming, next.RunStarts) = (next.Camera.Id, null, true);
        return lives;
    }

    /// <returns>False when the lesson is over.</returns>
    private async Task<bool> PublishAsync(CameraInput input, ImmutableArray<TsSegment> segments)
    {
        // A camera that we fetch from runs all day: only the bell begins a lesson with it.
        if (input.Camera.Source is not null && time.GetUtcNow() < lesson.Start && origin.Window(lesson).Last is null)
            return true;
        foreach (TsSegment segment in segments)
        {
            if (!await origin.PublishAsync(lesson, await WithSoundAsync(segment, input), input.RunStarts, CancellationToken.None))
            {
                if (origin.Window(lesson).Ended)
                    return false;
                log.SegmentRefused(lesson.Id, segment.Duration);
            }
            input.RunStarts = false;
        }
        return true;
    }

    private async Task<TsSegment> WithSoundAsync(TsSegment segment, CameraInput onAir)
    {
        CameraInput? spare = Spare is { } camera && camera.Id != onAir.Camera.Id && _inputs.TryGetValue(camera.Id, out CameraInput? input) && input.Connected ? input : null;
        (TsSegment passed, SoundChange change) = _sound.Pass(segment, onAir, spare);
        if (change != SoundChange.None)
        {
            string heard = _sound.OnSpare ? spare!.Camera.Id : onAir.Camera.Id;
            log.SoundChanged(lesson.Id, change, heard);
            await events.AddAsync(lesson.Id, time.GetUtcNow(), change, heard, CancellationToken.None);
        }
        return passed;
    }
}
