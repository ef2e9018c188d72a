using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Zstandard;

namespace Edge.Box.Content;

/// <summary>The cheap ways from the version that shows to the next: its description by a delta, its chunks by a bundle.
/// Both only save bytes: whatever they do not bring, or bring wrong, is fetched like any other manifest and chunk.</summary>
internal sealed class UpdatePath(DiskChunkStore store, PackLibrary library, Transfer transfer, bool takeBundles, ILogger log)
{
    /// <summary>Brings manifest, recipes and indexes of a version by a delta, when there is one from the version that shows.</summary>
    /// <exception cref="IOException">The link, or the disk.</exception>
    /// <exception cref="HttpRequestException">The link.</exception>
    public async Task DescribeAsync(FetchGoal goal, CancellationToken cancellationToken)
    {
        if (UpdateTo(goal) is not var (shown, update) || store.Missing([goal.Manifest]).Count == 0)
            return;
        if (await ObjectAsync(update.Delta, update.DeltaBytes, ManifestDelta.MaxBytes, goal.Due is not null, cancellationToken) is not { } bytes)
            return;
        ManifestDelta.Description? description = null;
        if (ManifestDelta.Read(bytes) is { } delta && delta.From == shown.Id && delta.To == goal.Manifest && await store.ReadAsync(shown.Id, cancellationToken) is { } former)
            description = await delta.ApplyAsync(shown.Manifest, former, store.ReadAsync, ZstdPrefix.Unpack, cancellationToken);
        if (description is null)
            log.DeltaUseless(goal.Pack, goal.Version);
        else
            await store.AddAsync([.. description.Recipes.Concat(description.Indexes).Append(description.Manifest).Select(plain => ArrivedChunk.Plain(ChunkId.Of(plain), plain))], cancellationToken);
        await store.DropAsync(update.Delta, cancellationToken);
    }

    /// <summary>Brings missing chunks by a bundle, when there is one from the version that shows and it is the cheaper way.</summary>
    /// <param name="goal">The version wanted.</param>
    /// <param name="chunks">Its chunks.</param>
    /// <param name="costOf">Bytes that these chunks cost by themselves.</param>
    /// <param name="fetch">Fetches stretches of volumes into the store; false when the plan changed meanwhile.</param>
    /// <param name="cancellationToken">Ends the transfer.</param>
    /// <returns>False when the plan changed meanwhile.</returns>
    /// <exception cref="IOException">The link, or the disk.</exception>
    /// <exception cref="HttpRequestException">The link.</exception>
    public async Task<bool> BundleAsync(FetchGoal goal, ChunkTable chunks, Func<IReadOnlyList<ChunkId>, CancellationToken, Task<long>> costOf,
        Func<ImmutableArray<RangeFetch>, CancellationToken, Task<bool>> fetch, CancellationToken cancellationToken)
    {
        if (!takeBundles || UpdateTo(goal) is not var (shown, update) || update.Bundle is not { } bundle || !store.Lost.IsEmpty)
            return true;
        BundleIndex? index = await store.ReadAsync(bundle, cancellationToken) is { } held ? BundleIndex.Read(held) : null;
        List<ChunkId> missing = store.Missing(chunks.Chunks.Select(chunk => chunk.Id));
        if (missing.Count > 0)
        {
            long alone = await costOf(missing, cancellationToken);
            long together = index is null ? update.BundleBytes : Missing(index.Windows).Sum(window => (long)window.StoredBytes);
            log.WayChosen(goal.Pack, goal.Version, together < alone ? "bundle" : "chunks", together, alone);
            if (together >= alone)
                return true;
            index ??= await ObjectAsync(bundle, null, BundleIndex.MaxBytes, goal.Due is not null, cancellationToken) is { } bytes ? BundleIndex.Read(bytes) : null;
            if (index is null || await TableOfAsync(shown, cancellationToken) is not { } former)
                return true;
            foreach (BundleVolume volume in index.Volumes)
            {
                if (!await fetch(FetchPlan.Ranges(Missing(volume.Windows.Entries).Select(entry => entry.Id), [KeyValuePair.Create(volume.Id, volume.Windows)], out _), cancellationToken))
                    return false;
                foreach (VolumeEntry window in volume.Windows.Entries)
                    await ApplyAsync(goal, window.Id, former, chunks, cancellationToken);
            }
        }
        // Only now: until all is done a window that is held need not come again.
        foreach (VolumeEntry window in index?.Windows ?? [])
            await store.DropAsync(window.Id, cancellationToken);
        if (index is not null)
            await store.DropAsync(bundle, cancellationToken);
        return true;
    }

    private (ShownPack Shown, CatalogueUpdate Update)? UpdateTo(FetchGoal goal) =>
        library.Find(goal.Pack) is { } shown && goal.Updates.FirstOrDefault(update => update.From == shown.Manifest.Version) is { } update ? (shown, update) : null;

    private async Task ApplyAsync(FetchGoal goal, ChunkId id, ChunkTable former, ChunkTable chunks, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(id, cancellationToken) is not { } bytes)
            return;
        if (BundleWindow.Read(bytes) is not { } window || window.New.Any(number => number >= chunks.Count))
        {
            log.WindowUseless(goal.Pack, goal.Version);
            return;
        }
        if (store.Missing(window.New.Select(number => chunks.Chunks[number].Id)).Count == 0)
            return;
        if (await window.ApplyAsync(former, chunks, store.ReadAsync, ZstdPrefix.Unpack, cancellationToken) is not { } fresh)
        {
            log.WindowUseless(goal.Pack, goal.Version);
            return;
        }
        // At rest as chunks of a volume are: packed where it pays, but quickly.
        await store.AddAsync([.. fresh.Select(chunk => ChunkCodings.Compress(chunk.Plain.Span, ChunkCodings.QuickQuality) is { } packed
            ? new ArrivedChunk(chunk.Chunk.Id, ChunkCoding.Brotli, chunk.Chunk.LengthBytes, packed) : ArrivedChunk.Plain(chunk.Chunk.Id, chunk.Plain))], cancellationToken);
    }

    private async Task<ChunkTable?> TableOfAsync(ShownPack shown, CancellationToken cancellationToken)
    {
        var table = new ChunkTable([]);
        foreach (PackFile file in shown.Manifest.Files)
        {
            Recipe? recipe = file.Recipe is not { } id ? file.RecipeOfOneChunk : await store.ReadAsync(id, cancellationToken) is { } bytes ? Recipe.Read(bytes) : null;
            if (recipe is null)
                return null;
            table.Add(recipe);
        }
        return table;
    }

    private IEnumerable<VolumeEntry> Missing(IEnumerable<VolumeEntry> windows)
    {
        HashSet<ChunkId> missing = [.. store.Missing(windows.Select(window => window.Id))];
        return windows.Where(window => missing.Contains(window.Id));
    }

    /// <summary>An object from the store, else from the relay and then kept until the update is done: a link that breaks does not cost it again.</summary>
    private async Task<byte[]?> ObjectAsync(ChunkId id, long? lengthBytes, int maxBytes, bool due, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(id, cancellationToken) is { } held)
            return held;
        if (await transfer.ObjectAsync(id, lengthBytes, maxBytes, due, cancellationToken) is not { } bytes)
            return null;
        await store.AddAsync([ArrivedChunk.Plain(id, bytes)], cancellationToken);
        return bytes;
    }
}
