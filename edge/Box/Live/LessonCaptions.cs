using System.Collections.Concurrent;
using System.Collections.Immutable;
using Edge.Core.Live;
using Edge.Durable;
using Microsoft.Win32.SafeHandles;

namespace Edge.Box.Live;

/// <summary>The captions of one lesson beside its recording: file <c>captions</c>, a line each, flushed before it is shown. One writer; any number of readers.</summary>
public sealed class LessonCaptions
{
    private const string FileName = "captions";

    private readonly LessonRecording _recording;
    private readonly string _path;
    private readonly ConcurrentDictionary<long, long> _mediaTimes = new();
    private ImmutableArray<HeldCaption> _captions;
    private PlaylistWindow? _frozen;
    private long _bytes;

    private LessonCaptions(LessonRecording recording, string path, ImmutableArray<HeldCaption> captions, long bytes) =>
        (_recording, _path, _captions, _bytes) = (recording, path, captions, bytes);

    /// <summary>What lies beside a recording; a line that a power cut left half is written over.</summary>
    public static LessonCaptions Open(LessonRecording recording)
    {
        string path = Path.Combine(recording.Folder, FileName);
        (ImmutableArray<HeldCaption> captions, int bytes) = File.Exists(path) ? CaptionLine.Read(File.ReadAllBytes(path)) : ([], 0);
        return new LessonCaptions(recording, path, captions, bytes);
    }

    /// <summary>Number of the last one that is here; 0: none.</summary>
    public long Last => _captions is [.., { } last] ? last.Caption.Number : 0;

    /// <summary>In the order in which they first came.</summary>
    public ImmutableArray<string> Languages => [.. _captions.Select(held => held.Caption.Language).Distinct(StringComparer.Ordinal)];

    /// <summary>Keeps captions that are newer than the last.</summary>
    /// <exception cref="IOException">Disk full or failing: nothing was taken in.</exception>
    public async Task AppendAsync(ImmutableArray<Caption> captions, CancellationToken cancellationToken)
    {
        // Until these are readable no more segments are listed: what is listed must have in it all that it ever will.
        _frozen = _recording.Window;
        try
        {
            TimeSpan from = CaptionTrack.Listed(_frozen) is { IsEmpty: false } listed
                ? listed[^1].ProgramEnd - _frozen.Segments[0].ProgramTime : TimeSpan.Zero;
            ImmutableArray<HeldCaption> held = [.. captions.Select(caption => new HeldCaption(caption, TimeSpan.FromMilliseconds(Math.Ceiling(from.TotalMilliseconds))))];
            byte[] lines = [.. held.SelectMany(CaptionLine.Write)];
            bool isNew = !File.Exists(_path);
            using (SafeFileHandle file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, FileOptions.Asynchronous))
            {
                RandomAccess.SetLength(file, _bytes);
                await RandomAccess.WriteAsync(file, lines, _bytes, cancellationToken);
                RandomAccess.FlushToDisk(file);
            }
            if (isNew)
                DurableFile.SyncFolder(_recording.Folder);
            _bytes += lines.Length;
            ImmutableInterlocked.InterlockedExchange(ref _captions, _captions.AddRange(held));
        }
        finally
        {
            Volatile.Write(ref _frozen, null);
        }
    }

    /// <summary>The list of a language: the pictures' cuts and numbers.</summary>
    public PlaylistBody? ListOf(string language)
    {
        PlaylistWindow window = Volatile.Read(ref _frozen) ?? _recording.Window;
        int count = CaptionTrack.Listed(window).Length;
        if (count == 0 || !Languages.Contains(language))
            return null;
        MediaPlaylist list = window.Whole();
        return PlaylistBody.Of(PlaylistText.Write(list with
        {
            Segments = [.. list.Segments.Take(count).Select(entry => entry with { Uri = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{entry.Sequence}.vtt"), Map = null })],
        }));
    }

    /// <summary>A segment of a language; null when it is not listed.</summary>
    /// <exception cref="IOException">The disk does not give the pictures' segment.</exception>
    public string? Segment(string language, long sequence)
    {
        ImmutableArray<Segment> listed = CaptionTrack.Listed(Volatile.Read(ref _frozen) ?? _recording.Window);
        if (sequence < 0 || sequence >= listed.Length || !Languages.Contains(language) || MediaTime(sequence) is not { } mediaTime)
            return null;
        Segment segment = listed[(int)sequence];
        TimeSpan start = LessonTimeline.SecondOf(listed, segment);
        return WebVtt.WriteSegment(start, mediaTime, CaptionTrack.Cues(_captions, language, start, segment.Duration));
    }

    /// <summary>The time stamp of a segment's first picture, 90 kHz.</summary>
    private long? MediaTime(long sequence)
    {
        if (_mediaTimes.TryGetValue(sequence, out long known))
            return known;
        if (_recording.Read(sequence) is not { } bytes || MediaStart.Of(bytes.Span, _recording.Fragmented ? Mp4Head.Read(_recording.ReadMap(sequence).Span) : null) is not { } start)
            return null;
        return _mediaTimes[sequence] = (long)Math.Round(start.Time.TotalSeconds * 90_000);
    }
}
