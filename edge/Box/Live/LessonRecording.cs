using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Durable;
using Microsoft.Win32.SafeHandles;

namespace Edge.Box.Live;

/// <summary>One lesson on disk: <c>media.ts</c>, all segments behind each other (fragmented MP4 with its heads between them), <c>index</c>, the journal that says which of them are whole, and <c>lesson.json</c>.
/// The same bytes are the live stream, the rewind and the recording. Bytes are flushed before the journal speaks of them, and published after.
/// One writer; any number of readers.</summary>
public sealed class LessonRecording : IDisposable
{
    private const string MediaName = "media.ts";
    private const string IndexName = "index";
    private const string LessonName = "lesson.json";

    private readonly SafeFileHandle _media;
    private readonly SafeFileHandle _index;
    private readonly int _memoryBytes;
    private readonly Lock _gate = new();
    private ImmutableSortedDictionary<long, ReadOnlyMemory<byte>> _memory = ImmutableSortedDictionary<long, ReadOnlyMemory<byte>>.Empty;
    private Published _published;
    private PlaylistBody? _playlist;
    private long _indexBytes;

    private LessonRecording(string folder, PlannedLesson lesson, Recording recording, SafeFileHandle media, SafeFileHandle index, int memoryBytes)
    {
        Folder = folder;
        Lesson = lesson;
        Fragmented = recording.Fragmented;
        Cursor = recording.Cursor;
        Rung = recording.Entries.IsEmpty ? null : recording.Entries[^1].Rung;
        (_media, _index, _memoryBytes, _indexBytes) = (media, index, memoryBytes, recording.ValidBytes);
        _published = new Published(PlaylistWindow.Resume(recording.Target, recording.Segments, recording.Ended), recording.Entries);
    }

    public string Folder { get; }

    /// <summary>The lesson as it was planned when the recording began.</summary>
    public PlannedLesson Lesson { get; }

    /// <summary>Its segments are fragmented MP4, all of them; else transport streams, all of them.</summary>
    public bool Fragmented { get; }

    /// <summary>Where the restream goes on.</summary>
    public RestreamCursor Cursor { get; private set; }

    /// <summary>Upstream's name of the rung that the last segment was taken from; null before the first.</summary>
    public string? Rung { get; private set; }

    public PlaylistWindow Window => Volatile.Read(ref _published).Window;

    /// <summary>What is published, with what upstream calls it.</summary>
    public ImmutableArray<JournalEntry> Entries => Volatile.Read(ref _published).Entries;

    /// <summary>Length of the published part of <see cref="MediaPath"/>.</summary>
    public long MediaBytes => Volatile.Read(ref _published).MediaBytes;

    public string MediaPath => Path.Combine(Folder, MediaName);

    /// <summary>The playlist for viewers: the whole lesson so far. Written out once per change.</summary>
    public PlaylistBody? Playlist
    {
        get
        {
            lock (_gate)
                return _published.Window.Last is null ? null : _playlist ??= PlaylistBody.Of(PlaylistText.Write(_published.Window.Whole()));
        }
    }

    /// <summary>The same with the segments in a folder.</summary>
    public PlaylistBody PlaylistIn(string folder)
    {
        MediaPlaylist list = Window.Whole();
        return PlaylistBody.Of(PlaylistText.Write(list with { Segments = [.. list.Segments.Select(entry => entry with { Uri = folder + entry.Uri, Map = entry.Map is { } map ? map with { Uri = folder + map.Uri } : null })] }));
    }

    /// <summary>Begins a recording.</summary>
    /// <param name="target">Target duration of its playlists, for good.</param>
    /// <param name="fragmented">Its segments will be fragmented MP4.</param>
    public static async Task<LessonRecording> CreateAsync(string folder, PlannedLesson lesson, TimeSpan target, bool fragmented, int memoryBytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await DurableFile.WriteAsync(Path.Combine(folder, LessonName), lesson.ToJson(), cancellationToken);
        await DurableFile.WriteAsync(Path.Combine(folder, IndexName), RecordingJournal.Head(target, fragmented), cancellationToken);
        DurableFile.SyncFolder(Path.GetDirectoryName(folder)!);
        return Open(folder, memoryBytes) ?? throw new IOException($"the recording just made in {folder} cannot be read");
    }

    /// <summary>Opens a recording and repairs what a power cut left: journal and media are cut back to the last segment that is whole.</summary>
    /// <returns>Null when there is none in the folder, or nothing of it was safe on disk yet.</returns>
    public static LessonRecording? Open(string folder, int memoryBytes)
    {
        if (Read(folder) is not ({ } recording, { } lesson))
            return null;
        if (recording.Version < RecordingJournal.Version)
            recording = Renewed(recording, Path.Combine(folder, IndexName));
        SafeFileHandle media = File.OpenHandle(Path.Combine(folder, MediaName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous);
        SafeFileHandle index = File.OpenHandle(Path.Combine(folder, IndexName), FileMode.Open, FileAccess.ReadWrite, FileShare.Read, FileOptions.Asynchronous);
        recording = Sound(recording, media);
        if (RandomAccess.GetLength(index) != recording.ValidBytes || RandomAccess.GetLength(media) != recording.MediaBytes)
        {
            // The journal first: it must never speak of bytes that are gone.
            RandomAccess.SetLength(index, recording.ValidBytes);
            RandomAccess.FlushToDisk(index);
            RandomAccess.SetLength(media, recording.MediaBytes);
            RandomAccess.FlushToDisk(media);
        }
        // The media file's name must survive too.
        DurableFile.SyncFolder(folder);
        return new LessonRecording(folder, lesson, recording, media, index, memoryBytes);
    }

    /// <summary>Reads what a folder holds, without opening or repairing it.</summary>
    public static (Recording? Recording, PlannedLesson? Lesson) Read(string folder)
    {
        string index = Path.Combine(folder, IndexName);
        string lesson = Path.Combine(folder, LessonName);
        return File.Exists(index) && File.Exists(lesson) ? (RecordingJournal.Read(File.ReadAllBytes(index)), PlannedLesson.Read(File.ReadAllBytes(lesson))) : (null, null);
    }

    /// <summary>Stores and publishes the next segment: bytes, flush, journal, flush, lists.</summary>
    /// <exception cref="IOException">Disk full or failing: nothing was published, and the same segment may be given again.</exception>
    /// <param name="map">The head it needs; empty in transport streams. One that is here already is not stored again.</param>
    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, Segment segment, string origin, long upstreamSequence, string rung, CancellationToken cancellationToken, ReadOnlyMemory<byte> map = default)
    {
        if (Fragmented != (segment.Map is not null))
            throw new ArgumentException("a recording is all transport stream or all fragmented MP4", nameof(segment));
        Published published = _published;
        MapPlace? place = segment.Map is not { } hash ? null : MapOf(published, hash) ?? new MapPlace(hash, published.MediaBytes, map.Length);
        // As the window will have it: nothing stands before the first one that it could break with.
        segment = segment.Sequence == 0 ? segment with { Discontinuity = false } : segment;
        bool stored = place?.Offset != published.MediaBytes;
        var entry = new JournalEntry(segment, stored ? published.MediaBytes : place!.Value.End, origin, upstreamSequence, rung) { Map = place };
        if (!stored)
            await RandomAccess.WriteAsync(_media, map, published.MediaBytes, cancellationToken);
        await RandomAccess.WriteAsync(_media, bytes, entry.Offset, cancellationToken);
        RandomAccess.FlushToDisk(_media);
        await JournalAsync(RecordingJournal.Records(entry, published.Entries.IsEmpty ? null : published.Entries[^1]));
        Cursor = Cursor.After(upstreamSequence, segment.ProgramEnd) with { Origin = origin };
        Rung = rung;
        lock (_gate)
        {
            Volatile.Write(ref _published, new Published(published.Window.With(segment), published.Entries.Add(entry)));
            _playlist = null;
            Remember(segment.Sequence, bytes);
        }
    }

    /// <summary>The lesson is over and nothing of it is missing.</summary>
    public async Task EndAsync()
    {
        await JournalAsync(RecordingJournal.End(_published.Window.Next));
        lock (_gate)
        {
            Volatile.Write(ref _published, _published with { Window = _published.Window.End() });
            _playlist = null;
            _memory = _memory.Clear();
        }
    }

    /// <summary>Where the head lies whose address is <paramref name="name"/>; null when there is none.</summary>
    public MapPlace? FindMap(string name)
    {
        foreach (JournalEntry entry in Entries)
        {
            if (entry.Map is { } map && Segment.NameOfMap(map.Hash) == name)
                return map;
        }
        return null;
    }

    private static MapPlace? MapOf(Published published, ChunkId hash) => published.Entries.FirstOrDefault(entry => entry.Map?.Hash == hash)?.Map;

    /// <summary>The head of a published segment; empty in transport streams.</summary>
    /// <exception cref="IOException">The disk does not give it.</exception>
    public ReadOnlyMemory<byte> ReadMap(long sequence) => Entries[(int)sequence].Map is { } map ? ReadBytes(map.Offset, map.LengthBytes) : default;

    /// <summary>The bytes of a published segment.</summary>
    /// <exception cref="IOException">The disk does not give them.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[entry.Segment.LengthBytes];
        for (int read = 0; read < bytes.Length;)
        {
            int part = await RandomAccess.ReadAsync(_media, bytes.AsMemory(read), entry.Offset + read, cancellationToken);
            read += part > 0 ? part : throw new IOException($"{MediaPath} is shorter than its journal");
        }
        return bytes;
    }

    /// <summary>A published segment: its bytes if they are in memory, and where they lie in <see cref="MediaPath"/>; null when it is not published.</summary>
    public (Segment Segment, ReadOnlyMemory<byte>? Bytes, long Offset)? Find(long sequence)
    {
        Published published = Volatile.Read(ref _published);
        if (sequence < 0 || sequence >= published.Window.Next)
            return null;
        return (published.Window.Segments[(int)sequence], Volatile.Read(ref _memory).TryGetValue(sequence, out ReadOnlyMemory<byte> bytes) ? (ReadOnlyMemory<byte>?)bytes : null, published.Entries[(int)sequence].Offset);
    }

    /// <summary>The bytes of a published segment, from memory or disk; null when it is not published.</summary>
    /// <exception cref="IOException">The disk does not give them.</exception>
    public ReadOnlyMemory<byte>? Read(long sequence)
    {
        if (Find(sequence) is not { } found)
            return null;
        return found.Bytes ?? ReadBytes(found.Offset, found.Segment.LengthBytes);
    }

    /// <summary>The bytes of a published segment with its head before them, so that they can be decoded alone; null when it is not published.</summary>
    /// <exception cref="IOException">The disk does not give them.</exception>
    public ReadOnlyMemory<byte>? ReadAlone(long sequence) =>
        Read(sequence) is not { } segment ? null : Fragmented ? (byte[])[.. ReadMap(sequence).Span, .. segment.Span] : segment;

    private ReadOnlyMemory<byte> ReadBytes(long offset, int length)
    {
        byte[] bytes = new byte[length];
        for (int read = 0; read < length;)
        {
            int part = RandomAccess.Read(_media, bytes.AsSpan(read), offset + read);
            read += part > 0 ? part : throw new EndOfStreamException($"{MediaPath} is shorter than its journal");
        }
        return bytes;
    }

    public void Dispose()
    {
        _media.Dispose();
        _index.Dispose();
    }

    private async Task JournalAsync(byte[] record)
    {
        // Not to be interrupted: a record is written whole or its place is written over.
        await RandomAccess.WriteAsync(_index, record, _indexBytes, CancellationToken.None);
        RandomAccess.FlushToDisk(_index);
        _indexBytes += record.Length;
    }

    private void Remember(long sequence, ReadOnlyMemory<byte> bytes)
    {
        ImmutableSortedDictionary<long, ReadOnlyMemory<byte>> memory = _memory.Add(sequence, bytes);
        while (!memory.IsEmpty && memory.Values.Sum(held => (long)held.Length) > _memoryBytes)
            memory = memory.Remove(memory.Keys.First());
        Volatile.Write(ref _memory, memory);
    }

    /// <summary>Without the entries at the end whose bytes are not there or not the ones that were meant: a card may lose what it said was flushed.</summary>
    private static Recording Sound(Recording recording, SafeFileHandle media)
    {
        long length = RandomAccess.GetLength(media);
        while (!recording.Entries.IsEmpty)
        {
            JournalEntry last = recording.Entries[^1];
            if (last.End <= length && IsAsMeant(last, media))
                break;
            ImmutableArray<JournalEntry> kept = recording.Entries.RemoveAt(recording.Entries.Length - 1);
            recording = recording with { Entries = kept, Ended = false, ValidBytes = RecordingJournal.LengthOf(kept) };
        }
        return recording;
    }

    /// <summary>Writes a journal of a former form anew: a file has one form.</summary>
    private static Recording Renewed(Recording recording, string path)
    {
        byte[] journal = RecordingJournal.Write(recording);
        string temporary = DurableFile.TemporaryFor(path);
        using (SafeFileHandle handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            RandomAccess.Write(handle, journal, 0);
            RandomAccess.FlushToDisk(handle);
        }
        DurableFile.MoveInto(temporary, path);
        return recording with { ValidBytes = journal.Length, Version = RecordingJournal.Version };
    }

    private static bool IsAsMeant(JournalEntry entry, SafeFileHandle media)
    {
        byte[] bytes = new byte[entry.Segment.LengthBytes];
        int read = 0;
        while (read < bytes.Length)
        {
            int part = RandomAccess.Read(media, bytes.AsSpan(read), entry.Offset + read);
            if (part == 0)
                return false;
            read += part;
        }
        return ChunkId.Of(bytes) == entry.Segment.Hash;
    }

    private sealed record Published(PlaylistWindow Window, ImmutableArray<JournalEntry> Entries)
    {
        public long MediaBytes => Entries.IsEmpty ? 0 : Entries[^1].End;
    }
}
