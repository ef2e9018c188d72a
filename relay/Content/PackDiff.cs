using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Zstandard;

namespace Relay.Content;

/// <summary>What became of a file.</summary>
internal enum FileChange { Added, Changed, Renamed, Removed }

/// <summary>One file that is not as it was.</summary>
/// <param name="Path">In the new version; of a removed file in the old one.</param>
/// <param name="From">Where a renamed file was.</param>
/// <param name="ChunkBytes">What its new chunks cost one by one.</param>
/// <param name="BundleBytes">Its part of the bundle: a window's bytes are shared out by the length of what is in it.</param>
internal sealed record FileDifference(string Path, FileChange Change, string? From, long LengthBytes, long ChunkBytes, long BundleBytes);

/// <summary>How many files, and how long they are together.</summary>
internal sealed record FileCount(int Files, long Bytes);

/// <summary>What an update costs a box that holds the old version whole. Every way begins with the delta of the description.</summary>
internal sealed record UpdateCost(long DeltaBytes, long ChunkBytes, long BundleBytes)
{
    public long ByChunks => DeltaBytes + ChunkBytes;

    public long ByBundle => DeltaBytes + BundleBytes;

    /// <summary>The way a box takes.</summary>
    public string Cheaper => BundleBytes < ChunkBytes ? "bundle" : "chunks";

    public long Bytes => Math.Min(ByChunks, ByBundle);
}

/// <summary>Two versions beside each other.</summary>
internal sealed record PackDiff(
    string From, string To, UpdateCost Cost, FileCount Unchanged, FileCount Renamed, FileCount Changed, FileCount Added, FileCount Removed, ImmutableArray<FileDifference> Differences)
{
    /// <summary>Makes delta and bundle as the relay would, to say exactly what they cost.</summary>
    public static async Task<PackDiff> OfAsync(string fromName, VersionContent from, string toName, VersionContent to, CancellationToken cancellationToken)
    {
        using var packer = new ZstdPacker();
        ManifestDelta delta = await ManifestDelta.BuildAsync(from.Manifest, from.ManifestBytes, to.Manifest, to.ManifestBytes, to.ReadAny(from), (prefix, plain) => packer.Pack(prefix, plain).ToArray(), cancellationToken);
        BuiltBundle bundle = await BundleBuilder.BuildAsync(from, to, packer, (_, _, _) => Task.CompletedTask, cancellationToken);
        long alone = to.Chunks.Chunks.Where(chunk => !from.Chunks.Contains(chunk.Id)).Sum(chunk => (long)to.StoredBytes(chunk.Id));
        var cost = new UpdateCost(delta.ToBytes().Length, alone, bundle.Pays ? bundle.LengthBytes : alone);
        var differences = ImmutableArray.CreateBuilder<FileDifference>();
        Dictionary<string, PackFile> before = from.Manifest.Files.ToDictionary(file => file.Path);
        HashSet<string> after = [.. to.Manifest.Files.Select(file => file.Path)];
        ILookup<ChunkId, PackFile> byHash = from.Manifest.Files.ToLookup(file => file.Sha256);
        double[] share = Shares(to, bundle);
        var taken = new HashSet<ChunkId>();
        var sources = new HashSet<string>();
        for (int i = 0; i < to.Manifest.Files.Length; i++)
        {
            PackFile file = to.Manifest.Files[i];
            PackFile? same = before.GetValueOrDefault(file.Path);
            if (same?.Sha256 == file.Sha256)
                continue;
            PackFile? moved = same is null ? byHash[file.Sha256].FirstOrDefault(old => !after.Contains(old.Path) && !sources.Contains(old.Path)) : null;
            if (moved is not null)
                sources.Add(moved.Path);
            ChunkRef[] fresh = [.. to.Recipes[i].Chunks.Where(chunk => !from.Chunks.Contains(chunk.Id) && taken.Add(chunk.Id))];
            differences.Add(new FileDifference(file.Path, same is not null ? FileChange.Changed : moved is not null ? FileChange.Renamed : FileChange.Added, moved?.Path, file.LengthBytes,
                fresh.Sum(chunk => (long)to.StoredBytes(chunk.Id)), (long)fresh.Sum(chunk => share[to.Chunks.NumberOf(chunk.Id)])));
        }
        differences.AddRange(from.Manifest.Files.Where(file => !after.Contains(file.Path) && !sources.Contains(file.Path))
            .Select(file => new FileDifference(file.Path, FileChange.Removed, null, file.LengthBytes, 0, 0)));
        FileCount Count(FileChange change) => new(differences.Count(file => file.Change == change), differences.Where(file => file.Change == change).Sum(file => file.LengthBytes));
        PackFile[] unchanged = [.. to.Manifest.Files.Where(file => before.GetValueOrDefault(file.Path)?.Sha256 == file.Sha256)];
        return new PackDiff(fromName, toName, cost, new FileCount(unchanged.Length, unchanged.Sum(file => file.LengthBytes)),
            Count(FileChange.Renamed), Count(FileChange.Changed), Count(FileChange.Added), Count(FileChange.Removed),
            [.. differences.OrderByDescending(file => file.ChunkBytes).ThenBy(file => file.Path, StringComparer.Ordinal)]);
    }

    /// <summary>What each chunk costs in the bundle.</summary>
    private static double[] Shares(VersionContent to, BuiltBundle bundle)
    {
        double[] share = new double[to.Chunks.Count];
        foreach ((ImmutableArray<int> fresh, int bytes) in bundle.Windows)
        {
            double each = (double)bytes / fresh.Sum(number => (long)to.StoredBytes(to.Chunks.Chunks[number].Id));
            foreach (int number in fresh)
                share[number] = each * to.StoredBytes(to.Chunks.Chunks[number].Id);
        }
        return share;
    }
}
