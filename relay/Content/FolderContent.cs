using System.Collections.Immutable;
using System.Security.Cryptography;
using Edge.Core.Content;
using Microsoft.Win32.SafeHandles;

namespace Relay.Content;

/// <summary>A folder as the version that a build would make of it, with nothing sent anywhere.</summary>
internal static class FolderContent
{
    /// <summary>Reads the folder once, and packs what <paramref name="before"/> does not have to learn how long it travels.</summary>
    /// <param name="folder">With a <c>pack.json</c>.</param>
    /// <param name="before">The version it would follow; null for the first of two folders.</param>
    /// <param name="time">For the time of the build.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="PackBuildException">The folder cannot be made a pack.</exception>
    public static async Task<VersionContent> ReadAsync(string folder, VersionContent? before, TimeProvider time, CancellationToken cancellationToken)
    {
        PackFolder source = PackFolder.Read(folder);
        var recipes = ImmutableArray.CreateBuilder<Recipe>(source.Files.Length);
        var files = ImmutableArray.CreateBuilder<PackFile>(source.Files.Length);
        var places = new Dictionary<ChunkId, (string Path, long Offset, int Length)>();
        var objects = new Dictionary<ChunkId, byte[]>();
        var stored = new Dictionary<ChunkId, int>();
        var recipeEntries = new List<VolumeEntry>();
        var chunkEntries = new List<VolumeEntry>();
        void Enter(List<VolumeEntry> entries, ChunkId id, ReadOnlySpan<byte> plain, bool mayCompress, bool held)
        {
            if (!stored.TryAdd(id, 0) || held)
                return;
            int? packed = mayCompress ? ChunkCodings.Compress(plain)?.Length : null;
            stored[id] = packed ?? plain.Length;
            entries.Add(new VolumeEntry(id, 0, packed ?? plain.Length, plain.Length, packed is null ? ChunkCoding.Plain : ChunkCoding.Brotli));
        }
        HashSet<ChunkId> heldRecipes = [.. before?.Manifest.Files.Select(file => file.Recipe).OfType<ChunkId>() ?? []];
        foreach (FolderFile file in source.Files)
        {
            using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var chunks = ImmutableArray.CreateBuilder<ChunkRef>();
            var literals = ImmutableArray.CreateBuilder<RecipeLiteral>();
            long at = 0;
            await FileCutter.ReadAsync(file.FullPath, file.File.MediaType, (isLiteral, part) =>
            {
                whole.AppendData(part.Span);
                if (isLiteral)
                    literals.Add(new RecipeLiteral(chunks.Count, part));
                else
                {
                    var chunk = new ChunkRef(ChunkId.Of(part.Span), part.Length);
                    chunks.Add(chunk);
                    places.TryAdd(chunk.Id, (file.FullPath, at, part.Length));
                    Enter(chunkEntries, chunk.Id, part.Span, !Chunker.IsMedia(file.File.MediaType), before is null || before.Chunks.Contains(chunk.Id));
                }
                at += part.Length;
                return Task.CompletedTask;
            }, cancellationToken);
            var recipe = new Recipe(chunks.ToImmutable()) { Literals = literals.ToImmutable() };
            recipes.Add(recipe);
            PackFile described = file.File with { LengthBytes = at, Sha256 = new ChunkId(whole.GetHashAndReset()) };
            if (!recipe.IsOneChunk)
            {
                byte[] bytes = recipe.ToBytes();
                described = described with { Recipe = ChunkId.Of(bytes) };
                objects[described.Recipe.Value] = bytes;
                Enter(recipeEntries, described.Recipe.Value, bytes, mayCompress: true, before is null || heldRecipes.Contains(described.Recipe.Value));
            }
            files.Add(described);
        }
        ImmutableArray<VolumeRef> fresh = [.. Volumes([.. recipeEntries, .. chunkEntries], objects)];
        var manifest = new Manifest(source.Id, (before?.Manifest.Version ?? 0) + 1, time.GetUtcNow(), source.Metadata, files.ToImmutable(), [.. fresh, .. before?.Manifest.Volumes ?? []]);
        return VersionContent.Of(manifest, recipes.ToImmutable(), stored, (id, _) => Task.FromResult(objects.TryGetValue(id, out byte[]? held) ? held : Read(places[id])));
    }

    /// <summary>Indexes as a build would make them; the volumes' own names stand for as many bytes as the true ones.</summary>
    private static IEnumerable<VolumeRef> Volumes(List<VolumeEntry> entries, Dictionary<ChunkId, byte[]> objects)
    {
        for (int next = 0; next < entries.Count;)
        {
            var within = ImmutableArray.CreateBuilder<VolumeEntry>();
            int at = Volume.HeaderBytes;
            for (; next < entries.Count && at + entries[next].LengthBytes <= ContentLimits.MaxVolumeBytes; next++)
            {
                within.Add(entries[next] with { OffsetBytes = at });
                at += entries[next].StoredBytes;
            }
            byte[] index = new VolumeIndex(within.ToImmutable()).ToBytes();
            var id = ChunkId.Of(index);
            objects[id] = index;
            yield return new VolumeRef(ChunkId.Of(id.ToArray()), at, id, index.Length);
        }
    }

    private static byte[] Read((string Path, long Offset, int Length) place)
    {
        using SafeFileHandle file = File.OpenHandle(place.Path);
        byte[] bytes = new byte[place.Length];
        for (int at = 0, read; at < bytes.Length; at += read)
        {
            read = RandomAccess.Read(file, bytes.AsSpan(at), place.Offset + at);
            if (read == 0)
                throw new EndOfStreamException($"{place.Path}: became shorter while it was read");
        }
        return bytes;
    }
}
