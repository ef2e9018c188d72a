using System.Buffers;
using System.Collections.Immutable;
using Edge.Core.Content;

namespace Relay.Content;

/// <summary>Where immutable objects come from: the relay's own store, or the staff API.</summary>
/// <param name="Whole">An object by name; null when it is not there or longer than the second argument says.</param>
/// <param name="Part">Fills memory with a stretch of an object: name, offset.</param>
internal sealed record ObjectSource(
    Func<ChunkId, int, CancellationToken, Task<byte[]?>> Whole, Func<ChunkId, int, Memory<byte>, CancellationToken, Task> Part)
{
    public static ObjectSource Of(ContentStore store) => new(store.ReadAsync, async (id, offset, bytes, cancellationToken) =>
    {
        await using FileStream file = store.OpenRead(id);
        for (int at = 0, read; at < bytes.Length; at += read)
        {
            read = await RandomAccess.ReadAsync(file.SafeFileHandle, bytes[at..], offset + at, cancellationToken);
            if (read == 0)
                throw new EndOfStreamException($"object {id} is shorter than its index says");
        }
    });
}

/// <summary>One version with its recipes and the places of its chunks: what deltas and cost tables are made of.</summary>
internal sealed class VersionContent
{
    private readonly Func<ChunkId, CancellationToken, Task<byte[]>> _read;
    private readonly Func<ChunkId, Memory<byte>, CancellationToken, Task> _fill;
    private readonly Dictionary<ChunkId, int> _stored;

    private VersionContent(Manifest manifest, byte[] manifestBytes, ImmutableArray<Recipe> recipes, Dictionary<ChunkId, int> stored,
        Func<ChunkId, CancellationToken, Task<byte[]>> read, Func<ChunkId, Memory<byte>, CancellationToken, Task> fill)
    {
        (Manifest, ManifestBytes, Recipes, _stored, _read, _fill) = (manifest, manifestBytes, recipes, stored, read, fill);
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

    /// <summary>Fills memory with the plain bytes of a chunk, which has this length.</summary>
    /// <exception cref="InvalidDataException">It is not there, damaged, or of another length.</exception>
    public Task FillAsync(ChunkId id, Memory<byte> plain, CancellationToken cancellationToken) => _fill(id, plain, cancellationToken);

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
        async Task FillAsync(ChunkId chunk, Memory<byte> plain, CancellationToken token)
        {
            if (!places.TryGetValue(chunk, out var place))
                throw new InvalidDataException($"chunk {chunk} is missing");
            byte[] stored = ArrayPool<byte>.Shared.Rent(place.Entry.StoredBytes);
            try
            {
                await source.Part(place.Volume, place.Entry.OffsetBytes, stored.AsMemory(0, place.Entry.StoredBytes), token);
                if (!Volume.TryUnpack(place.Entry, stored.AsSpan(0, place.Entry.StoredBytes), plain.Span))
                    throw new InvalidDataException($"chunk {chunk} is damaged");
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(stored);
            }
        }
        async Task<byte[]> ReadAsync(ChunkId chunk, CancellationToken token)
        {
            if (!places.TryGetValue(chunk, out var place))
                return await source.Whole(chunk, ContentLimits.MaxIndexBytes, token) ?? throw new InvalidDataException($"chunk {chunk} is missing");
            byte[] plain = new byte[place.Entry.LengthBytes];
            await FillAsync(chunk, plain, token);
            return plain;
        }
        var recipes = ImmutableArray.CreateBuilder<Recipe>(manifest.Files.Length);
        foreach (PackFile file in manifest.Files)
        {
            recipes.Add(file.Recipe is not { } recipe ? file.RecipeOfOneChunk
                : Recipe.Read(await ReadAsync(recipe, cancellationToken)) ?? throw new InvalidDataException($"the recipe of {file.Path} is damaged"));
        }
        return new VersionContent(manifest, bytes, recipes.MoveToImmutable(), places.ToDictionary(place => place.Key, place => place.Value.Entry.StoredBytes), ReadAsync, FillAsync);
    }

    /// <summary>A version that is not at the relay yet.</summary>
    internal static VersionContent Of(Manifest manifest, ImmutableArray<Recipe> recipes, Dictionary<ChunkId, int> stored, Func<ChunkId, CancellationToken, Task<byte[]>> read) =>
        new(manifest, manifest.ToBytes(), recipes, stored, read, async (id, plain, cancellationToken) => (await read(id, cancellationToken)).CopyTo(plain));
}
