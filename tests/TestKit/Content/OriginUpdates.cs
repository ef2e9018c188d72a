using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Zstandard;

namespace TestKit.Content;

/// <summary>An update that an origin offers: its catalogue entry and its parts.</summary>
public sealed record OfferedUpdate(CatalogueUpdate Listed, BundleIndex Bundle);

/// <summary>Deltas and bundles for a <see cref="ContentOrigin"/>, in the real formats. Each window holds a few chunks, so that a small pack has many.</summary>
public static class OriginUpdates
{
    /// <param name="origin">Has both versions.</param>
    /// <param name="from">What boxes hold.</param>
    /// <param name="to">What they are to have.</param>
    /// <param name="chunksInWindow">New chunks in each window.</param>
    public static async Task<OfferedUpdate> OfferAsync(this ContentOrigin origin, Manifest from, Manifest to, int chunksInWindow = 2)
    {
        Dictionary<ChunkId, byte[]> chunks = Chunks(origin, [from, to]);
        Task<byte[]> ReadAsync(ChunkId id, CancellationToken _) => Task.FromResult(chunks.TryGetValue(id, out byte[]? chunk) ? chunk : origin.Served(id));
        ManifestDelta delta = await ManifestDelta.BuildAsync(from, from.ToBytes(), to, to.ToBytes(), ReadAsync, ZstdPrefix.Pack, default);
        var before = new ChunkTable(from.Files.Select(file => RecipeOf(file, chunks)));
        var after = new ChunkTable(to.Files.Select(file => RecipeOf(file, chunks)));
        ImmutableArray<int> old = [.. Enumerable.Range(0, before.Count).Where(i => !after.Contains(before.Chunks[i].Id))];
        byte[] prefix = [.. old.SelectMany(i => chunks[before.Chunks[i].Id])];
        var volume = new VolumeBuilder();
        foreach (int[] fresh in Enumerable.Range(0, after.Count).Where(i => !before.Contains(after.Chunks[i].Id)).Chunk(chunksInWindow))
        {
            byte[] plain = [.. fresh.SelectMany(i => chunks[after.Chunks[i].Id])];
            byte[] window = new BundleWindow(old, [.. fresh], plain.Length, ZstdPrefix.Pack(prefix, plain)).ToBytes();
            volume.TryAdd(ChunkId.Of(window), window, mayCompress: false);
        }
        FinishedVolume finished = volume.Finish();
        var index = new BundleIndex([new BundleVolume(origin.AddObject(finished.Bytes.ToArray()), finished.Index)]);
        byte[] deltaBytes = delta.ToBytes();
        var listed = new CatalogueUpdate(from.Version, origin.AddObject(deltaBytes), deltaBytes.Length, origin.AddObject(index.ToBytes()), index.ToBytes().Length + finished.Bytes.Length);
        origin.SetUpdates(to.Pack, to.Version, listed);
        return new OfferedUpdate(listed, index);
    }

    private static Recipe RecipeOf(PackFile file, Dictionary<ChunkId, byte[]> chunks) => file.Recipe is { } recipe ? Recipe.Read(chunks[recipe])! : file.RecipeOfOneChunk;

    private static Dictionary<ChunkId, byte[]> Chunks(ContentOrigin origin, IEnumerable<Manifest> manifests)
    {
        var chunks = new Dictionary<ChunkId, byte[]>();
        foreach (VolumeRef volume in manifests.SelectMany(manifest => manifest.Volumes).Distinct())
        {
            byte[] bytes = origin.Served(volume.Id);
            foreach (VolumeEntry entry in VolumeIndex.Read(origin.Served(volume.Index))!.Entries)
                chunks[entry.Id] = Volume.Unpack(entry, bytes.AsSpan(entry.OffsetBytes, entry.StoredBytes))!;
        }
        return chunks;
    }
}
