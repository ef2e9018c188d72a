using System.Collections.Concurrent;
using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>Takes finished segments of lessons and offers them to boxes: each is a file that never changes, listed only when it is whole on disk,
/// so a relay that dies at any instant continues its numbering where boxes saw it. The source's rung is named "" and leads; number, date and duration of the others are its own.</summary>
public sealed class LiveOrigin(LessonStore lessons, LivePorts ports, IOptions<LiveOptions> options, TimeProvider time, ILogger<LiveOrigin> log)
{
    private readonly ConcurrentDictionary<string, OriginLesson> _open = new(StringComparer.Ordinal);

    /// <summary>A rung's playlist as boxes get it; null before its first segment.</summary>
    public PlaylistBody? Playlist(Lesson lesson, string rung, UpstreamList list) => Open(lesson).Playlist(rung, list, options.Value.Window);

    /// <summary>The rungs that there are, the source's first, then the best; null before the first segment.</summary>
    public PlaylistBody? Ladder(Lesson lesson) => Open(lesson).Ladder;

    /// <summary>Path and content of a listed segment; null when it is not listed.</summary>
    public (string Path, Segment Segment)? Find(Lesson lesson, string rung, long sequence)
    {
        return Open(lesson).Of(rung) is { } window && sequence >= 0 && sequence < window.Next && window.Segments[(int)sequence] is { IsGap: false } segment
            ? (Path.Combine(FolderOf(lesson, rung), segment.FileName), segment) : null;
    }

    /// <summary>What the lesson has published.</summary>
    public PlaylistWindow Window(Lesson lesson) => Open(lesson).Window;

    /// <summary>What there is of a lower rung; null: nothing.</summary>
    public PlaylistWindow? Rung(Lesson lesson, string rung) => Open(lesson).Of(rung);

    /// <summary>Lessons that have begun in this process's time and whose lower rungs may still grow.</summary>
    internal ImmutableArray<Lesson> Unfinished => [.. _open.Values.Where(open => open is { Begun: true, RungsClosed: false }).Select(open => open.Lesson)];

    /// <summary>Waits for segment <paramref name="sequence"/> of the source.</summary>
    /// <returns>Null: the lesson ended before it.</returns>
    internal async Task<Segment?> SegmentAsync(Lesson lesson, long sequence, CancellationToken cancellationToken)
    {
        OriginLesson open = Open(lesson);
        while (true)
        {
            Task news = open.News;
            PlaylistWindow window = open.Window;
            if (sequence < window.Next)
                return window.Segments[(int)sequence];
            if (window.Ended)
                return null;
            await news.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Publishes the next segment of a lesson: bytes to disk, then the index, then the lists. The first one begins the lesson.</summary>
    /// <param name="runStarts">It is the first of an encoder's connection: nothing is known of what went before.</param>
    /// <returns>False when the lesson is over, or the segment is longer than its target duration.</returns>
    public async Task<bool> PublishAsync(Lesson lesson, TsSegment cut, bool runStarts, CancellationToken cancellationToken)
    {
        OriginLesson open = Open(lesson);
        await open.Publishing.WaitAsync(cancellationToken);
        try
        {
            PlaylistWindow window = open.Window;
            if (window.Ended || !window.Takes(cut.Duration))
                return false;
            bool broken = (runStarts || cut.Discontinuity) && window.Last is not null;
            var segment = new Segment(window.Next, cut.Duration, ProgramTime(window, cut.Duration, runStarts || cut.Discontinuity), broken, cut.Bytes.Length, ChunkId.Of(cut.Bytes.Span));
            await WriteAsync(lesson, "", segment, cut.Bytes, cancellationToken);
            // Once the index has it, it must be listed, whoever hangs up meanwhile.
            await lessons.AddSegmentAsync(lesson.Id, segment, CancellationToken.None);
            open.Set("", window.With(segment));
        }
        finally
        {
            open.Publishing.Release();
        }
        // Also when the process died between the first segment and this.
        if (!open.Begun && await lessons.SetStageAsync(lesson.Id, LessonStage.Running, CancellationToken.None))
        {
            log.LessonBegan(lesson.Id);
            await ports.PlansChanged(CancellationToken.None);
        }
        open.Begun = true;
        return true;
    }

    /// <summary>Publishes what was made of the source's segment <paramref name="sequence"/>. What the rung lacks before it becomes gaps; what it has already changes nothing.</summary>
    internal async Task PublishRungAsync(Lesson lesson, string rung, long sequence, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        OriginLesson open = Open(lesson);
        await open.Publishing.WaitAsync(cancellationToken);
        try
        {
            PlaylistWindow window = open.Of(rung) ?? PlaylistWindow.Start(lesson.Target);
            if (window.Ended || sequence < window.Next || sequence >= open.Window.Next)
                return;
            Segment segment = open.Window.Segments[(int)sequence] with { LengthBytes = bytes.Length, Hash = ChunkId.Of(bytes.Span) };
            await WriteAsync(lesson, rung, segment, bytes, cancellationToken);
            await lessons.AddRungSegmentAsync(lesson.Id, rung, segment, CancellationToken.None);
            open.Set(rung, window.WithGaps(open.Window, sequence).With(segment));
        }
        finally
        {
            open.Publishing.Release();
        }
    }

    /// <summary>Nothing more will be made of an ended lesson: what its lower rungs lack they lack for good.</summary>
    internal void CloseRungs(Lesson lesson) => Open(lesson).CloseRungs();

    /// <summary>Closes a lesson for good: its lists get their end, its recording is what it is. One that never began is cancelled.</summary>
    /// <returns>False when it was over before.</returns>
    public async Task<bool> EndAsync(Lesson lesson, CancellationToken cancellationToken)
    {
        OriginLesson open = Open(lesson);
        await open.Publishing.WaitAsync(cancellationToken);
        LessonStage stage;
        try
        {
            stage = open.Window.Last is null ? LessonStage.Cancelled : LessonStage.Ended;
            if (!await lessons.SetStageAsync(lesson.Id, stage, CancellationToken.None))
                return false;
            open.Set("", open.Window.End());
        }
        finally
        {
            open.Publishing.Release();
        }
        log.LessonEnded(lesson.Id, stage, open.Window.Next);
        await ports.PlansChanged(CancellationToken.None);
        return true;
    }

    private async Task WriteAsync(Lesson lesson, string rung, Segment segment, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        string folder = FolderOf(lesson, rung);
        Directory.CreateDirectory(folder);
        await DurableFile.WriteAsync(Path.Combine(folder, segment.FileName), bytes, cancellationToken);
    }

    // The relay's clock sets the date when a run starts; within a run the encoder's own durations count on. It never goes back.
    private DateTimeOffset ProgramTime(PlaylistWindow window, TimeSpan duration, bool runStarts)
    {
        if (window.Last is { } last && !runStarts)
            return last.ProgramEnd;
        DateTimeOffset now = time.GetUtcNow() - duration;
        return window.Last is { } former && former.ProgramEnd > now ? former.ProgramEnd : now;
    }

    private OriginLesson Open(Lesson lesson) => _open.GetOrAdd(lesson.Id, _ =>
    {
        bool over = lesson.Stage is LessonStage.Ended or LessonStage.Cancelled;
        var window = PlaylistWindow.Resume(lesson.Target, lessons.Segments(lesson.Id), over);
        var rungs = lessons.RungSegments(lesson.Id).GroupBy(row => row.Rung).ToImmutableSortedDictionary(rows => rows.Key, rows =>
            PlaylistWindow.Resume(lesson.Target, Rung(window, rows.ToDictionary(row => row.Sequence, row => (row.LengthBytes, row.Hash))), ended: false));
        var open = new OriginLesson(lesson, window, rungs) { Begun = lesson.Stage != LessonStage.Planned };
        if (over)
            open.CloseRungs();
        return open;
    });

    private static ImmutableArray<Segment> Rung(PlaylistWindow source, Dictionary<long, (int LengthBytes, ChunkId Hash)> rows) =>
        [.. source.Segments.Take((int)(rows.Keys.Max() + 1)).Select(segment => rows.TryGetValue(segment.Sequence, out var row) ? segment with { LengthBytes = row.LengthBytes, Hash = row.Hash } : segment.AsGap())];

    private string FolderOf(Lesson lesson, string rung) => Path.Combine(Path.GetFullPath(ports.Folder), lesson.Id, rung);
}

/// <summary>One lesson's windows and their lists, written out once per change however many boxes ask.</summary>
internal sealed class OriginLesson(Lesson lesson, PlaylistWindow window, ImmutableSortedDictionary<string, PlaylistWindow> rungs)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Rung, UpstreamList List), PlaylistBody> _bodies = [];
    private PlaylistWindow _window = window;
    private ImmutableSortedDictionary<string, PlaylistWindow> _rungs = rungs;
    private PlaylistBody? _ladder;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>As it stood when it was opened.</summary>
    public Lesson Lesson => lesson;

    /// <summary>One segment at a time.</summary>
    public SemaphoreSlim Publishing { get; } = new(1);

    /// <summary>The timetable knows that it runs.</summary>
    public bool Begun { get; set; }

    /// <summary>Its lower rungs do not grow any more.</summary>
    public bool RungsClosed { get; private set; }

    /// <summary>The source's.</summary>
    public PlaylistWindow Window => Volatile.Read(ref _window);

    /// <summary>Done when the source's window changes.</summary>
    public Task News => Volatile.Read(ref _news).Task;

    public PlaylistBody? Ladder
    {
        get
        {
            lock (_gate)
                return _window.Last is null ? null : _ladder ??= PlaylistBody.Of(PlaylistText.WriteRenditions(LadderView.Of(_window, _rungs)));
        }
    }

    public PlaylistWindow? Of(string rung) => rung.Length == 0 ? Window : Volatile.Read(ref _rungs).GetValueOrDefault(rung);

    public void Set(string rung, PlaylistWindow window)
    {
        lock (_gate)
        {
            if (rung.Length == 0)
                Volatile.Write(ref _window, window);
            else
                Volatile.Write(ref _rungs, _rungs.SetItem(rung, window));
            foreach (UpstreamList list in Enum.GetValues<UpstreamList>())
                _bodies.Remove((rung, list));
            _ladder = null;
        }
        if (rung.Length == 0)
            Interlocked.Exchange(ref _news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public void CloseRungs()
    {
        foreach ((string rung, PlaylistWindow window) in Volatile.Read(ref _rungs))
            Set(rung, window.WithGaps(Window, Window.Next).End());
        RungsClosed = true;
    }

    public PlaylistBody? Playlist(string rung, UpstreamList list, TimeSpan keep)
    {
        lock (_gate)
        {
            if (Of(rung) is not { Last: not null } window)
                return null;
            if (!_bodies.TryGetValue((rung, list), out PlaylistBody? body))
            {
                body = PlaylistBody.Of(PlaylistText.Write(list == UpstreamList.Recording
                    ? window.Whole(lesson.Origin, withHashes: true)
                    : window.Newest(keep, lesson.Origin, TimeSpan.Zero, onlyNewest: list == UpstreamList.Delta, withHashes: true)));
                _bodies[(rung, list)] = body;
            }
            return body;
        }
    }
}
