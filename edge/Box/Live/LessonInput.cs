using System.Collections.Immutable;
using System.IO.Pipelines;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Media;

namespace Edge.Box.Live;

/// <summary>Takes one lesson in from a source on the school's own network: fetches its stream, cuts it, and publishes it as a restreamed lesson is. What comes of the source is judged by segments;
/// when it is dead and the relay has the lesson too, the relay's copy stands in.</summary>
/// <param name="restream">Makes the restream of the relay's copy.</param>
internal sealed class LessonInput(
    PlannedLesson lesson, MediaSource source, LiveLessons lessons, LivePorts ports, InputOptions options, LiveOptions live, TimeProvider time, Func<LessonRestream> restream, ILogger log) : IDisposable
{
    /// <summary>Name of our own numbering in the journal, where a restream writes the relay's.</summary>
    internal const string Origin = "own-source";

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    /// <summary>The relay is asked so often whether it has the lesson, while the source is dead.</summary>
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _publishing = new(1);
    private InputRoad _road = InputRoad.Own;
    private LessonRecording? _recording;
    private long? _publishedAt;
    private long _segmentAt = time.GetTimestamp();
    private long? _goodSince;
    private bool _full;
    private bool _lost;

    private TimeSpan Target => 2 * options.SegmentDuration;

    /// <returns><see cref="RestreamEnd.Complete"/> when the relay's copy stood in and the lesson ended with it; else it runs until it is told to stop.</returns>
    public async Task<RestreamEnd> RunAsync(CancellationToken cancellationToken)
    {
        log.InputBegins(lesson.Id, source.Shown);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var fetch = new SourceFetch(source, ChildRules.Default with { Patience = options.Patience }, time, report =>
            log.SourceFailed(lesson.Id, source.Shown, report.End, report.Ran, report.Pause, report.Said));
        Task fetching = fetch.RunAsync((stream, useful) => TakeAsync(stream, useful, stop.Token), stop.Token);
        try
        {
            var rules = new InputRoadRules(options.RelayAfter, options.ReturnAfter);
            while (true)
            {
                await Task.WhenAny(fetching, Task.Delay(Look, time, stop.Token));
                stop.Token.ThrowIfCancellationRequested();
                if (fetching.IsCompleted)
                    await fetching;
                if (time.GetElapsedTime(Volatile.Read(ref _segmentAt)) < options.RelayAfter || !await RelayHasAsync(stop.Token)
                    || rules.Next(InputRoad.Own, time.GetElapsedTime(Volatile.Read(ref _segmentAt)), GoodFor, relayHas: true) == InputRoad.Own)
                    continue;
                if (await RelayAsync(rules, stop.Token) == RestreamEnd.Complete)
                    return RestreamEnd.Complete;
            }
        }
        finally
        {
            await stop.CancelAsync();
            await fetching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _publishing.Dispose();

    private TimeSpan GoodFor => _goodSince is { } since && time.GetElapsedTime(Volatile.Read(ref _segmentAt)) < 2 * Target ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Lets the relay's copy stand in until the source is good again.</summary>
    private async Task<RestreamEnd> RelayAsync(InputRoadRules rules, CancellationToken cancellationToken)
    {
        log.RelayStandsIn(lesson.Id, source.Shown);
        await ChangeRoadAsync(InputRoad.Relay, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<RestreamEnd> relayed = restream().RunAsync(stop.Token);
        while (!relayed.IsCompleted && rules.Next(InputRoad.Relay, TimeSpan.Zero, GoodFor, relayHas: true) == InputRoad.Relay)
            await Task.WhenAny(relayed, Task.Delay(Look, time, CancellationToken.None));
        await stop.CancelAsync();
        try
        {
            if (await relayed == RestreamEnd.Complete)
                return RestreamEnd.Complete;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
        await ChangeRoadAsync(InputRoad.Own, cancellationToken);
        log.SourceIsBack(lesson.Id, source.Shown);
        return RestreamEnd.Unavailable;
    }

    private async Task ChangeRoadAsync(InputRoad road, CancellationToken cancellationToken)
    {
        await _publishing.WaitAsync(cancellationToken);
        _road = road;
        _publishing.Release();
    }

    private async Task<bool> RelayHasAsync(CancellationToken cancellationToken)
    {
        if (ports.Relay() is { } relay
            && await new UpstreamPlaylist(UpstreamLadder.FolderOf(lesson.Id, "")).AskAsync(relay, UpstreamList.Delta, conditional: false, live.IdleTimeout, time, cancellationToken)
                is (_, { Ended: false, Segments.IsEmpty: false }))
            return true;
        await Task.Delay(AskEvery, time, cancellationToken);
        return false;
    }

    /// <summary>One run of the source.</summary>
    private async Task TakeAsync(PipeReader stream, Action useful, CancellationToken cancellationToken)
    {
        var segmenter = new TsSegmenter(new TsSegmenterLimits(options.SegmentDuration, Segment.MaxLengthBytes));
        bool runStarts = true;
        bool refused = false;
        for (bool over = false; !over;)
        {
            ReadResult read = await stream.ReadAsync(cancellationToken);
            over = read.IsCompleted;
            ImmutableArray<TsSegment> segments = [];
            foreach (ReadOnlyMemory<byte> part in read.Buffer)
                segments = segments.AddRange(segmenter.Push(part.Span));
            stream.AdvanceTo(read.Buffer.End);
            if (over)
                segments = segments.AddRange(segmenter.Finish());
            if (segmenter.Program is { IsPlayable: false } program)
            {
                if (!refused)
                    log.SourceUnplayable(lesson.Id, source.Shown, string.Join(' ', program.Tracks.Select(track => $"{track.StreamType:X2}")));
                refused = true;
                continue;
            }
            foreach (TsSegment segment in segments)
            {
                Seen();
                useful();
                await PublishAsync(segment, runStarts || segment.Discontinuity, cancellationToken);
                runStarts = false;
            }
        }
    }

    private void Seen()
    {
        if (_goodSince is null || time.GetElapsedTime(Volatile.Read(ref _segmentAt)) >= 2 * Target)
            _goodSince = time.GetTimestamp();
        Volatile.Write(ref _segmentAt, time.GetTimestamp());
    }

    private async Task PublishAsync(TsSegment cut, bool broken, CancellationToken cancellationToken)
    {
        await _publishing.WaitAsync(cancellationToken);
        try
        {
            _recording ??= lessons.Recording(lesson.Id);
            // A source may run all day: only the bell begins a lesson with it.
            DateTimeOffset? now = ports.Now();
            if (_recording is { Window.Ended: true } || (_recording is null && lesson.Stage != LessonStage.Running && !(now >= lesson.Start)))
                return;
            if (_road == InputRoad.Relay || !HasRoom())
            {
                _lost = true;
                return;
            }
            await AppendAsync(cut, broken || _publishedAt is null || _lost, now, cancellationToken);
        }
        catch (IOException e)
        {
            // What cannot be written is lost; the next segment is the next try.
            log.DiskFailed(lesson.Id, e);
            _lost = true;
        }
        finally
        {
            _publishing.Release();
        }
    }

    private bool HasRoom()
    {
        long free = lessons.FreeBytes;
        bool full = free < live.ReserveBytes;
        if (full && !_full)
            log.DiskReserveReached(lesson.Id, free);
        _full = full;
        return !full;
    }

    private async Task AppendAsync(TsSegment cut, bool broken, DateTimeOffset? now, CancellationToken cancellationToken)
    {
        _recording ??= await lessons.OpenOrCreateAsync(lesson, Target, fragmented: false, cancellationToken);
        if (!_recording.Window.Takes(cut.Duration))
        {
            _lost = true;
            return;
        }
        DateTimeOffset date = InputDate.Of(lesson, cut.Duration, _recording.Window.Last?.ProgramEnd, broken, _publishedAt is { } at ? time.GetElapsedTime(at) : null, now);
        var segment = new Segment(_recording.Window.Next, cut.Duration, date, broken, cut.Bytes.Length, ChunkId.Of(cut.Bytes.Span));
        await _recording.AppendAsync(cut.Bytes, segment, Origin, segment.Sequence, "", cancellationToken);
        (_publishedAt, _lost) = (time.GetTimestamp(), false);
        TimeSpan silence = lessons.Grown(_recording);
        if (silence > live.LostAfter && segment.Sequence > 0)
            log.LiveIsBack(lesson.Id, silence);
    }
}
