using System.Collections.Immutable;
using System.IO.Pipelines;
using Edge.Core.Content;
using Microsoft.Extensions.Options;
using Relay.Live.Srt;

namespace Relay.Live;

/// <summary>How an encoder's connection ended.</summary>
public enum IngestEnd
{
    EncoderStopped,
    EncoderSilent,
    /// <summary>It sent, but nothing that viewers could see.</summary>
    Useless,
    Replaced,
    LessonOver,
}

/// <summary>Takes in encoders' streams, by whatever road they come, and has them cut. A camera has one encoder at a time; a new connection takes over from one that may be long dead.</summary>
public sealed class IngestDesk(LessonStore lessons, CameraStore cameras, LiveOrigin origin, SrtGate srt, SoundEars ears, LessonEventStore events, IOptions<LiveOptions> options, TimeProvider time, ILogger<IngestDesk> log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Lesson, string Camera), Connection> _current = [];
    private readonly Dictionary<string, IngestProgramme> _programmes = new(StringComparer.Ordinal);

    /// <summary>Whose key this is; null when nobody's.</summary>
    public (Lesson Lesson, Camera Camera)? Find(string key) =>
        cameras.FindByKey(key) is { } camera && lessons.Find(camera.Lesson) is { } lesson ? (lesson, camera) : null;

    /// <summary>How a lesson's cameras stand, the main one first.</summary>
    public ImmutableArray<CameraState> Cameras(Lesson lesson) => [.. Programme(lesson).States().Select(state => state with { Srt = srt.Of(state.Camera.Key) })];

    /// <summary>Time since an encoder of this lesson last sent something; null: none has since this process started.</summary>
    public TimeSpan? SilenceOf(string lesson)
    {
        IngestProgramme? programme;
        lock (_gate)
            _programmes.TryGetValue(lesson, out programme);
        return programme?.Silence;
    }

    /// <summary>Reads a stream to its end and publishes what it holds, if its camera is on air. Takes no token on purpose: encoders hang up without waiting for an answer,
    /// and what they sent before is still to be read; the read itself ends with the connection.</summary>
    /// <param name="useful">Told when the stream has given a segment.</param>
    public async Task<IngestEnd> ReceiveAsync(Lesson lesson, Camera camera, PipeReader stream, Action? useful = null)
    {
        using var connection = new Connection();
        Connection? former;
        lock (_gate)
        {
            _current.TryGetValue((lesson.Id, camera.Id), out former);
            _current[(lesson.Id, camera.Id)] = connection;
        }
        try
        {
            if (former is not null)
                await former.StopAsync();
            log.EncoderConnected(lesson.Id, camera.Id);
            IngestProgramme programme = Programme(lesson);
            await programme.BeginAsync(camera);
            IngestEnd end = await ReadAsync(programme, camera, stream, useful, connection.Stopped);
            log.EncoderGone(lesson.Id, camera.Id, end);
            return end;
        }
        finally
        {
            lock (_gate)
            {
                if (_current.TryGetValue((lesson.Id, camera.Id), out Connection? current) && current == connection)
                    _current.Remove((lesson.Id, camera.Id));
            }
            connection.Done();
        }
    }

    /// <summary>Ends a lesson: what its encoders have sent so far is published first.</summary>
    public async Task<bool> EndAsync(Lesson lesson, CancellationToken cancellationToken)
    {
        Connection[] standing;
        lock (_gate)
            standing = [.. _current.Where(entry => entry.Key.Lesson == lesson.Id).Select(entry => entry.Value)];
        foreach (Connection connection in standing)
            await connection.StopAsync();
        bool ended = await origin.EndAsync(lesson, cancellationToken);
        lock (_gate)
            _programmes.Remove(lesson.Id);
        return ended;
    }

    /// <summary>Adds or changes a camera.</summary>
    public Task<CameraOutcome> SaveAsync(Camera camera, CancellationToken cancellationToken) =>
        ChangeAsync(camera.Lesson, cameras.SaveAsync(camera, cancellationToken));

    public Task<CameraOutcome> ChooseAsync(string lesson, string camera, CancellationToken cancellationToken) =>
        ChangeAsync(lesson, cameras.ChooseAsync(lesson, camera, cancellationToken));

    public async Task<CameraOutcome> RemoveAsync(string lesson, string camera, CancellationToken cancellationToken)
    {
        CameraOutcome outcome = await ChangeAsync(lesson, cameras.RemoveAsync(lesson, camera, cancellationToken));
        Connection? standing;
        lock (_gate)
            _current.TryGetValue((lesson, camera), out standing);
        if (outcome == CameraOutcome.Done && standing is not null)
            await standing.StopAsync();
        return outcome;
    }

    private async Task<CameraOutcome> ChangeAsync(string lesson, Task<CameraOutcome> change)
    {
        CameraOutcome outcome = await change;
        IngestProgramme? programme;
        lock (_gate)
            _programmes.TryGetValue(lesson, out programme);
        if (outcome == CameraOutcome.Done && programme is not null)
            await programme.ChangeAsync(cameras.Of(lesson));
        return outcome;
    }

    private IngestProgramme Programme(Lesson lesson)
    {
        lock (_gate)
        {
            if (!_programmes.TryGetValue(lesson.Id, out IngestProgramme? programme))
            {
                programme = new IngestProgramme(lesson, cameras.Of(lesson.Id), origin, ears, events, options.Value, time, log);
                // Of a lesson that is over nothing comes in.
                if (lesson.Stage is not (LessonStage.Ended or LessonStage.Cancelled))
                    _programmes[lesson.Id] = programme;
            }
            return programme;
        }
    }

    private async Task<IngestEnd> ReadAsync(IngestProgramme programme, Camera camera, PipeReader stream, Action? useful, CancellationToken stopped)
    {
        while (true)
        {
            using var silence = new CancellationTokenSource(options.Value.EncoderSilence, time);
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stopped);
            IngestEnd? end = null;
            ReadResult read = default;
            bool taken = false;
            try
            {
                read = await stream.ReadAsync(waiting.Token);
                taken = true;
                if (read.IsCompleted)
                    end = IngestEnd.EncoderStopped;
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException)
            {
                end = stopped.IsCancellationRequested ? IngestEnd.Replaced : silence.IsCancellationRequested ? IngestEnd.EncoderSilent : IngestEnd.EncoderStopped;
            }
            (IngestEnd? judged, bool gave) = await programme.TakeAsync(camera.Id, read.Buffer, over: end is not null);
            if (taken)
                stream.AdvanceTo(read.Buffer.End);
            if (gave)
                useful?.Invoke();
            if (judged == IngestEnd.LessonOver)
                return IngestEnd.LessonOver;
            if (end is { } over)
                return over;
            if (judged is { } useless)
            {
                await programme.TakeAsync(camera.Id, default, over: true);
                return useless;
            }
        }
    }

    private sealed class Connection : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Stopped => _stop.Token;

        public async Task StopAsync()
        {
            try
            {
                await _stop.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // It ended by itself in this very moment.
            }
            await _done.Task;
        }

        public void Done() => _done.TrySetResult();

        public void Dispose() => _stop.Dispose();
    }
}
