using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Sync;

namespace Edge.Box.Live;

/// <summary>How the restream of a lesson ended.</summary>
internal enum RestreamEnd { Complete, Unavailable }

/// <summary>Brings one lesson from the relay to this school: looks at the relay's list, fetches what is missing, oldest first and a few at once, and publishes in order.
/// Holds the order: an outage makes the class wait, and nothing is skipped. One task; nothing here is shared.</summary>
internal sealed class LessonRestream(
    PlannedLesson lesson, LiveLessons lessons, LivePorts ports, LiveOptions options, TimeProvider time, Func<double> draw, ILogger log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseWhenUnknown = TimeSpan.FromSeconds(5);

    private readonly UpstreamPlaylist _upstream = new(lesson.Id);
    private readonly SortedDictionary<long, WantedSegment> _wanted = [];
    private readonly Dictionary<long, Fetching> _fetching = [];
    private LessonRecording? _recording;
    private RestreamCursor _cursor = RestreamCursor.AtStart;
    private Backoff _backoff;
    private MediaPlaylist? _list;
    private bool _full;

    public async Task<RestreamEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _recording = lessons.Recording(lesson.Id);
        _cursor = _recording?.Cursor ?? RestreamCursor.AtStart;
        if (_recording is { Window.Ended: true })
            return RestreamEnd.Complete;
        log.RestreamBegins(lesson.Id, LessonTimeline.Edge(_recording?.Window.Segments ?? []).TotalSeconds);

        UpstreamList next = UpstreamList.Window;
        bool conditional = false;
        TimeSpan pause = TimeSpan.Zero;
        Task<(ListEnd End, MediaPlaylist? List)>? asking = null;
        try
        {
            while (true)
            {
                StartFetches(stop.Token);
                asking ??= AskAsync(next, conditional, pause, stop.Token);
                await Task.WhenAny([asking, .. _fetching.Values.Where(fetching => !fetching.Seen).Select(fetching => fetching.Task)]);
                cancellationToken.ThrowIfCancellationRequested();
                foreach ((long sequence, Fetching fetching) in _fetching.ToArray())
                {
                    if (fetching is { Seen: false, Task.IsCompleted: true })
                        await TakeAsync(sequence, fetching, stop.Token);
                }
                if (asking.IsCompleted)
                {
                    (ListEnd end, MediaPlaylist? list) = await asking;
                    asking = null;
                    if (Judge(end, next) is { } final)
                        return final;
                    UpstreamList? longer = Take(end, list, next);
                    // What could not be read is asked for again as it was.
                    if (end is not (ListEnd.Failed or ListEnd.Garbage))
                        (next, conditional) = longer is { } asked ? (asked, false) : (_list?.SkipUntil is null ? UpstreamList.Window : UpstreamList.Delta, _list is not null);
                    pause = longer is not null ? TimeSpan.Zero : Pause(end);
                }
                await PublishAsync(stop.Token);
                if (_cursor.Ends >= RestreamCursor.Agreeing && _wanted.Count == 0 && _list is { } known && _cursor.Next >= known.Next && _recording is { } recording)
                {
                    await recording.EndAsync();
                    lessons.Grown(recording);
                    log.RecordingComplete(lesson.Id, recording.Window.Next);
                    return RestreamEnd.Complete;
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll([.. _fetching.Values.Select(fetching => fetching.Task), asking ?? Task.CompletedTask])
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<(ListEnd, MediaPlaylist?)> AskAsync(UpstreamList list, bool conditional, TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, time, cancellationToken);
        return ports.Relay() is not { } relay ? (ListEnd.Failed, null) : await _upstream.AskAsync(relay, list, conditional, options.IdleTimeout, time, cancellationToken);
    }

    /// <summary>A lesson that is over and that the relay cannot give is not waited for.</summary>
    private RestreamEnd? Judge(ListEnd end, UpstreamList asked) =>
        lesson.Stage == LessonStage.Ended && asked != UpstreamList.Recording && end is (ListEnd.Unknown or ListEnd.NotYet) ? RestreamEnd.Unavailable : null;

    /// <summary>Takes an answer in.</summary>
    /// <returns>The longer list to ask for next, if one is needed.</returns>
    private UpstreamList? Take(ListEnd end, MediaPlaylist? list, UpstreamList asked)
    {
        switch (end)
        {
            case ListEnd.Listed:
                _backoff = default;
                _list = list!;
                return Follow(RestreamPlan.For(_cursor, list!, asked));
            case ListEnd.Unchanged:
                _backoff = default;
                _cursor = RestreamPlan.Unchanged(_cursor);
                return null;
            case ListEnd.Unknown when asked == UpstreamList.Recording && _list is not null:
                // There is no longer list: the one at hand is the longest.
                return Follow(RestreamPlan.For(_cursor, _list, UpstreamList.Recording));
            case ListEnd.Garbage:
                log.PlaylistUnusable(lesson.Id, _upstream.Fault);
                _backoff = _backoff.Next();
                return null;
            case ListEnd.Failed:
                _backoff = _backoff.Next();
                return null;
            default:
                return null;
        }
    }

    private UpstreamList? Follow(RestreamPlan plan)
    {
        if (plan.Restarted)
        {
            log.UpstreamRestarted(lesson.Id);
            _wanted.Clear();
            foreach ((long sequence, Fetching fetching) in _fetching.ToArray())
            {
                fetching.Void = true;
                if (fetching.Seen)
                    _fetching.Remove(sequence);
            }
            _upstream.Forget();
        }
        if (plan.Lost > 0)
            log.SegmentsLost(lesson.Id, plan.Lost);
        _cursor = plan.Cursor;
        // A doubtful list must be read again, not only found unchanged.
        if (_cursor.Doubts > 0)
            _upstream.Forget();
        foreach (WantedSegment wanted in plan.Fetch)
            _wanted.TryAdd(wanted.Entry.Sequence, wanted);
        return plan.AskFor;
    }

    private TimeSpan Pause(ListEnd end) => end switch
    {
        ListEnd.Failed or ListEnd.Garbage => _backoff.Delay(draw(), FirstRetry, options.MaxRetryDelay),
        ListEnd.Unknown => PauseWhenUnknown,
        _ => options.PollInterval,
    };

    private void StartFetches(CancellationToken cancellationToken)
    {
        foreach (WantedSegment wanted in _wanted.Values.Take(options.ParallelFetches))
        {
            if (_fetching.ContainsKey(wanted.Entry.Sequence) || _fetching.Count >= options.ParallelFetches)
                continue;
            if (!HasRoom() || ports.Relay() is not { BaseAddress: { } relay })
                return;
            // An address elsewhere would show this box's certificate to a stranger.
            if (!Uri.TryCreate(new Uri(relay, _upstream.Base), wanted.Entry.Uri, out Uri? address) || address.Authority != relay.Authority || address.Scheme != relay.Scheme)
            {
                _fetching[wanted.Entry.Sequence] = new Fetching(new SegmentFetch(wanted.Entry, relay)) { Task = Task.FromResult(FetchEnd.Gone), Tries = options.SegmentTries };
                continue;
            }
            var fetching = new Fetching(new SegmentFetch(wanted.Entry, address));
            fetching.Task = TryAsync(fetching, TimeSpan.Zero, cancellationToken);
            _fetching[wanted.Entry.Sequence] = fetching;
        }
    }

    private bool HasRoom()
    {
        long free = lessons.FreeBytes;
        bool full = free < options.ReserveBytes;
        if (full && !_full)
            log.DiskReserveReached(lesson.Id, free);
        _full = full;
        return !full;
    }

    private async Task<FetchEnd> TryAsync(Fetching fetching, TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, time, cancellationToken);
        return ports.Relay() is not { } relay ? FetchEnd.Cut : await fetching.Fetch.TryAsync(relay, options.IdleTimeout, time, cancellationToken);
    }

    /// <summary>Takes the end of one try in: done, or tried again.</summary>
    private async Task TakeAsync(long sequence, Fetching fetching, CancellationToken cancellationToken)
    {
        if (fetching.Void)
        {
            _fetching.Remove(sequence);
            return;
        }
        FetchEnd end = await fetching.Task;
        switch (end)
        {
            case FetchEnd.Whole:
                _backoff = default;
                fetching.Seen = true;
                return;
            case FetchEnd.Gone or FetchEnd.Damaged:
                if (end == FetchEnd.Damaged)
                    log.SegmentDamaged(lesson.Id, sequence, fetching.Fetch.Fault);
                if (++fetching.Tries >= options.SegmentTries)
                {
                    log.SegmentGivenUp(lesson.Id, sequence, end);
                    (fetching.Seen, fetching.GivenUp) = (true, true);
                    return;
                }
                break;
        }
        _backoff = _backoff.Next();
        fetching.Task = TryAsync(fetching, _backoff.Delay(draw(), FirstRetry, options.MaxRetryDelay), cancellationToken);
    }

    /// <summary>Publishes what is whole, as far as nothing before it is missing.</summary>
    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        while (_wanted.Count > 0)
        {
            (long sequence, WantedSegment wanted) = _wanted.First();
            if (!_fetching.TryGetValue(sequence, out Fetching? fetching) || !fetching.Seen)
                return;
            if (!fetching.GivenUp && !await AppendAsync(wanted, fetching.Fetch.Bytes, cancellationToken))
                log.SegmentGivenUp(lesson.Id, sequence, FetchEnd.Damaged);
            if (_cursor.Next <= sequence)
                _cursor = _cursor.Without(sequence);
            _wanted.Remove(sequence);
            _fetching.Remove(sequence);
            StartFetches(cancellationToken);
        }
    }

    /// <returns>False when it does not fit into the lesson's playlist.</returns>
    private async Task<bool> AppendAsync(WantedSegment wanted, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                _recording ??= await lessons.OpenOrCreateAsync(lesson, _list!.TargetDuration, cancellationToken);
                ListedSegment entry = wanted.Entry;
                // Without the sender's date the lesson counts on from what is known; this box's clock may say anything.
                DateTimeOffset date = entry.ProgramTime ?? _cursor.Until ?? lesson.Start;
                TimeSpan duration = entry.Duration > TimeSpan.Zero ? entry.Duration : TimeSpan.FromMilliseconds(1);
                if (!_recording.Window.Takes(duration))
                    return false;
                var segment = new Segment(_recording.Window.Next, duration, date, wanted.Discontinuity || _cursor.Broken, bytes.Length, entry.Hash ?? ChunkId.Of(bytes.Span));
                await _recording.AppendAsync(bytes, segment, _cursor.Origin ?? "", entry.Sequence, cancellationToken);
                _cursor = _cursor.After(entry.Sequence, segment.ProgramEnd);
                TimeSpan silence = lessons.Grown(_recording);
                if (silence > options.LostAfter && segment.Sequence > 0)
                    log.LiveIsBack(lesson.Id, silence);
                return true;
            }
            catch (IOException e)
            {
                log.DiskFailed(lesson.Id, e);
                await Task.Delay(options.MaxRetryDelay, time, cancellationToken);
            }
        }
    }

    private sealed class Fetching(SegmentFetch fetch)
    {
        public SegmentFetch Fetch { get; } = fetch;

        public Task<FetchEnd> Task { get; set; } = System.Threading.Tasks.Task.FromResult(FetchEnd.Cut);

        /// <summary>Its outcome is settled: whole, or given up.</summary>
        public bool Seen { get; set; }

        public bool GivenUp { get; set; }

        /// <summary>Begun under a numbering that is over.</summary>
        public bool Void { get; set; }

        public int Tries { get; set; }
    }
}
