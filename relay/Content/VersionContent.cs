using System.Collections.Immutable;
using Edge.Core.Content;

namespace Relay.Content;

/// <summary>Where immutable objects come from: the relay's own store, or the staff API.</summary>
/// <param name="Whole">An object by name; null when it is not there or longer than the second argument says.</param>
/// <param name="Part">A stretch of an object: name, offset, length.</param>
internal sealed record ObjectSource(
    Func<ChunkId, int, CancellationToken, Task<byte[]?>> Whole, Func<ChunkId, int, int, CancellationToken, Task<byte[]>> Part)
{
    public static ObjectSource Of(ContentStore store) => new(store.ReadAsync, async (id, offset, length, cancellationToken) =>
    {
        byte[] bytes = new byte[length];
        await using FileStream file = store.OpenRead(id);
        for (int at = 0, read; at < length; at += read)
        {
            read = await RandomAccess.ReadAsync(file.SafeFileHandle, bytes.AsMemory(at), offset + at, cancellationToken);
            if (read == 0)
                throw new EndOfStreamException($"object {id} is shorter than its index says");
        }
        return bytes;
    });
}

/// <summary>One version with its recipes and the places of its chunks: what deltas and cost tables are made of.</summary>
internal sealed class VersionContent
{
    private readonly Func<ChunkId, CancellationToken, Task<byte[]>> _read;
    private readonly Dictionary<ChunkId, int> _stored;

    private VersionContent(Manifest manifest, byte[] manifestBytes, ImmutableArray<Recipe> recipes, Dictionary<ChunkId, int> stored, Func<ChunkId, CancellationToken, Task<byte[]>> read)
    {
        (Manifest, ManifestBytes, Recipes, _stored, _read) = (manifest, manifestBytes, recipes, stored, read);
        Chunks = new ChunkTable(recipes);
    }

    public Manifest Manifest { get; }

    /// <summary>As it travels.</summary>
    public byte[] ManifestBytes { get; }

    /// <summary>One per file, in the manifest's order.</summary>
    public ImmutableArray<Recipe> Recipes { get; }

    public ChunkTable Chunks { get; }

    /// <summary>Length of a chunk or recipe as it travels.</summary>
    public int StoredBytes(ChunkId id) => _stored[id];

    /// <summary>Plain bytes of a chunk or recipe, or an index.</summary>
    /// <exception cref="InvalidDataException">It is not there, or damaged.</exception>
    public Task<byte[]> ReadAsync(ChunkId id, CancellationToken cancellationToken) => _read(id, cancellationToken);

    /// <summary>Reads what this version has, and else what <paramref name="other"/> has.</summary>
    public Func<ChunkId, CancellationToken, Task<byte[]>> ReadAny(VersionContent other) =>
        (id, cancellationToken) => (_stored.ContainsKey(id) || !other._stored.ContainsKey(id) ? this : other).ReadAsync(id, cancellationToken);

    /// <summary>Reads a version that the relay holds.</summary>
    /// <exception cref="InvalidDataException">It is not all there, or damaged.</exception>
    public static async Task<VersionContent> LoadAsync(ObjectSource source, ChunkId id, CancellationToken cancellationToken)
    {
        byte[] bytes = await source.Whole(id, ContentLimits.MaxManifestBytes, cancellationToken) ?? throw new InvalidDataException($"manifest {id} is missing");
        Manifest manifest = Manifest.Read(bytes, out string problem) ?? throw new InvalidDataException($"manifest {id}: {problem}");
        var places = new Dictionary<ChunkId, (ChunkId Volume, VolumeEntry Entry)>();
        foreach (VolumeRef volume in manifest.Volumes)
        {
            VolumeIndex index = await source.Whole(volume.Index, ContentLimits.MaxIndexBytes, cancellationToken) is { } read && VolumeIndex.Read(read) is { } sound
                ? sound : throw new InvalidDataException($"index {volume.Index} is missing or damaged");
            foreach (VolumeEntry entry in index.Entries)
                places.TryAdd(entry.Id, (volume.Id, entry));
        }
        async Task<byte[]> ReadAsync(ChunkId chunk, CancellationToken token)
        {
            byte[]? plain = places.TryGetValue(chunk, out var place)
                ? Volume.Unpack(place.Entry, await source.Part(place.Volume, place.Entry.OffsetBytes, place.Entry.StoredBytes, token))
                : await source.Whole(chunk, ContentLimits.MaxIndexBytes, token);
            return plain ?? throw new InvalidDataException($"chunk {chunk} is missing or damaged");
        }
        var recipes = ImmutableArray.CreateBuilder<Recipe>(manifest.Files.Length);
        foreach (PackFile file in manifest.Files)
        {
            recipes.Add(file.Recipe is not { } recipe ? file.RecipeOfOneChunk
                : Recipe.Read(await ReadAsync(recipe, cancellationToken)) ?? throw new InvalidDataException($"the recipe of {file.Path} is damaged"));
        }
        return new VersionContent(manifest, bytes, recipes.MoveToImmutable(), places.ToDictionary(place => place.Key, place => place.Value.Entry.StoredBytes), ReadAsync);
    }

    /// <summary>A version that is not at the relay yet.</summary>
    internal static VersionContent Of(Manifest manifest, ImmutableArray<Recipe> recipes, Dictionary<ChunkId, int> stored, Func<ChunkId, CancellationToken, Task<byte[]>> read) =>
        new(manifest, manifest.ToBytes(), recipes, stored, read);
}
