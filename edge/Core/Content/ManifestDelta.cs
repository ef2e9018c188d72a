using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>The description of a version (manifest, recipes, indexes of its new volumes) told against the one before. An object of its own, named in the signed catalogue.
/// Wire form: version byte 1; names of both manifests; how many recipes of the old version serve as prefix, and for each the number of its file less that of the one before less 1;
/// then twice plain length, packed length and packed bytes. The first packed part holds number, then length and bytes each, of the new recipes, and the same of the new indexes;
/// its prefix is the old manifest and the old recipes. The second is the new manifest; its prefix is the old manifest, the first part, and the names of all that is in it.</summary>
public sealed record ManifestDelta(ChunkId From, ChunkId To, ImmutableArray<int> PrefixFiles, ManifestDelta.Part Objects, ManifestDelta.Part Manifest)
{
    /// <summary>Longest delta as it travels. A longer one would hardly be cheaper than what it stands for.</summary>
    public const int MaxBytes = ContentLimits.MaxManifestBytes;

    /// <summary>Most bytes of recipes and indexes in one delta, and of old recipes in its prefix: together with the manifests 40 MiB in memory.
    /// What is over is left out and fetched by itself.</summary>
    public const int MaxObjectsBytes = 16 << 20;

    private const byte FormatVersion = 1;

    /// <summary>Packed bytes and what they unpack to.</summary>
    public readonly record struct Part(int LengthBytes, ReadOnlyMemory<byte> Packed);

    /// <summary>A version described anew: its manifest as it travels, and recipes and indexes that the old version did not have.</summary>
    public sealed record Description(byte[] Manifest, ImmutableArray<byte[]> Recipes, ImmutableArray<byte[]> Indexes);

    /// <param name="from">The old version.</param>
    /// <param name="fromBytes">Its manifest as it travels.</param>
    /// <param name="to">The new version.</param>
    /// <param name="toBytes">Its manifest as it travels.</param>
    /// <param name="read">Gives recipes and indexes by name.</param>
    /// <param name="pack">The coder.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<ManifestDelta> BuildAsync(
        Manifest from, byte[] fromBytes, Manifest to, byte[] toBytes, Func<ChunkId, CancellationToken, Task<byte[]>> read, PrefixPack pack, CancellationToken cancellationToken)
    {
        HashSet<ChunkId> kept = [.. from.Files.Select(file => file.Recipe).OfType<ChunkId>()];
        kept.IntersectWith(to.Files.Select(file => file.Recipe).OfType<ChunkId>());
        (ImmutableArray<int> prefixFiles, List<byte[]> prefix) = await OldRecipesAsync(from, kept, read, cancellationToken);

        var recipes = new List<byte[]>();
        var indexes = new List<byte[]>();
        int left = MaxObjectsBytes;
        async Task TakeAsync(ChunkId id, List<byte[]> into)
        {
            byte[] bytes = await read(id, cancellationToken);
            if (bytes.Length > left)
                return;
            left -= bytes.Length + 8;
            into.Add(bytes);
        }
        foreach (VolumeRef volume in to.Volumes.Except(from.Volumes))
            await TakeAsync(volume.Index, indexes);
        foreach (ChunkId recipe in to.Files.Select(file => file.Recipe).OfType<ChunkId>().Distinct().Except(from.Files.Select(file => file.Recipe).OfType<ChunkId>()))
            await TakeAsync(recipe, recipes);

        FieldWriter writer = new(MaxObjectsBytes - left + 64);
        foreach (List<byte[]> objects in (List<byte[]>[])[recipes, indexes])
        {
            writer.Number(objects.Count);
            foreach (byte[] bytes in objects)
                writer.Number(bytes.Length).Bytes(bytes);
        }
        byte[] plain = writer.ToArray();
        return new ManifestDelta(ChunkId.Of(fromBytes), ChunkId.Of(toBytes), prefixFiles,
            new Part(plain.Length, pack(Joined([fromBytes, .. prefix]), plain)),
            new Part(toBytes.Length, pack(ManifestPrefix(fromBytes, plain, recipes, indexes), toBytes)));
    }

    /// <summary>Makes the new description of the old one.</summary>
    /// <param name="from">The old version; <see cref="From"/> names it.</param>
    /// <param name="fromBytes">Its manifest as it travels.</param>
    /// <param name="read">Gives recipes of the old version; null when one is not held.</param>
    /// <param name="unpack">The coder.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Null when anything is missing, or the manifest is not the one that <see cref="To"/> names.</returns>
    public async Task<Description?> ApplyAsync(Manifest from, byte[] fromBytes, Func<ChunkId, CancellationToken, Task<byte[]?>> read, PrefixUnpack unpack, CancellationToken cancellationToken)
    {
        var prefix = new List<byte[]> { fromBytes };
        int left = MaxObjectsBytes;
        foreach (int file in PrefixFiles)
        {
            if (file >= from.Files.Length || from.Files[file].Recipe is not { } recipe || await read(recipe, cancellationToken) is not { } bytes || bytes.Length > left)
                return null;
            left -= bytes.Length;
            prefix.Add(bytes);
        }
        if (unpack(Joined(prefix), Objects.Packed, Objects.LengthBytes) is not { } plain || ReadObjects(plain) is not var (recipes, indexes))
            return null;
        return unpack(ManifestPrefix(fromBytes, plain, recipes, indexes), Manifest.Packed, Manifest.LengthBytes) is { } manifest && ChunkId.Of(manifest) == To
            ? new Description(manifest, [.. recipes], [.. indexes]) : null;
    }

    public byte[] ToBytes()
    {
        FieldWriter writer = new FieldWriter(128 + PrefixFiles.Length * 2 + Objects.Packed.Length + Manifest.Packed.Length).Byte(FormatVersion).Id(From).Id(To).Number(PrefixFiles.Length);
        int next = 0;
        foreach (int file in PrefixFiles)
        {
            writer.Number(file - next);
            next = file + 1;
        }
        foreach (Part part in (Part[])[Objects, Manifest])
            writer.Number(part.LengthBytes).Number(part.Packed.Length).Bytes(part.Packed.Span);
        return writer.ToArray();
    }

    /// <returns>Null when the bytes are no whole delta.</returns>
    public static ManifestDelta? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            return null;
        var reader = new FieldReader(bytes);
        if (reader.Byte() != FormatVersion)
            return null;
        ChunkId from = reader.Id();
        ChunkId to = reader.Id();
        int count = reader.Number(ContentLimits.MaxFiles);
        if (reader.Failed || count > reader.RemainingBytes)
            return null;
        var files = ImmutableArray.CreateBuilder<int>(count);
        for (int i = 0, next = 0; i < count; i++)
        {
            files.Add(next + reader.Number(ContentLimits.MaxFiles - next));
            next = Math.Min(files[i] + 1, ContentLimits.MaxFiles);
        }
        Part objects = ReadPart(ref reader, MaxObjectsBytes);
        Part manifest = ReadPart(ref reader, ContentLimits.MaxManifestBytes);
        return reader.AtEnd ? new ManifestDelta(from, to, files.MoveToImmutable(), objects, manifest) : null;
    }

    private static async Task<(ImmutableArray<int> Files, List<byte[]> Recipes)> OldRecipesAsync(
        Manifest from, HashSet<ChunkId> kept, Func<ChunkId, CancellationToken, Task<byte[]>> read, CancellationToken cancellationToken)
    {
        var files = ImmutableArray.CreateBuilder<int>();
        var recipes = new List<byte[]>();
        int left = MaxObjectsBytes;
        for (int i = 0; i < from.Files.Length; i++)
        {
            if (from.Files[i].Recipe is not { } recipe || !kept.Add(recipe))
                continue;
            byte[] bytes = await read(recipe, cancellationToken);
            if (bytes.Length > left)
                continue;
            left -= bytes.Length;
            files.Add(i);
            recipes.Add(bytes);
        }
        return (files.ToImmutable(), recipes);
    }

    private static Part ReadPart(ref FieldReader reader, int maxBytes)
    {
        int length = reader.Number(maxBytes);
        return new Part(length, reader.Take(reader.Number(reader.RemainingBytes)).ToArray());
    }

    private static (List<byte[]> Recipes, List<byte[]> Indexes)? ReadObjects(ReadOnlySpan<byte> plain)
    {
        var reader = new FieldReader(plain);
        List<byte[]> recipes = ReadList(ref reader, ContentLimits.MaxFiles);
        List<byte[]> indexes = ReadList(ref reader, ContentLimits.MaxVolumes);
        return reader.AtEnd ? (recipes, indexes) : null;
    }

    private static List<byte[]> ReadList(ref FieldReader reader, int max)
    {
        int count = reader.Number(max);
        var objects = new List<byte[]>();
        for (int i = 0; i < count && !reader.Failed; i++)
            objects.Add(reader.Take(reader.Number(reader.RemainingBytes)).ToArray());
        return objects;
    }

    private static byte[] ManifestPrefix(byte[] fromBytes, byte[] objects, List<byte[]> recipes, List<byte[]> indexes) =>
        Joined([fromBytes, objects, .. recipes.Concat(indexes).Select(bytes => ChunkId.Of(bytes).ToArray())]);

    private static byte[] Joined(IReadOnlyList<byte[]> parts)
    {
        byte[] joined = new byte[parts.Sum(part => part.Length)];
        int at = 0;
        foreach (byte[] part in parts)
        {
            part.CopyTo(joined, at);
            at += part.Length;
        }
        return joined;
    }
}
