using System.Collections.Concurrent;
using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Live;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Edge.Box.Live;

/// <summary>A lesson that this box holds something of.</summary>
/// <param name="Edge">Second of the lesson up to which it is here.</param>
/// <param name="Complete">The lesson is over and all of it was shown that will be: it belongs in the library.</param>
/// <param name="Filled">What was passed over and what was taken from a lower rung is filled up, as far as it can be had.</param>
/// <param name="Missing">What of it can never be had.</param>
public sealed record RecordingSummary(PlannedLesson Lesson, TimeSpan Duration, TimeSpan Edge, long LengthBytes, bool Complete, bool Filled, TimeSpan Missing)
{
    /// <summary>Its segments are fragmented MP4.</summary>
    public bool Fragmented { get; init; }
}

/// <summary>What this box holds of live lessons, and how each stands. For pages, panel, feedback and the endpoints.</summary>
public sealed class LiveLessons : IDisposable
{
    private const string WholeName = "whole";
    private const string FilledName = "filled";

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
                _held[lesson] = HeldOf(planned, recording);
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

    /// <summary>The captions beside a lesson's recording; null when nothing is held of it.</summary>
    public LessonCaptions? Captions(string lesson)
    {
        if (Recording(lesson) is not { } recording)
            return null;
        Held held = _held[lesson];
        lock (held)
            return held.Captions ??= LessonCaptions.Open(recording);
    }

    /// <summary>The recording as the library has it: the completed one, else what was shown; null when nothing is held.</summary>
    public LessonRecording? Filled(string lesson)
    {
        if (!_held.TryGetValue(lesson, out Held? held) || held.Summary is not { Filled: true } || !held.HasWhole)
            return Recording(lesson);
        lock (held)
            return held.Whole ??= LessonRecording.Open(WholeFolderOf(lesson), 0) ?? Recording(lesson);
    }

    /// <summary>The recording beside what was shown, to be completed; begun if there is none.</summary>
    internal async Task<LessonRecording> OpenOrCreateWholeAsync(LessonRecording shown, TimeSpan target, CancellationToken cancellationToken)
    {
        Held held = _held[shown.Lesson.Id];
        return held.Whole ??= LessonRecording.Open(WholeFolderOf(shown.Lesson.Id), 0)
            ?? await LessonRecording.CreateAsync(WholeFolderOf(shown.Lesson.Id), shown.Lesson, target, shown.Fragmented, 0, cancellationToken);
    }

    /// <summary>A recording is as complete as it will ever be; from now on it stands in the place of what was shown.</summary>
    /// <param name="whole">Null: what was shown is all there is.</param>
    internal async Task FilledAsync(LessonRecording shown, LessonRecording? whole, CancellationToken cancellationToken)
    {
        Held held = _held[shown.Lesson.Id];
        await DurableFile.WriteAsync(Path.Combine(FolderOf(shown.Lesson.Id), FilledName), ReadOnlyMemory<byte>.Empty, cancellationToken);
        held.HasWhole = whole is not null;
        held.Summary = Summary((whole ?? shown).Lesson, (whole ?? shown).Window, (whole ?? shown).Entries, filled: true);
        Changed?.Invoke(shown.Lesson.Id);
    }

    /// <summary>The recording to write to; begun if there is none.</summary>
    internal async Task<LessonRecording> OpenOrCreateAsync(PlannedLesson lesson, TimeSpan target, bool fragmented, CancellationToken cancellationToken)
    {
        if (Recording(lesson.Id) is { } recording)
            return recording;
        recording = LessonRecording.Open(FolderOf(lesson.Id), _options.Value.MemoryBytes)
            ?? await LessonRecording.CreateAsync(FolderOf(lesson.Id), lesson, target, fragmented, _options.Value.MemoryBytes, cancellationToken);
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
        held.Summary = Summary(recording.Lesson, recording.Window, recording.Entries, filled: false);
        Changed?.Invoke(recording.Lesson.Id);
        return silence;
    }

    /// <summary>How fast segments came of late, for the next lesson's first choice; null: nothing came yet.</summary>
    internal double? LinkBitsPerSecond { get; set; }

    internal long FreeBytes => new DriveInfo(_folder).AvailableFreeSpace;

    public void Dispose()
    {
        foreach (Held held in _held.Values)
        {
            held.Open?.Dispose();
            held.Whole?.Dispose();
        }
    }

    private string FolderOf(string lesson) => Path.Combine(_folder, lesson);

    private string WholeFolderOf(string lesson) => Path.Combine(FolderOf(lesson), WholeName);

    private Held HeldOf(PlannedLesson lesson, Recording shown)
    {
        bool filled = File.Exists(Path.Combine(FolderOf(lesson.Id), FilledName));
        Recording? whole = filled ? LessonRecording.Read(WholeFolderOf(lesson.Id)).Recording : null;
        Recording recording = whole ?? shown;
        return new Held(Summary(lesson, PlaylistWindow.Resume(recording.Target, recording.Segments, shown.Ended), recording.Entries, filled), _time.GetTimestamp()) { HasWhole = whole is not null };
    }

    private RecordingSummary Summary(PlannedLesson lesson, PlaylistWindow window, ImmutableArray<JournalEntry> entries, bool filled)
    {
        bool done = filled || (window.Ended && (lesson.Hls is not null || RecordingHole.IsNone(entries, _options.Value.RecordingRung)));
        return new RecordingSummary(lesson, window.Segments.Aggregate(TimeSpan.Zero, (sum, segment) => sum + segment.Duration), LessonTimeline.Edge(window.Segments),
            entries.IsEmpty ? 0 : entries[^1].End, window.Ended, done, done ? RecordingHole.In(entries).Aggregate(TimeSpan.Zero, (sum, hole) => sum + hole.Length) : TimeSpan.Zero)
        {
            Fragmented = window.Last is { Map: not null },
        };
    }

    private sealed class Held(RecordingSummary? summary, long newsAt)
    {
        private long _newsAt = newsAt;

        public RecordingSummary? Summary { get; set; } = summary;

        public LessonRecording? Open { get; set; }

        public LessonCaptions? Captions { get; set; }

        /// <summary>Beside what was shown: being completed, or complete.</summary>
        public LessonRecording? Whole { get; set; }

        /// <summary>The library has the one beside.</summary>
        public bool HasWhole { get; set; }

        public long NewsAt
        {
            get => Interlocked.Read(ref _newsAt);
            set => Interlocked.Exchange(ref _newsAt, value);
        }
    }
}
