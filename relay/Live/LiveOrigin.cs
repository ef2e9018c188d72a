using System.Collections.Concurrent;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>Takes finished segments of lessons and offers them to boxes: each is a file that never changes, listed only when it is whole on disk,
/// so a relay that dies at any instant continues its numbering where boxes saw it.</summary>
public sealed class LiveOrigin(LessonStore lessons, LivePorts ports, IOptions<LiveOptions> options, TimeProvider time, ILogger<LiveOrigin> log)
{
    private readonly ConcurrentDictionary<string, OriginLesson> _open = new(StringComparer.Ordinal);

    /// <summary>The lesson's playlist as boxes get it; null before the first segment.</summary>
    public PlaylistBody? Playlist(Lesson lesson, UpstreamList list) => Open(lesson).Playlist(list, options.Value.Window);

    /// <summary>Path and content of a listed segment; null when it is not listed.</summary>
    public (string Path, Segment Segment)? Find(Lesson lesson, long sequence)
    {
        PlaylistWindow window = Open(lesson).Window;
        return sequence >= 0 && sequence < window.Next ? (Path.Combine(FolderOf(lesson), $"{sequence}.ts"), window.Segments[(int)sequence]) : null;
    }

    /// <summary>What the lesson has published.</summary>
    public PlaylistWindow Window(Lesson lesson) => Open(lesson).Window;

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
            string folder = FolderOf(lesson);
            Directory.CreateDirectory(folder);
            await DurableFile.WriteAsync(Path.Combine(folder, segment.FileName), cut.Bytes, cancellationToken);
            // Once the index has it, it must be listed, whoever hangs up meanwhile.
            await lessons.AddSegmentAsync(lesson.Id, segment, CancellationToken.None);
            open.Window = window.With(segment);
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
            open.Window = open.Window.End();
        }
        finally
        {
            open.Publishing.Release();
        }
        log.LessonEnded(lesson.Id, stage, open.Window.Next);
        await ports.PlansChanged(CancellationToken.None);
        return true;
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
        return new OriginLesson(lesson.Origin, window) { Begun = lesson.Stage != LessonStage.Planned };
    });

    private string FolderOf(Lesson lesson) => Path.Combine(Path.GetFullPath(ports.Folder), lesson.Id);
}

/// <summary>One lesson's window and its lists, written out once per change however many boxes ask.</summary>
internal sealed class OriginLesson(string origin, PlaylistWindow window)
{
    private readonly Lock _gate = new();
    private readonly PlaylistBody?[] _bodies = new PlaylistBody?[3];
    private PlaylistWindow _window = window;

    /// <summary>One segment at a time.</summary>
    public SemaphoreSlim Publishing { get; } = new(1);

    /// <summary>The timetable knows that it runs.</summary>
    public bool Begun { get; set; }

    public PlaylistWindow Window
    {
        get => Volatile.Read(ref _window);
        set
        {
            lock (_gate)
            {
                Volatile.Write(ref _window, value);
                Array.Clear(_bodies);
            }
        }
    }

    public PlaylistBody? Playlist(UpstreamList list, TimeSpan keep)
    {
        if (Window.Last is null)
            return null;
        lock (_gate)
        {
            return _bodies[(int)list] ??= PlaylistBody.Of(PlaylistText.Write(list == UpstreamList.Recording
                ? _window.Whole(origin, withHashes: true)
                : _window.Newest(keep, origin, TimeSpan.Zero, onlyNewest: list == UpstreamList.Delta, withHashes: true)));
        }
    }
}
