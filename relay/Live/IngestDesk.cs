using System.Collections.Immutable;
using System.IO.Pipelines;
using Edge.Core.Live;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>How an encoder's connection ended.</summary>
public enum IngestEnd { EncoderStopped, EncoderSilent, Replaced, LessonOver }

/// <summary>Takes in encoders' streams and cuts them. A lesson has one encoder at a time; a new connection takes over from one that may be long dead.</summary>
public sealed class IngestDesk(LiveOrigin origin, IOptions<LiveOptions> options, TimeProvider time, ILogger<IngestDesk> log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Connection> _current = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _lastInput = new(StringComparer.Ordinal);

    /// <summary>Time since an encoder of this lesson last sent something; null: none has since this process started.</summary>
    public TimeSpan? SilenceOf(string lesson)
    {
        lock (_gate)
            return _lastInput.TryGetValue(lesson, out long at) ? time.GetElapsedTime(at) : null;
    }

    /// <summary>Reads a stream to its end and publishes what it holds. Takes no token on purpose: encoders hang up without waiting for an answer,
    /// and what they sent before is still to be read; the read itself ends with the connection.</summary>
    public async Task<IngestEnd> ReceiveAsync(Lesson lesson, PipeReader stream)
    {
        using var connection = new Connection();
        Connection? former;
        lock (_gate)
        {
            _current.TryGetValue(lesson.Id, out former);
            _current[lesson.Id] = connection;
        }
        try
        {
            if (former is not null)
                await former.StopAsync();
            log.EncoderConnected(lesson.Id);
            IngestEnd end = await CutAsync(lesson, stream, connection.Stopped);
            log.EncoderGone(lesson.Id, end);
            return end;
        }
        finally
        {
            lock (_gate)
            {
                if (_current.TryGetValue(lesson.Id, out Connection? current) && current == connection)
                    _current.Remove(lesson.Id);
            }
            connection.Done();
        }
    }

    /// <summary>Ends a lesson: what its encoder has sent so far is published first.</summary>
    public async Task<bool> EndAsync(Lesson lesson, CancellationToken cancellationToken)
    {
        Connection? current;
        lock (_gate)
            _current.TryGetValue(lesson.Id, out current);
        if (current is not null)
            await current.StopAsync();
        return await origin.EndAsync(lesson, cancellationToken);
    }

    private async Task<IngestEnd> CutAsync(Lesson lesson, PipeReader stream, CancellationToken stopped)
    {
        var segmenter = new TsSegmenter(new TsSegmenterLimits(lesson.Target / 2, options.Value.MaxSegmentBytes));
        bool runStarts = true;
        IngestEnd? end = null;
        while (end is null)
        {
            using var silence = new CancellationTokenSource(options.Value.EncoderSilence, time);
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stopped);
            ImmutableArray<TsSegment> segments;
            try
            {
                ReadResult read = await stream.ReadAsync(waiting.Token);
                segments = [];
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                    segments = segments.AddRange(segmenter.Push(part.Span));
                stream.AdvanceTo(read.Buffer.End);
                lock (_gate)
                    _lastInput[lesson.Id] = time.GetTimestamp();
                if (read.IsCompleted)
                    end = IngestEnd.EncoderStopped;
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException)
            {
                segments = [];
                end = stopped.IsCancellationRequested ? IngestEnd.Replaced : silence.IsCancellationRequested ? IngestEnd.EncoderSilent : IngestEnd.EncoderStopped;
            }
            if (end is not null)
                segments = segments.AddRange(segmenter.Finish());
            foreach (TsSegment segment in segments)
            {
                if (!await origin.PublishAsync(lesson, segment, runStarts, CancellationToken.None))
                {
                    if (origin.Window(lesson).Ended)
                        return IngestEnd.LessonOver;
                    log.SegmentRefused(lesson.Id, segment.Duration);
                }
                runStarts = false;
            }
        }
        return end.Value;
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
