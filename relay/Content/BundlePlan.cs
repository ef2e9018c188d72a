using System.Collections.Immutable;
using Edge.Core.Content;

namespace Relay.Content;

/// <summary>Chunks for one window, by number: old ones that the new ones may resemble.</summary>
internal sealed record PlannedWindow(ImmutableArray<int> Old, ImmutableArray<int> New);

/// <summary>Which new chunks go into a window together, and against which old ones. Each changed file is told against the file it came from: the same path,
/// else the one that shares most chunks with it, else one of the same name that is gone. Of that file the chunks that changed serve, and their neighbours.
/// Files of one kind stand together, so that what is altogether new is told against its like.</summary>
internal static class BundlePlan
{
    /// <summary>Plain bytes of new chunks in a window, and of old ones. Twice as much saved a fiftieth when measured, and takes twice the memory at both ends.</summary>
    public const int MaxPlainBytes = 2 << 20;

    /// <summary>Bytes of a window's new chunks as they travel by themselves: packed together they are fewer, so a window hardly ever outgrows a chunk.</summary>
    public const int MaxStoredBytes = ContentLimits.MaxChunkBytes - (256 << 10);

    /// <summary>How far behind a new chunk's place in its file an old chunk may begin and still be told with it.</summary>
    private const int LookAheadBytes = 256 << 10;

    private sealed record ChangedFile(int File, int? Origin);

    public static IEnumerable<PlannedWindow> Windows(VersionContent from, VersionContent to)
    {
        var filler = new Filler(from, to);
        var taken = new HashSet<ChunkId>();
        foreach (ChangedFile changed in Changed(from, to))
        {
            Queue<(long At, ChunkRef Chunk)> origin = changed.Origin is { } file ? Useful(from, file, to) : [];
            long at = 0;
            foreach (RecipePart part in to.Recipes[changed.File].Parts)
            {
                at += part.LengthBytes;
                if (part.IsLiteral || from.Chunks.Contains(part.Chunk.Id) || !taken.Add(part.Chunk.Id))
                    continue;
                if (filler.IsFullFor(part.Chunk) && filler.Take() is { } window)
                    yield return window;
                while (origin.TryPeek(out var old) && old.At < at + LookAheadBytes && filler.AddOld(old.Chunk))
                    origin.Dequeue();
                filler.AddNew(part.Chunk);
            }
            while (origin.TryDequeue(out var rest) && filler.AddOld(rest.Chunk))
            {
                // What follows the last changed place may still be what a moved end came from.
            }
        }
        if (filler.Take() is { } last)
            yield return last;
    }

    private static IEnumerable<ChangedFile> Changed(VersionContent from, VersionContent to)
    {
        Dictionary<string, int> byPath = Numbered(from, file => file.Path);
        HashSet<string> kept = [.. to.Manifest.Files.Select(file => file.Path)];
        Dictionary<string, int> goneByName = Numbered(from, file => kept.Contains(file.Path) ? null : NameOf(file.Path));
        var filesOf = new Dictionary<ChunkId, int>();
        for (int i = 0; i < from.Recipes.Length; i++)
        {
            foreach (ChunkRef chunk in from.Recipes[i].Chunks)
                filesOf.TryAdd(chunk.Id, i);
        }
        int? OriginOf(int number)
        {
            PackFile file = to.Manifest.Files[number];
            if (byPath.TryGetValue(file.Path, out int same))
                return same;
            int? shared = to.Recipes[number].Chunks.Where(chunk => filesOf.ContainsKey(chunk.Id)).GroupBy(chunk => filesOf[chunk.Id])
                .OrderByDescending(group => group.Sum(chunk => (long)chunk.LengthBytes)).Select(group => (int?)group.Key).FirstOrDefault();
            return shared ?? (goneByName.TryGetValue(NameOf(file.Path), out int gone) ? gone : null);
        }
        return Enumerable.Range(0, to.Recipes.Length)
            .Where(i => to.Recipes[i].Chunks.Any(chunk => !from.Chunks.Contains(chunk.Id)))
            .OrderBy(i => KindOf(to.Manifest.Files[i]), StringComparer.Ordinal).ThenBy(i => i)
            .Select(i => new ChangedFile(i, OriginOf(i)));
    }

    /// <summary>Chunks of the old file that are gone, and those beside them, in order. Media that was made anew altogether has nothing to give.</summary>
    private static Queue<(long At, ChunkRef Chunk)> Useful(VersionContent from, int file, VersionContent to)
    {
        var chunks = new List<(long At, ChunkRef Chunk, bool Gone)>();
        long at = 0;
        foreach (RecipePart part in from.Recipes[file].Parts)
        {
            if (!part.IsLiteral)
                chunks.Add((at, part.Chunk, !to.Chunks.Contains(part.Chunk.Id)));
            at += part.LengthBytes;
        }
        if (Chunker.IsMedia(from.Manifest.Files[file].MediaType) && chunks.TrueForAll(chunk => chunk.Gone))
            return [];
        return new Queue<(long, ChunkRef)>(chunks.Where((chunk, i) => chunk.Gone || (i > 0 && chunks[i - 1].Gone) || (i + 1 < chunks.Count && chunks[i + 1].Gone))
            .Select(chunk => (chunk.At, chunk.Chunk)));
    }

    private static Dictionary<string, int> Numbered(VersionContent version, Func<PackFile, string?> key)
    {
        var numbers = new Dictionary<string, int>();
        for (int i = 0; i < version.Manifest.Files.Length; i++)
        {
            if (key(version.Manifest.Files[i]) is { } name)
                numbers.TryAdd(name, i);
        }
        return numbers;
    }

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string KindOf(PackFile file) => NameOf(file.Path) is var name && name.LastIndexOf('.') is >= 0 and var dot ? name[dot..] : "";

    /// <summary>The window that is being filled.</summary>
    private sealed class Filler(VersionContent from, VersionContent to)
    {
        private readonly List<int> _old = [];
        private readonly HashSet<int> _oldSet = [];
        private readonly List<int> _new = [];
        private long _oldBytes;
        private long _newBytes;
        private long _storedBytes;

        public bool IsFullFor(ChunkRef chunk) => _new.Count > 0
            && (_newBytes + chunk.LengthBytes > MaxPlainBytes || _storedBytes + to.StoredBytes(chunk.Id) > MaxStoredBytes);

        public void AddNew(ChunkRef chunk)
        {
            _new.Add(to.Chunks.NumberOf(chunk.Id));
            _newBytes += chunk.LengthBytes;
            _storedBytes += to.StoredBytes(chunk.Id);
        }

        /// <returns>False when there is no more room for old chunks.</returns>
        public bool AddOld(ChunkRef chunk)
        {
            if (_oldBytes + chunk.LengthBytes > MaxPlainBytes)
                return false;
            int number = from.Chunks.NumberOf(chunk.Id);
            if (_oldSet.Add(number))
            {
                _old.Add(number);
                _oldBytes += chunk.LengthBytes;
            }
            return true;
        }

        /// <returns>Null when nothing was added.</returns>
        public PlannedWindow? Take()
        {
            PlannedWindow? window = _new.Count > 0 ? new PlannedWindow([.. _old], [.. _new]) : null;
            _old.Clear();
            _oldSet.Clear();
            _new.Clear();
            (_oldBytes, _newBytes, _storedBytes) = (0, 0, 0);
            return window;
        }
    }
}
