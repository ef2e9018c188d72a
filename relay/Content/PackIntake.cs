using System.Buffers;
using System.Security.Cryptography;
using Edge.Core.Content;

namespace Relay.Content;

/// <summary>Takes in a version whose objects were uploaded: reads and checks all of it as a box would, then enters it.
/// What a box would refuse is refused here first, with a reason.</summary>
public sealed class PackIntake(ContentStore store, PackRegistry registry, UpdateLoop updates)
{
    /// <returns>The reason for a refusal, which changes nothing; null when the version is registered.</returns>
    /// <exception cref="IOException">The store cannot be read.</exception>
    public async Task<(PackVersion? Added, string? Refusal)> AcceptAsync(ChunkId id, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(id, ContentLimits.MaxManifestBytes, cancellationToken) is not { } bytes)
            return (null, "the manifest was not uploaded");
        if (Manifest.Read(bytes, out string problem) is not { } manifest)
            return (null, $"not a manifest: {problem}");
        if (registry.Find(manifest.Pack, null) is { } latest && latest.Version >= manifest.Version)
            return latest.Manifest == id ? (latest, null) : (null, $"{manifest.Pack} has version {latest.Version} already; versions only grow");
        var places = new Dictionary<ChunkId, (ChunkId Volume, VolumeEntry Entry)>();
        var fresh = new List<(VolumeRef, VolumeIndex)>();
        HashSet<ChunkId> known = registry.KnownVolumes(manifest.Volumes.Select(volume => volume.Id));
        foreach (VolumeRef volume in manifest.Volumes)
        {
            (VolumeIndex? index, string? refusal) = await ReadVolumeAsync(volume, !known.Contains(volume.Id), cancellationToken);
            if (index is null)
                return (null, refusal);
            if (!known.Contains(volume.Id))
                fresh.Add((volume, index));
            foreach (VolumeEntry entry in index.Entries)
                places.TryAdd(entry.Id, (volume.Id, entry));
        }
        foreach (PackFile file in manifest.Files)
        {
            if (await FileProblemAsync(file, places, cancellationToken) is { } wrong)
                return (null, $"{file.Path}: {wrong}");
        }
        if (!await registry.AddAsync(manifest, id, bytes.Length, fresh, cancellationToken))
            return (null, $"another build of {manifest.Pack} was quicker; build again");
        updates.Wake();
        return (registry.Find(manifest.Pack, manifest.Version), null);
    }

    private async Task<(VolumeIndex? Index, string? Refusal)> ReadVolumeAsync(VolumeRef volume, bool checkChunks, CancellationToken cancellationToken)
    {
        if (store.LengthOf(volume.Id) != volume.LengthBytes)
            return (null, $"volume {volume.Id} was not uploaded");
        if (await store.ReadAsync(volume.Index, ContentLimits.MaxIndexBytes, cancellationToken) is not { } bytes || bytes.Length != volume.IndexBytes)
            return (null, $"index {volume.Index} was not uploaded");
        if (VolumeIndex.Read(bytes) is not { } index || index.VolumeBytes != volume.LengthBytes)
            return (null, $"index {volume.Index} does not fit volume {volume.Id}");
        if (checkChunks)
        {
            // Chunk by chunk: a volume at once would be most of the memory that the relay needs.
            await using FileStream file = store.OpenRead(volume.Id);
            byte[] head = new byte[Volume.HeaderBytes];
            await RandomAccess.ReadAsync(file.SafeFileHandle, head, 0, cancellationToken);
            bool sound = head.AsSpan().SequenceEqual(Volume.Header);
            byte[] stored = ArrayPool<byte>.Shared.Rent(ContentLimits.MaxChunkBytes);
            foreach (VolumeEntry entry in index.Entries)
            {
                await RandomAccess.ReadAsync(file.SafeFileHandle, stored.AsMemory(0, entry.StoredBytes), entry.OffsetBytes, cancellationToken);
                sound = sound && Volume.IsSound(entry, stored.AsSpan(0, entry.StoredBytes));
            }
            ArrayPool<byte>.Shared.Return(stored);
            if (!sound)
                return (null, $"volume {volume.Id} does not hold the chunks that its index names");
        }
        return (index, null);
    }

    private async Task<string?> FileProblemAsync(PackFile file, Dictionary<ChunkId, (ChunkId Volume, VolumeEntry Entry)> places, CancellationToken cancellationToken)
    {
        Recipe? recipe = file.RecipeOfOneChunk;
        if (file.Recipe is { } id)
        {
            recipe = await ReadChunkAsync(id, places, cancellationToken) is { } bytes ? Recipe.Read(bytes) : null;
            if (recipe is null)
                return "its recipe is missing or damaged";
        }
        if (recipe.LengthBytes != file.LengthBytes)
            return "its recipe is for another length";
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (RecipePart part in recipe.Parts)
        {
            if (part.IsLiteral)
            {
                whole.AppendData(part.Literal.Span);
                continue;
            }
            if (!await AppendAsync(whole, part.Chunk, places, cancellationToken))
                return $"chunk {part.Chunk.Id} is missing or damaged";
        }
        return new ChunkId(whole.GetHashAndReset()) == file.Sha256 ? null : "its chunks do not make up the file";
    }

    /// <summary>A pack is read through here: its chunks take turns in the same memory.</summary>
    private async Task<bool> AppendAsync(IncrementalHash whole, ChunkRef chunk, Dictionary<ChunkId, (ChunkId Volume, VolumeEntry Entry)> places, CancellationToken cancellationToken)
    {
        if (!places.TryGetValue(chunk.Id, out var place) || place.Entry.LengthBytes != chunk.LengthBytes)
            return false;
        byte[] stored = ArrayPool<byte>.Shared.Rent(place.Entry.StoredBytes);
        byte[] plain = ArrayPool<byte>.Shared.Rent(chunk.LengthBytes);
        try
        {
            await using FileStream volume = store.OpenRead(place.Volume);
            await RandomAccess.ReadAsync(volume.SafeFileHandle, stored.AsMemory(0, place.Entry.StoredBytes), place.Entry.OffsetBytes, cancellationToken);
            if (!Volume.TryUnpack(place.Entry, stored.AsSpan(0, place.Entry.StoredBytes), plain.AsSpan(0, chunk.LengthBytes)))
                return false;
            whole.AppendData(plain, 0, chunk.LengthBytes);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    private async Task<byte[]?> ReadChunkAsync(ChunkId id, Dictionary<ChunkId, (ChunkId Volume, VolumeEntry Entry)> places, CancellationToken cancellationToken)
    {
        if (!places.TryGetValue(id, out var place))
            return null;
        byte[] stored = new byte[place.Entry.StoredBytes];
        await using FileStream volume = store.OpenRead(place.Volume);
        await RandomAccess.ReadAsync(volume.SafeFileHandle, stored, place.Entry.OffsetBytes, cancellationToken);
        return Volume.Unpack(place.Entry, stored);
    }
}
