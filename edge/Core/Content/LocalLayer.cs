using System.Collections.Immutable;
using System.Text.Json;

namespace Edge.Core.Content;

/// <summary>The three things that a school may do to a pack.</summary>
public enum LocalChangeKind { Add, Delete, Replace }

/// <summary>One change that a teacher laid over a pack.</summary>
/// <param name="Number">Names it; grows with each change to the pack.</param>
/// <param name="Kind">What was done.</param>
/// <param name="Path">The item it was done to; of an added one its own.</param>
/// <param name="Seen">Hashes of the centre's item that the teacher knew when deciding; <see cref="NoFile"/> stands for none there.</param>
/// <param name="File">The school's file; null when the item was deleted.</param>
public sealed record LocalChange(long Number, LocalChangeKind Kind, string Path, ImmutableArray<ChunkId> Seen, PackFile? File = null)
{
    /// <summary>"The centre has no such item."</summary>
    public static ChunkId NoFile { get; }

    /// <returns>Null when the bytes are no change.</returns>
    public static LocalChange? Read(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ManifestJson.Default.LocalChange);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.LocalChange);

    public bool Equals(LocalChange? other) =>
        other is not null && Number == other.Number && Kind == other.Kind && Path == other.Path && File == other.File && Seen.SequenceEqual(other.Seen);

    public override int GetHashCode() => Number.GetHashCode();
}

/// <summary>The centre changed an item that the school had changed too. <paramref name="Theirs"/>: its item now; null: it has none any more.</summary>
public sealed record LayerClash(LocalChange Mine, PackFile? Theirs);

/// <summary>A pack with the school's changes laid over it.</summary>
/// <param name="Files">What shows.</param>
/// <param name="Clashes">What the teacher has to decide; until then the school's own shows.</param>
/// <param name="Changed">The change behind each path that is the school's own.</param>
public sealed record LayeredFiles(ImmutableArray<PackFile> Files, ImmutableArray<LayerClash> Clashes, ImmutableDictionary<string, LocalChange> Changed);

/// <summary>A school's changes to one pack: exactly add, delete and replace, at most one for each item. It knows nothing of versions, only what each change was made against;
/// so what shows depends on the version of now and on the changes, and never on the corrections that came in between.</summary>
public sealed record LocalLayer(ImmutableArray<LocalChange> Changes)
{
    /// <summary>Most changes to one pack.</summary>
    public const int MaxChanges = 500;

    public static LocalLayer None { get; } = new([]);

    public LocalChange? Find(long number) => Changes.FirstOrDefault(change => change.Number == number);

    /// <summary>Lays one more change over the pack.</summary>
    /// <param name="number">Greater than those before.</param>
    /// <param name="kind">What to do.</param>
    /// <param name="path">The item as it shows now, or a new one's path.</param>
    /// <param name="file">The school's file, for add and replace.</param>
    /// <param name="files">The centre's files of now.</param>
    /// <param name="problem">Why it cannot be, in a word for a text key.</param>
    /// <returns>Null when it cannot be.</returns>
    public LocalLayer? With(long number, LocalChangeKind kind, string path, PackFile? file, ImmutableArray<PackFile> files, out string problem)
    {
        problem = "";
        LayeredFiles now = Over(files);
        LocalChange? former = now.Changed.GetValueOrDefault(path);
        bool shows = now.Files.Any(other => other.Path == path);
        if (Changes.Length >= MaxChanges && former is null)
            problem = "full";
        else if (kind == LocalChangeKind.Add ? shows : !shows)
            problem = kind == LocalChangeKind.Add ? "taken" : "unknown";
        else if (file is not null && PackPath.Problem(file.Path) is not null)
            problem = "name";
        else if (file is not null && PackPath.FirstClash([.. now.Files.Where(other => other.Path != path).Select(other => other.Path), file.Path]) is not null)
            problem = "taken";
        if (problem.Length > 0)
            return null;
        // What the school added itself is simply taken away again, or is added as it is now.
        if (former is { Kind: LocalChangeKind.Add })
            return kind == LocalChangeKind.Delete ? Without(former.Number) : new LocalLayer(Changes.Replace(former, former with { Number = number, File = file }));
        string item = former?.Path ?? path;
        // Who adds where an item was deleted puts something in its place.
        LocalChange? deleted = Changes.FirstOrDefault(change => change.Path == item && change.Kind == LocalChangeKind.Delete);
        LocalChangeKind meant = kind == LocalChangeKind.Add && deleted is not null ? LocalChangeKind.Replace : kind;
        var change = new LocalChange(number, meant, item, [HashAt(item, files)], file);
        return new LocalLayer([.. Changes.Where(other => other.Path != item), change]);
    }

    /// <summary>Takes a change back: the centre's item shows again.</summary>
    public LocalLayer Without(long number) => new(Changes.RemoveAll(change => change.Number == number));

    /// <summary>The teacher looked at the centre's new item and keeps the school's. This one is not asked about again.</summary>
    public LocalLayer Keep(long number, ImmutableArray<PackFile> files) => new(
    [
        .. Changes.Select(change => change.Number == number && HashAt(change.Path, files) is var hash && !change.Seen.Contains(hash) ? change with { Seen = [.. change.Seen.Add(hash).Order()] } : change),
    ]);

    /// <summary>What shows over these files of the centre.</summary>
    public LayeredFiles Over(ImmutableArray<PackFile> files)
    {
        if (Changes.IsEmpty)
            return new LayeredFiles(files, [], ImmutableDictionary<string, LocalChange>.Empty);
        Dictionary<string, LocalChange> byPath = Changes.ToDictionary(change => change.Path, StringComparer.Ordinal);
        var result = ImmutableArray.CreateBuilder<PackFile>();
        var changed = ImmutableDictionary.CreateBuilder<string, LocalChange>(StringComparer.Ordinal);
        var clashes = ImmutableArray.CreateBuilder<LayerClash>();
        HashSet<string> taken = [.. files.Where(file => !byPath.ContainsKey(file.Path)).Select(file => file.Path)];
        var moved = new Dictionary<string, string>(StringComparer.Ordinal);
        void Put(LocalChange change)
        {
            PackFile own = change.File!;
            // A name that the centre took for another item meanwhile.
            for (int turn = 1; !taken.Add(own.Path); turn++)
                own = own with { Path = Renamed(change.File!.Path, change.Number, turn) };
            if (own.Path != change.Path)
                moved[change.Path] = own.Path;
            result.Add(own);
            changed[own.Path] = change;
        }
        foreach (PackFile file in files)
        {
            if (!byPath.TryGetValue(file.Path, out LocalChange? change))
                result.Add(file);
            else if (change.File is not null)
                Put(change);
        }
        HashSet<string> there = [.. files.Select(file => file.Path)];
        foreach (LocalChange change in Changes.OrderBy(change => change.Number))
        {
            if (change.File is not null && !there.Contains(change.Path))
                Put(change);
            PackFile? theirs = files.FirstOrDefault(file => file.Path == change.Path);
            if (!change.Seen.Contains(theirs?.Sha256 ?? LocalChange.NoFile) && !(change.Kind == LocalChangeKind.Delete && theirs is null) && (theirs is null || theirs.Sha256 != change.File?.Sha256))
                clashes.Add(new LayerClash(change, theirs));
        }
        if (moved.Count > 0)
        {
            for (int i = 0; i < result.Count; i++)
            {
                if (result[i].CaptionOf is { } video && moved.TryGetValue(video, out string? to))
                    result[i] = result[i] with { CaptionOf = to };
            }
        }
        return new LayeredFiles(result.ToImmutable(), clashes.ToImmutable(), changed.ToImmutable());
    }

    private static ChunkId HashAt(string path, ImmutableArray<PackFile> files) => files.FirstOrDefault(file => file.Path == path)?.Sha256 ?? LocalChange.NoFile;

    private static string Renamed(string path, long number, int turn)
    {
        int dot = path.LastIndexOf('.');
        string more = turn == 1 ? $"-{number}" : $"-{number}-{turn}";
        return dot > path.LastIndexOf('/') ? path[..dot] + more + path[dot..] : path + more;
    }
}
