using System.Collections.Concurrent;
using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Live;
using Microsoft.Extensions.Options;

namespace Edge.Box.Live;

/// <summary>A lesson that this box holds something of.</summary>
/// <param name="Edge">Second of the lesson up to which it is here.</param>
/// <param name="Complete">The lesson is over and nothing of it is missing: it belongs in the library.</param>
public sealed record RecordingSummary(PlannedLesson Lesson, TimeSpan Duration, TimeSpan Edge, long LengthBytes, bool Complete);

/// <summary>What this box holds of live lessons, and how each stands. For pages, panel, feedback and the endpoints.</summary>
public sealed class LiveLessons : IDisposable
{
    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly IOptions<LiveOptions> _options;
    private readonly TimeProvider _time;

    public LiveLessons(LivePorts ports, IOptions<LiveOptions> options, TimeProvider time)
    {
        (_folder, _options, _time) = (Path.GetFullPath(ports.Folder), options, time);
        Directory.CreateDirectory(_folder);
        foreach (string folder in Directory.EnumerateDirectories(_folder))
        {
            string lesson = Path.GetFileName(folder);
            // Summaries only: a year of recordings would fill the memory.
            if (Slug.IsValid(lesson) && LessonRecording.Read(folder) is ({ Entries.IsEmpty: false } recording, { } planned))
                _held[lesson] = new Held(Summary(planned, PlaylistWindow.Resume(recording.Target, recording.Segments, recording.Ended), recording.MediaBytes), time.GetTimestamp());
        }
    }

    /// <summary>Raised after a segment was published or a lesson ended, with the lesson's id; on the restream's thread, so be quick.</summary>
    public event Action<string>? Changed;

    /// <summary>How a lesson stands. One that is unknown has not started.</summary>
    public LiveState State(string lesson)
    {
        if (!_held.TryGetValue(lesson, out Held? held))
            return LiveState.Of(null, TimeSpan.Zero, _options.Value.LostAfter);
        if (held is { Open: null, Summary: { Complete: true } summary })
            return new LiveState(LiveStage.Ended, null, summary.Edge);
        return LiveState.Of(Recording(lesson)?.Window, _time.GetElapsedTime(held.NewsAt), _options.Value.LostAfter);
    }

    /// <summary>All lessons that something is held of, by start.</summary>
    public ImmutableArray<RecordingSummary> Recordings => [.. _held.Values.Select(held => held.Summary).OfType<RecordingSummary>().OrderBy(summary => summary.Lesson.Start)];

    public bool IsComplete(string lesson) => _held.TryGetValue(lesson, out Held? held) && held.Summary is { Complete: true };

    /// <summary>A lesson's recording, complete or growing; null when nothing is held of it.</summary>
    public LessonRecording? Recording(string lesson)
    {
        if (!_held.TryGetValue(lesson, out Held? held))
            return null;
        lock (held)
            return held.Open ??= LessonRecording.Open(FolderOf(lesson), _options.Value.MemoryBytes);
    }

    /// <summary>The recording to write to; begun if there is none.</summary>
    internal async Task<LessonRecording> OpenOrCreateAsync(PlannedLesson lesson, TimeSpan target, CancellationToken cancellationToken)
    {
        if (Recording(lesson.Id) is { } recording)
            return recording;
        recording = LessonRecording.Open(FolderOf(lesson.Id), _options.Value.MemoryBytes)
            ?? await LessonRecording.CreateAsync(FolderOf(lesson.Id), lesson, target, _options.Value.MemoryBytes, cancellationToken);
        _held[lesson.Id] = new Held(null, _time.GetTimestamp()) { Open = recording };
        return recording;
    }

    /// <summary>Says that a recording grew or ended.</summary>
    /// <returns>How long there had been no news.</returns>
    internal TimeSpan Grown(LessonRecording recording)
    {
        Held held = _held[recording.Lesson.Id];
        TimeSpan silence = _time.GetElapsedTime(held.NewsAt);
        held.NewsAt = _time.GetTimestamp();
        held.Summary = Summary(recording.Lesson, recording.Window, recording.MediaBytes);
        Changed?.Invoke(recording.Lesson.Id);
        return silence;
    }

    /// <summary>How fast segments came of late, for the next lesson's first choice; null: nothing came yet.</summary>
    internal double? LinkBitsPerSecond { get; set; }

    internal long FreeBytes => new DriveInfo(_folder).AvailableFreeSpace;

    public void Dispose()
    {
        foreach (Held held in _held.Values)
            held.Open?.Dispose();
    }

    private string FolderOf(string lesson) => Path.Combine(_folder, lesson);

    private static RecordingSummary Summary(PlannedLesson lesson, PlaylistWindow window, long bytes) =>
        new(lesson, window.Segments.Aggregate(TimeSpan.Zero, (sum, segment) => sum + segment.Duration), LessonTimeline.Edge(window.Segments), bytes, window.Ended);

    private sealed class Held(RecordingSummary? summary, long newsAt)
    {
        private long _newsAt = newsAt;

        public RecordingSummary? Summary { get; set; } = summary;

        public LessonRecording? Open { get; set; }

        public long NewsAt
        {
            get => Interlocked.Read(ref _newsAt);
            set => Interlocked.Exchange(ref _newsAt, value);
        }
    }
}
