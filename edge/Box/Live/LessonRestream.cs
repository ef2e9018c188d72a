using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Sync;

namespace Edge.Box.Live;

/// <summary>How the restream of a lesson ended.</summary>
internal enum RestreamEnd { Complete, Unavailable }

/// <summary>Brings one lesson from the relay, or from another house, to this school: looks at the list there, fetches what is missing, oldest first and a few at once, and publishes in order.
/// One rung at a time, the one that the link carries. Holds the order up to a bound: an outage makes the class wait, and nothing is skipped. One task; nothing here is shared.</summary>
internal sealed class LessonRestream(
    PlannedLesson lesson, LiveLessons lessons, LivePorts ports, LiveOptions options, TimeProvider time, Func<double> draw, ILogger log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseWhenUnknown = TimeSpan.FromSeconds(5);

    /// <summary>Rungs are made a few seconds after their source: until there are some, they are looked for more often.</summary>
    private static readonly TimeSpan LadderPauseAtFirst = TimeSpan.FromSeconds(4);

    /// <summary>The choice of a rung is looked at so often when nothing else happens: on a thin link a segment takes long.</summary>
    private static readonly TimeSpan ChoicePause = TimeSpan.FromSeconds(0.5);

    /// <summary>So many target durations without a new entry: the rung does not grow any more.</summary>
    private const int Stagnant = 4;

    /// <summary>Another rung of another house may be so many segments younger or older.</summary>
    private const int MostLag = 3;

    /// <summary>Heads of segments kept; a lesson has one for each rung.</summary>
    private const int MostMaps = 64;

    /// <summary>Another house tells its target duration as it likes and raises it later, ours stays: half as much more.</summary>
    private const double ForeignHeadroom = 1.5;

    private readonly UpstreamLadder _ladder = new(lesson);
    private readonly Dictionary<(Uri, PartSpan?), MapFetch> _maps = [];
    private readonly FetchMeter _meter = new(time);
    private readonly SortedDictionary<long, Wanted> _wanted = [];
    private readonly Dictionary<long, Fetching> _fetching = [];
    private readonly HashSet<string> _lacking = [];
    private readonly List<Task> _leaving = [];
    private long? _gap;
    private long _grownAt;
    private UpstreamRung _rung = null!;
    private RungChoice? _choice;
    private long _listedAt;
    private TimeSpan _target;
    private LessonRecording? _recording;
    private RestreamCursor _cursor = RestreamCursor.AtStart;
    private Backoff _backoff;
    private MediaPlaylist? _list;
    private bool _full;
    private bool _toldSilent;
    private string? _numberedBy;
    private (MediaStart Start, TimeSpan Duration)? _last;

    public async Task<RestreamEnd> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _recording = lessons.Recording(lesson.Id);
        _cursor = _recording?.Cursor ?? RestreamCursor.AtStart;
        _numberedBy = _recording?.Rung;
        _last = LastOf(_recording);
        if (_recording is { Window.Ended: true })
            return RestreamEnd.Complete;
        log.RestreamBegins(lesson.Id, LessonTimeline.Edge(_recording?.Window.Segments ?? []).TotalSeconds);

        _rung = _ladder.Rungs[0];
        _listedAt = _grownAt = time.GetTimestamp();
        UpstreamList next = UpstreamList.Delta;
        bool conditional = false;
        TimeSpan pause = TimeSpan.Zero;
        Task<(UpstreamRung Rung, ListEnd End, MediaPlaylist? List)>? asking = null;
        Task<bool> looking = LookAsync(TimeSpan.Zero, stop.Token);
        bool lookedOnce = false;
        try
        {
            while (true)
            {
                // On a thin link the first look at the rungs spares half a segment of the wrong one.
                if (lookedOnce)
                    asking ??= AskAsync(_rung, next, conditional, pause, stop.Token);
                StartFetches(stop.Token);
                Task tick = Task.Delay(ChoicePause, time, stop.Token);
                await Task.WhenAny([.. asking is null ? (ReadOnlySpan<Task>)[] : [asking], looking, tick, .. _fetching.Values.Where(fetching => !fetching.Seen).Select(fetching => fetching.Task)]);
                cancellationToken.ThrowIfCancellationRequested();
                foreach ((long sequence, Fetching fetching) in _fetching.ToArray())
                {
                    if (fetching is { Seen: false, Task.IsCompleted: true })
                        await TakeAsync(sequence, fetching, stop.Token);
                }
                if (looking.IsCompleted)
                {
                    TakeLadder(await looking);
                    lookedOnce = true;
                    looking = LookAsync(_ladder.Rungs.Length > 1 ? options.LadderInterval : LadderPauseAtFirst < options.LadderInterval ? LadderPauseAtFirst : options.LadderInterval, stop.Token);
                }
                UpstreamRung before = _rung;
                if (asking is { IsCompleted: true })
                {
                    (UpstreamRung asked, ListEnd end, MediaPlaylist? list) = await asking;
                    asking = null;
                    // A list of a rung that was left meanwhile says nothing about the one that is taken now.
                    if (asked.Name == _rung.Name)
                    {
                        if (Judge(end, next) is { } final)
                            return _ladder.IsForeign ? await CloseAsync() : final;
                        UpstreamList? longer = Take(end, list, next);
                        // What could not be read is asked for again as it was.
                        if (end is not (ListEnd.Failed or ListEnd.Garbage))
                            (next, conditional) = longer is { } wanted ? (wanted, false) : (_list is null or { SkipUntil: not null } ? UpstreamList.Delta : UpstreamList.Window, _list is not null);
                        pause = longer is not null ? TimeSpan.Zero : Pause(end);
                    }
                }
                if (_gap == _cursor.Next && _wanted.Count == 0)
                    AskAnother();
                LeaveStagnant();
                Choose();
                if (before.Name != _rung.Name)
                    (next, conditional, pause) = (UpstreamList.Delta, false, TimeSpan.Zero);
                await PublishAsync(stop.Token);
                if (_cursor.Ends >= RestreamCursor.Agreeing && _wanted.Count == 0 && _list is { } known && _cursor.Next >= known.Next && _recording is not null)
                    return await CloseAsync();
                if (_ladder.IsForeign && lesson.Stage == LessonStage.Ended && IsStill)
                    return await CloseAsync();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll([.. _fetching.Values.Select(fetching => fetching.Task), .. _leaving, asking ?? Task.CompletedTask, looking])
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (Fetching fetching in _fetching.Values)
                fetching.Dispose();
            foreach (MapFetch map in _maps.Values)
                map.Dispose();
        }
    }

    /// <summary>The lesson is over, and nothing more of it will come.</summary>
    private async Task<RestreamEnd> CloseAsync()
    {
        if (_recording is not { } recording)
            return RestreamEnd.Unavailable;
        await recording.EndAsync();
        lessons.Grown(recording);
        log.RecordingComplete(lesson.Id, recording.Window.Next);
        return RestreamEnd.Complete;
    }

    private async Task<(UpstreamRung, ListEnd, MediaPlaylist?)> AskAsync(UpstreamRung rung, UpstreamList list, bool conditional, TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, time, cancellationToken);
        (ListEnd end, MediaPlaylist? answer) = Upstream is not { } upstream ? (ListEnd.Failed, null) : await rung.List.AskAsync(upstream, list, conditional, options.IdleTimeout, time, cancellationToken);
        return (rung, end, answer);
    }

    private async Task<bool> LookAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        await Task.Delay(pause, time, cancellationToken);
        return Upstream is { } upstream && await _ladder.LookAsync(upstream, options.IdleTimeout, time, cancellationToken);
    }

    private HttpClient? Upstream => ports.UpstreamOf(lesson);

    /// <summary>Takes in which rungs there are. Their rates may be other ones than before.</summary>
    private void TakeLadder(bool looked)
    {
        if (!looked)
            return;
        if (_ladder.IsSilent && !_toldSilent)
            log.SoundElsewhere(lesson.Id);
        _toldSilent = _ladder.IsSilent;
        if (PlaceOf(_rung.Name) is { } place)
            _rung = _ladder.Rungs[place];
        else
            ChangeTo(_ladder.Rungs[0]);
        if (_choice is not null)
        {
            _choice = _choice with { Rung = Place };
        }
        else if (_ladder.Rungs.Length > 1)
        {
            RungChoice start = RungChoice.Start(View(lessons.LinkBitsPerSecond));
            // What was carried before a restart counts for more than a guess from nothing.
            _choice = start with { Rung = Math.Max(start.Rung, PlaceOf(_recording?.Rung ?? "") ?? 0) };
        }
    }

    private int Place => PlaceOf(_rung.Name) ?? 0;

    private int? PlaceOf(string name)
    {
        for (int place = 0; place < _ladder.Rungs.Length; place++)
        {
            if (_ladder.Rungs[place].Name == name)
                return place;
        }
        return null;
    }

    /// <summary>Looks whether another rung should be taken.</summary>
    private void Choose()
    {
        if (_meter.BitsPerSecond is { } seen)
            lessons.LinkBitsPerSecond = seen;
        if (_choice is null)
            return;
        // After the first list: what it says of how far behind we are is the ground of the choice.
        if (_list is not null)
            _choice = _choice.Next(View(_meter.BitsPerSecond));
        if (_choice.Rung != Place)
            ChangeTo(_ladder.Rungs[_choice.Rung]);
    }

    private RungView View(double? bitsPerSecond) => new([.. _ladder.Rungs.Select(rung => rung.Rate)], bitsPerSecond, Behind, time.GetElapsedTime(0));

    /// <summary>What is listed and not published; and what may have come since the list could last be read.</summary>
    private TimeSpan Behind
    {
        get
        {
            TimeSpan unheard = time.GetElapsedTime(_listedAt) - options.PollInterval - ChoicePause;
            TimeSpan listed = _list is null ? TimeSpan.Zero : _list.Segments.Where(entry => entry.Sequence >= _cursor.Next).Aggregate(TimeSpan.Zero, (sum, entry) => sum + entry.Duration);
            return listed + (unheard > TimeSpan.Zero ? unheard : TimeSpan.Zero);
        }
    }

    /// <summary>Takes another rung from the first segment on that is not here and not worth finishing.</summary>
    private void ChangeTo(UpstreamRung rung)
    {
        log.RungChanged(lesson.Id, rung.Name.Length == 0 ? "source" : rung.Name, _meter.BitsPerSecond, Behind);
        foreach ((long sequence, Wanted wanted) in _wanted.ToArray())
        {
            if (!_ladder.IsForeign && _fetching.TryGetValue(sequence, out Fetching? fetching)
                && (fetching.Seen || fetching.Fetch.RestBytes is { } rest && RungChoice.IsWorthFinishing(rest, wanted.Segment.Entry.Duration, rung.Rate)))
                continue;
            Leave(sequence);
        }
        rung.List.Forget();
        (_rung, _list, _gap, _grownAt) = (rung, null, null, time.GetTimestamp());
    }

    /// <summary>A lower rung that has ended to grow at the relay, for whatever reason, is left for the source's, which never waits for the others.</summary>
    private void LeaveStagnant()
    {
        if (_choice is null || Place == 0 || !IsStill)
            return;
        ChangeTo(_ladder.Rungs[0]);
        _choice = _choice with { Rung = 0, Since = time.GetElapsedTime(0) };
    }

    /// <summary>All that the rung lists is published, and the lists of a long time showed nothing new. While the link is down nobody knows.</summary>
    private bool IsStill => _list is { Ended: false } && _wanted.Count == 0 && time.GetElapsedTime(_grownAt, _listedAt) >= Stagnant * _list.TargetDuration;

    /// <summary>A segment is not wanted any more, or not from there.</summary>
    private void Leave(long sequence)
    {
        _wanted.Remove(sequence);
        if (!_fetching.Remove(sequence, out Fetching? fetching))
            return;
        _leaving.RemoveAll(task => task.IsCompleted);
        _leaving.Add(fetching.LeaveAsync());
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
                _listedAt = time.GetTimestamp();
                if (list!.Next > (_list?.Next ?? 0))
                    _grownAt = _listedAt;
                (_list, _target) = (list!, _ladder.IsForeign ? list!.TargetDuration * ForeignHeadroom : list!.TargetDuration);
                return Follow(list, asked);
            case ListEnd.Unchanged:
                _backoff = default;
                _listedAt = time.GetTimestamp();
                _cursor = RestreamPlan.Unchanged(_cursor);
                return null;
            case ListEnd.Unknown when asked == UpstreamList.Recording && _list is not null:
                // There is no longer list: the one at hand is the longest.
                return Follow(_list, UpstreamList.Recording);
            case ListEnd.Garbage:
                log.PlaylistUnusable(lesson.Id, _rung.List.Fault);
                _backoff = _backoff.Next();
                return null;
            case ListEnd.Failed:
                _backoff = _backoff.Next();
                return null;
            default:
                return null;
        }
    }

    private UpstreamList? Follow(MediaPlaylist list, UpstreamList which)
    {
        if (_ladder.IsForeign && _numberedBy != _rung.Name)
        {
            if (_numberedBy is not null)
                _cursor = RestreamPlan.Aligned(_cursor, list);
            // It may yet have to come where the rung before it was.
            if (list.Next < _cursor.Next && list.Next + MostLag >= _cursor.Next && time.GetElapsedTime(_grownAt) < Stagnant * list.TargetDuration)
                return null;
            _numberedBy = _rung.Name;
        }
        bool others = _lacking.Count < _ladder.Rungs.Length - 1;
        RestreamPlan plan = RestreamPlan.For(_cursor, list, which, lesson.Stage == LessonStage.Ended ? null : options.MostBehind, others);
        if (plan.Restarted)
        {
            log.UpstreamRestarted(lesson.Id);
            foreach (long sequence in _wanted.Keys.ToArray())
                Leave(sequence);
            _rung.List.Forget();
        }
        if (plan.Lost > 0)
            log.SegmentsLost(lesson.Id, plan.Lost);
        if (plan.Passed > 0)
            log.SegmentsPassed(lesson.Id, plan.Passed);
        _cursor = plan.Cursor;
        foreach (long passed in _wanted.Keys.Where(sequence => sequence < _cursor.Next).ToArray())
            Leave(passed);
        // A doubtful list must be read again, not only found unchanged.
        if (_cursor.Doubts > 0)
            _rung.List.Forget();
        foreach (WantedSegment wanted in plan.Fetch)
            _wanted.TryAdd(wanted.Entry.Sequence, new Wanted(wanted, _rung));
        _gap = plan.Gap;
        return plan.AskFor;
    }

    /// <summary>The rung in use lacks what comes next: another may have it, the one below first, since the link carries that surely.</summary>
    private void AskAnother()
    {
        _lacking.Add(_rung.Name);
        int place = Place;
        UpstreamRung? other = _ladder.Rungs.Skip(place + 1).Concat(_ladder.Rungs.Take(place).Reverse()).FirstOrDefault(rung => !_lacking.Contains(rung.Name));
        if (other is null)
            return;
        ChangeTo(other);
        _choice = _choice is null ? null : _choice with { Rung = Place, Since = time.GetElapsedTime(0) };
    }

    private TimeSpan Pause(ListEnd end) => end switch
    {
        ListEnd.Failed or ListEnd.Garbage => _backoff.Delay(draw(), FirstRetry, options.MaxRetryDelay),
        ListEnd.Unknown => PauseWhenUnknown,
        _ => options.PollInterval,
    };

    private void StartFetches(CancellationToken cancellationToken)
    {
        foreach ((long sequence, Wanted wanted) in _wanted.Take(options.ParallelFetches))
        {
            if (_fetching.ContainsKey(sequence) || _fetching.Count >= options.ParallelFetches)
                continue;
            if (!HasRoom() || Upstream is not { } upstream)
                return;
            ListedSegment entry = wanted.Segment.Entry;
            if (AddressOf(entry.Uri, wanted.Rung, upstream) is not { } address || !TryMap(entry, wanted.Rung, upstream, out MapFetch? map))
            {
                _fetching[sequence] = new Fetching(new SegmentFetch(entry, wanted.Rung.List.Base), null, cancellationToken) { Task = Task.FromResult(FetchEnd.Gone), Tries = options.SegmentTries };
                continue;
            }
            var fetching = new Fetching(new SegmentFetch(entry, address, map), map, cancellationToken);
            fetching.Task = TryAsync(fetching, TimeSpan.Zero);
            _fetching[sequence] = fetching;
        }
    }

    /// <returns>Null when it is none, or one that is not fetched from.</returns>
    private Uri? AddressOf(string uri, UpstreamRung rung, HttpClient upstream)
    {
        Uri from = rung.List.Base.IsAbsoluteUri ? rung.List.Base : new Uri(upstream.BaseAddress!, rung.List.Base);
        return Uri.TryCreate(from, uri, out Uri? address) && _ladder.Allows(address, upstream.BaseAddress) ? address : null;
    }

    /// <summary>The head that a segment needs, if any.</summary>
    /// <returns>False when its address is none that is fetched from.</returns>
    private bool TryMap(ListedSegment entry, UpstreamRung rung, HttpClient upstream, out MapFetch? map)
    {
        map = null;
        if (entry.Map is not { } listed)
            return true;
        if (AddressOf(listed.Uri, rung, upstream) is not { } address || (_maps.Count == MostMaps && !_maps.ContainsKey((address, listed.Range))))
            return false;
        if (!_maps.TryGetValue((address, listed.Range), out map))
            _maps[(address, listed.Range)] = map = new MapFetch(address, listed.Range);
        return true;
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

    private async Task<FetchEnd> TryAsync(Fetching fetching, TimeSpan pause)
    {
        await Task.Delay(pause, time, fetching.Left);
        if (Upstream is not { } upstream)
            return FetchEnd.Cut;
        _meter.Begin();
        try
        {
            if (fetching.Map is { } map && await map.TryAsync(upstream, options.IdleTimeout, time, _meter.Came, fetching.Left) is not FetchEnd.Whole and var end)
                return end;
            return await fetching.Fetch.TryAsync(upstream, options.IdleTimeout, time, _meter.Came, fetching.Left);
        }
        finally
        {
            _meter.End();
        }
    }

    /// <summary>Takes the end of one try in: done, or tried again.</summary>
    private async Task TakeAsync(long sequence, Fetching fetching, CancellationToken cancellationToken)
    {
        FetchEnd end = await fetching.Task;
        switch (end)
        {
            case FetchEnd.Whole:
                _backoff = default;
                fetching.Seen = true;
                return;
            case FetchEnd.Gone or FetchEnd.Damaged:
                if (end == FetchEnd.Damaged)
                    log.SegmentDamaged(lesson.Id, sequence, fetching.Map is { Head: null } map ? map.Fault : fetching.Fetch.Fault);
                if (++fetching.Tries >= options.SegmentTries)
                {
                    log.SegmentGivenUp(lesson.Id, sequence, end);
                    (fetching.Seen, fetching.GivenUp) = (true, true);
                    return;
                }
                break;
        }
        cancellationToken.ThrowIfCancellationRequested();
        _backoff = _backoff.Next();
        fetching.Task = TryAsync(fetching, _backoff.Delay(draw(), FirstRetry, options.MaxRetryDelay));
    }

    /// <summary>Publishes what is whole, as far as nothing before it is missing.</summary>
    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        while (_wanted.Count > 0)
        {
            (long sequence, Wanted wanted) = _wanted.First();
            // Of the former rung something may be here that lies behind what the new one has yet to give.
            if (_cursor.Next < wanted.Segment.From)
                return;
            if (!_fetching.TryGetValue(sequence, out Fetching? fetching) || !fetching.Seen)
                return;
            if (!fetching.GivenUp && !await AppendAsync(wanted, fetching.Fetch.Bytes, fetching.Map, cancellationToken))
                log.SegmentGivenUp(lesson.Id, sequence, FetchEnd.Damaged);
            if (_cursor.Next <= sequence)
                _cursor = _cursor.Without(sequence);
            _lacking.Clear();
            _wanted.Remove(sequence);
            _fetching.Remove(sequence);
            fetching.Dispose();
            StartFetches(cancellationToken);
        }
    }

    /// <returns>False when it does not fit into the lesson's playlist.</returns>
    private async Task<bool> AppendAsync(Wanted wanted, ReadOnlyMemory<byte> bytes, MapFetch? map, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                _recording ??= await lessons.OpenOrCreateAsync(lesson, _target, map is not null, cancellationToken);
                ListedSegment entry = wanted.Segment.Entry;
                // Without the sender's date the lesson counts on from what is known; this box's clock may say anything.
                DateTimeOffset date = entry.ProgramTime ?? _cursor.Until ?? lesson.Start;
                TimeSpan duration = entry.Duration > TimeSpan.Zero ? entry.Duration : TimeSpan.FromMilliseconds(1);
                // A list cannot go from fragmented MP4 back to transport streams.
                if (!_recording.Window.Takes(duration) || _recording.Fragmented != map is not null)
                    return false;
                // Another rung is another picture size and other encoders: players must begin afresh (RFC 8216 §4.3.2.3).
                bool broken = wanted.Segment.Discontinuity || _cursor.Broken || _recording.Rung != wanted.Rung.Name;
                MediaStart? start = _ladder.IsForeign ? MediaStart.Of(bytes.Span, map?.Head) : null;
                // Other houses' encoders begin anew without a word.
                broken |= start is { } begins && _last is { } last && !last.Start.Leads(last.Duration, begins);
                var segment = new Segment(_recording.Window.Next, duration, date, broken, bytes.Length, entry.Hash ?? ChunkId.Of(bytes.Span)) { Map = map?.Hash };
                await _recording.AppendAsync(bytes, segment, _cursor.Origin ?? "", entry.Sequence, wanted.Rung.Name, cancellationToken, map?.Bytes ?? default);
                _last = start is { } at ? (at, duration) : null;
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

    /// <summary>Where the last segment of a recording lies on its sender's clock: a restart of this box is no break.</summary>
    private (MediaStart, TimeSpan)? LastOf(LessonRecording? recording)
    {
        if (!_ladder.IsForeign || recording?.Window.Last is not { } last || recording.Read(last.Sequence) is not { } bytes)
            return null;
        Mp4Head? head = last.Map is null ? null : Mp4Head.Read(recording.ReadMap(last.Sequence).Span);
        return MediaStart.Of(bytes.Span, head) is { } start ? (start, last.Duration) : null;
    }

    /// <summary>A segment to fetch, and the rung that it is taken from.</summary>
    private sealed record Wanted(WantedSegment Segment, UpstreamRung Rung);

    private sealed class Fetching(SegmentFetch fetch, MapFetch? map, CancellationToken cancellationToken) : IDisposable
    {
        private readonly CancellationTokenSource _left = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        public SegmentFetch Fetch { get; } = fetch;

        /// <summary>The head that it needs; null: none.</summary>
        public MapFetch? Map { get; } = map;

        /// <summary>It is not wanted any more.</summary>
        public CancellationToken Left => _left.Token;

        public Task<FetchEnd> Task { get; set; } = System.Threading.Tasks.Task.FromResult(FetchEnd.Cut);

        /// <summary>Its outcome is settled: whole, or given up.</summary>
        public bool Seen { get; set; }

        public bool GivenUp { get; set; }

        public int Tries { get; set; }

        /// <summary>Breaks it off; what came of it is thrown away.</summary>
        public async Task LeaveAsync()
        {
            await _left.CancelAsync();
            await ((Task)Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _left.Dispose();
        }

        public void Dispose() => _left.Dispose();
    }
}
