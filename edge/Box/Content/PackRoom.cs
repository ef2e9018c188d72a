using Edge.Core.Content;

namespace Edge.Box.Content;

/// <summary>Makes room for a pack by what <see cref="Eviction"/> says. Packs make room among themselves only: lessons' recordings and pupils' answers are never touched,
/// and of the disk's free space packs leave them <see cref="ContentOptions.ReserveBytes"/>.</summary>
public sealed class PackRoom(DiskChunkStore store, PackLibrary library, Func<SitePlan?> plan, ILogger<PackRoom> log) : IDisposable
{
    /// <summary>What a version needs beside its chunks: manifest, indexes, heads of records.</summary>
    private const long SlackBytes = 1 << 20;

    private readonly SemaphoreSlim _making = new(1);
    private readonly HashSet<ChunkId> _adopted = [];

    /// <summary>Sees to it that <paramref name="bytes"/> can be added for a pack version. What is less wanted goes, only as much as is needed, and nothing at all when even that would not do:
    /// then no byte needs to be fetched.</summary>
    /// <returns>Whether there is room.</returns>
    /// <exception cref="IOException">The disk fails.</exception>
    public async Task<bool> MakeAsync(string pack, long version, long bytes, CancellationToken cancellationToken)
    {
        bytes += Math.Min(SlackBytes, bytes / 8 + ChunkRecord.HeadBytes);
        if (store.RoomBytes >= bytes)
            return true;
        await _making.WaitAsync(cancellationToken);
        try
        {
            if (await store.MakeRoomAsync(bytes, cancellationToken))
                return true;
            if (Victims(pack, version, bytes - store.RoomBytes - store.DeadBytes) is not { } victims)
                return false;
            foreach (HeldPack victim in victims)
            {
                if (victim.Shown)
                    await library.HideAsync(victim.Pack, victim.Version, cancellationToken);
                await store.ReleaseAsync(victim.Holder, cancellationToken);
                log.PackDropped(victim.Pack, victim.Version, pack);
            }
            return await store.MakeRoomAsync(bytes, cancellationToken);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Notes what wanted versions need of what is here already: it came by another route, or the index was lost and made anew from the files.</summary>
    public async Task AdoptAsync(IEnumerable<FetchGoal> goals, CancellationToken cancellationToken)
    {
        foreach (FetchGoal goal in goals)
        {
            if (_adopted.Contains(goal.Manifest) || store.Read(goal.Manifest) is not { } bytes || Manifest.Read(bytes, out _) is not { } manifest)
                continue;
            var needed = new List<ChunkId> { goal.Manifest };
            foreach (PackFile file in manifest.Files)
            {
                if (file.Recipe is { } id)
                    needed.Add(id);
                Recipe? recipe = file.Recipe is { } held ? store.Read(held) is { } listed ? Recipe.Read(listed) : null : file.RecipeOfOneChunk;
                needed.AddRange((recipe?.Chunks ?? []).Select(chunk => chunk.Id));
            }
            await store.HoldAsync(goal.Pack, goal.Version, goal.Manifest, needed, cancellationToken);
            _adopted.Add(goal.Manifest);
        }
    }

    public void Dispose() => _making.Dispose();

    /// <summary>The fewest that give <paramref name="bytes"/>; null when all of them would not.</summary>
    private List<HeldPack>? Victims(string pack, long version, long bytes)
    {
        var victims = new List<HeldPack>();
        IEnumerable<HeldPack> held = store.Holders.Select(holder => new HeldPack(holder.Number, holder.Pack, holder.Version, holder.Shown, holder.Pinned));
        foreach (HeldPack victim in Eviction.Order([.. held], plan(), pack, version))
        {
            if (bytes <= 0)
                break;
            long gives = store.BytesOfOnly(victim.Holder);
            // One that shares all it has gives nothing, and may stay.
            if (gives == 0)
                continue;
            victims.Add(victim);
            bytes -= gives;
        }
        return bytes <= 0 ? victims : null;
    }
}
