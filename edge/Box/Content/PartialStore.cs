using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Durable;
using Microsoft.Win32.SafeHandles;

namespace Edge.Box.Content;

/// <summary>Bytes of chunks that are not whole yet, so that neither a cut, a kill nor a power cut costs them. A few append-only files:
/// what is appended survives the process at once and the power after <see cref="Flush"/>. A file goes when nothing in it is needed any more;
/// on a fast link that is before the card has seen it.</summary>
public sealed class PartialStore : IDisposable
{
    /// <summary>Size at which a new file is begun: small, so that files go soon.</summary>
    private const int FileBytes = 4 << 20;

    private readonly string _folder;
    private readonly long _mostBytes;
    private readonly Dictionary<ChunkId, SortedList<int, Held>> _held = [];
    private readonly SortedDictionary<int, PartialFile> _files = [];
    private PartialFile? _current;
    private bool _folderChanged;
    private long _flushes;

    private PartialStore(string folder, long mostBytes) => (_folder, _mostBytes) = (folder, mostBytes);

    /// <summary>Appended and, as far as is known, not safe from a power cut yet.</summary>
    public long UnflushedBytes { get; private set; }

    /// <summary>Reads what the last run left. A file counts up to its first record that is not sound.</summary>
    /// <param name="folder">Made if missing.</param>
    /// <param name="mostBytes">Bound of all files together; beyond it the oldest goes.</param>
    public static PartialStore Open(string folder, long mostBytes)
    {
        Directory.CreateDirectory(folder);
        var store = new PartialStore(folder, mostBytes);
        foreach (int number in Directory.GetFiles(folder, "*.part").Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path), out int number) ? number : -1).Where(number => number >= 0).Order())
            store.Load(number);
        return store;
    }

    /// <summary>What is held of a stretch, in rising order without overlaps.</summary>
    public ImmutableArray<ByteSpan> HeldOf(ChunkId id, ByteSpan span) => !_held.TryGetValue(id, out SortedList<int, Held>? held) ? [] :
        [.. Within(held, span).Select(item => new ByteSpan(Math.Max(span.From, item.Offset), Math.Min(span.To, item.Offset + item.Held.LengthBytes)))];

    /// <summary>Keeps bytes that came. They survive the end of this process as soon as the call returns.</summary>
    /// <exception cref="IOException">The disk fails or is full.</exception>
    public void Append(ChunkId id, int offsetBytes, ReadOnlySpan<byte> bytes)
    {
        byte[] record = new byte[PartialRecord.HeadBytes + bytes.Length];
        bytes.CopyTo(record.AsSpan(PartialRecord.HeadBytes));
        new PartialRecord(id, offsetBytes, bytes.Length).WriteHead(record, bytes);
        if (_current is not { LengthBytes: < FileBytes } file)
            file = Begin();
        RandomAccess.Write(file.Handle!, record, file.LengthBytes);
        UnflushedBytes += bytes.Length;
        Add(id, offsetBytes, new Held(file, file.LengthBytes + PartialRecord.HeadBytes, bytes.Length, _flushes));
        file.LengthBytes += record.Length;
    }

    /// <summary>Makes all that was appended survive a power cut.</summary>
    public void Flush()
    {
        if (UnflushedBytes == 0)
            return;
        foreach (PartialFile file in _files.Values.Where(file => file.Unflushed))
        {
            RandomAccess.FlushToDisk(file.Handle!);
            file.Unflushed = file == _current;
        }
        if (_folderChanged)
            DurableFile.SyncFolder(_folder);
        _folderChanged = false;
        UnflushedBytes = 0;
        _flushes++;
    }

    /// <returns>False when not all of it is held, or the disk does not give it back.</returns>
    public bool TryRead(ChunkId id, int offsetBytes, Span<byte> into)
    {
        if (!_held.TryGetValue(id, out SortedList<int, Held>? held))
            return false;
        (int at, int end) = (offsetBytes, offsetBytes + into.Length);
        foreach ((int offset, Held item) in Within(held, new ByteSpan(at, end)))
        {
            int length = Math.Min(end, offset + item.LengthBytes) - at;
            if (offset > at || !item.File.Read(into.Slice(at - offsetBytes, length), item.Position + (at - offset)))
                return false;
            at += length;
        }
        return at == end;
    }

    /// <summary>These bytes are not needed any more: their chunk is in the store, or is wrong.</summary>
    public void Forget(ChunkId id, ByteSpan span)
    {
        if (!_held.TryGetValue(id, out SortedList<int, Held>? held))
            return;
        foreach ((int offset, _) in Within(held, span).ToArray())
            Remove(held, offset);
        if (held.Count == 0)
            _held.Remove(id);
    }

    /// <summary>Of this object, only what lies in these stretches is still needed.</summary>
    public void KeepOnly(ChunkId id, IEnumerable<ByteSpan> needed)
    {
        if (!_held.TryGetValue(id, out SortedList<int, Held>? held))
            return;
        var keep = needed.SelectMany(span => Within(held, span)).Select(item => item.Offset).ToHashSet();
        foreach (int offset in held.Keys.Where(offset => !keep.Contains(offset)).ToArray())
            Remove(held, offset);
        if (held.Count == 0)
            _held.Remove(id);
    }

    /// <summary>Nothing is under way any more.</summary>
    public void Clear()
    {
        _held.Clear();
        foreach (PartialFile file in _files.Values.ToArray())
            Drop(file);
        UnflushedBytes = 0;
    }

    public void Dispose()
    {
        foreach (PartialFile file in _files.Values)
            file.Dispose();
    }

    private void Load(int number)
    {
        string path = PathOf(number);
        byte[] bytes = File.ReadAllBytes(path);
        var file = new PartialFile(number, path, null);
        _files[number] = file;
        while (PartialRecord.TryRead(bytes.AsSpan((int)file.LengthBytes), out PartialRecord record))
        {
            Add(record.Id, record.OffsetBytes, new Held(file, file.LengthBytes + PartialRecord.HeadBytes, record.LengthBytes, -1));
            file.LengthBytes += PartialRecord.HeadBytes + record.LengthBytes;
        }
        DropIfEmpty(file);
    }

    private PartialFile Begin()
    {
        while (_files.Count > 0 && _files.Values.Sum(file => file.LengthBytes) + FileBytes > _mostBytes)
            DropOldest();
        int number = _files.Count == 0 ? 0 : _files.Keys.Max() + 1;
        SafeFileHandle handle = File.OpenHandle(PathOf(number), FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        PartialFile? former = _current;
        _current = new PartialFile(number, PathOf(number), handle) { Unflushed = true };
        _files[number] = _current;
        _folderChanged = true;
        if (former is not null)
            DropIfEmpty(former);
        return _current;
    }

    private void DropOldest()
    {
        PartialFile oldest = _files.First().Value;
        foreach ((ChunkId id, SortedList<int, Held> held) in _held.ToArray())
        {
            foreach (int offset in held.Where(item => item.Value.File == oldest).Select(item => item.Key).ToArray())
                Remove(held, offset);
            if (held.Count == 0)
                _held.Remove(id);
        }
        Drop(oldest);
    }

    private void Add(ChunkId id, int offset, Held added)
    {
        if (!_held.TryGetValue(id, out SortedList<int, Held>? held))
            _held[id] = held = [];
        // Before the older ones go: a file that holds this one is not empty.
        added.File.LiveBytes += added.LengthBytes;
        // The same bytes twice: the newer record counts, whole.
        foreach ((int older, _) in Within(held, new ByteSpan(offset, offset + added.LengthBytes)).ToArray())
            Remove(held, older);
        held[offset] = added;
    }

    private void Remove(SortedList<int, Held> held, int offset)
    {
        Held gone = held[offset];
        held.Remove(offset);
        gone.File.LiveBytes -= gone.LengthBytes;
        if (gone.Flushes == _flushes)
            UnflushedBytes -= gone.LengthBytes;
        DropIfEmpty(gone.File);
    }

    private void DropIfEmpty(PartialFile file)
    {
        // The current one is written to until it is full: names that come and go cost the card more than bytes.
        if (file.LiveBytes == 0 && (file != _current || file.LengthBytes >= FileBytes))
            Drop(file);
    }

    private void Drop(PartialFile file)
    {
        if (!_files.Remove(file.Number))
            return;
        if (file == _current)
            _current = null;
        file.Dispose();
        File.Delete(file.Path);
    }

    private string PathOf(int number) => Path.Combine(_folder, $"{number:D6}.part");

    /// <summary>Those that have bytes in <paramref name="span"/>, in rising order.</summary>
    private static IEnumerable<(int Offset, Held Held)> Within(SortedList<int, Held> held, ByteSpan span)
    {
        (int low, int high) = (0, held.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (held.GetKeyAtIndex(middle) + held.GetValueAtIndex(middle).LengthBytes <= span.From)
                low = middle + 1;
            else
                high = middle;
        }
        for (; low < held.Count && held.GetKeyAtIndex(low) < span.To; low++)
            yield return (held.GetKeyAtIndex(low), held.GetValueAtIndex(low));
    }

    /// <param name="File">Where it is.</param>
    /// <param name="Position">Of its first byte in the file.</param>
    /// <param name="LengthBytes">How many.</param>
    /// <param name="Flushes">How many flushes had been when it was appended: while there was no other, it is not safe.</param>
    private readonly record struct Held(PartialFile File, long Position, int LengthBytes, long Flushes);

    private sealed class PartialFile(int number, string path, SafeFileHandle? handle) : IDisposable
    {
        private SafeFileHandle? _handle = handle;

        public int Number => number;

        public string Path => path;

        public SafeFileHandle Handle => _handle ??= File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

        public long LengthBytes { get; set; }

        public long LiveBytes { get; set; }

        public bool Unflushed { get; set; }

        public bool Read(Span<byte> into, long position)
        {
            for (int read; !into.IsEmpty; into = into[read..], position += read)
            {
                if ((read = RandomAccess.Read(Handle, into, position)) == 0)
                    return false;
            }
            return true;
        }

        public void Dispose() => _handle?.Dispose();
    }
}
