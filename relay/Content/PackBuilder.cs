using System.Collections.Immutable;
using System.Security.Cryptography;
using Edge.Core.Content;

namespace Relay.Content;

/// <summary>Where the chunks that were asked for are: <paramref name="Places"/> has one number for each, an index into <paramref name="Volumes"/>, or -1 if unknown.</summary>
public sealed record KnownChunks(ImmutableArray<VolumeRef> Volumes, ImmutableArray<int> Places);

/// <summary>The newest version of a pack. A withdrawn one is not built upon: the same files then make a new version, which can be published.</summary>
public sealed record LatestPack(Manifest Manifest, bool Withdrawn);

/// <summary>What the builder needs of the relay.</summary>
/// <param name="Latest">The newest version of a pack; null for a new pack.</param>
/// <param name="Known">Which of these chunks (at most <see cref="PackBuilder.MaxAsked"/>) the relay has, and in which volumes.</param>
/// <param name="Put">Stores an object under its name.</param>
public sealed record BuildTarget(
    Func<string, CancellationToken, Task<LatestPack?>> Latest,
    Func<IReadOnlyList<ChunkId>, CancellationToken, Task<KnownChunks>> Known,
    Func<ChunkId, ReadOnlyMemory<byte>, CancellationToken, Task> Put);

/// <summary>How far a build is. Every file is read twice: once to cut, once to pack what is new.</summary>
public readonly record struct BuildProgress(bool Packing, long DoneBytes, long TotalBytes);

/// <summary>A built version. <paramref name="Changed"/> is false when the folder is the same as the newest version, which is then returned.</summary>
public sealed record BuiltPack(Manifest Manifest, ChunkId Id, bool Changed, int NewChunks, long NewBytes, ImmutableArray<string> Skipped);

/// <summary>Makes a pack version of a folder: cuts files into chunks, packs those that the relay lacks into volumes, and describes it all in a manifest.
/// Holds one volume and one chunk in memory, and 60 bytes per chunk.</summary>
public sealed class PackBuilder(BuildTarget target, TimeProvider time, IProgress<BuildProgress>? progress)
{
    /// <summary>Most chunks in one question to <see cref="BuildTarget.Known"/>.</summary>
    public const int MaxAsked = 50_000;

    private sealed record CutFile(FolderFile Source, PackFile File, Recipe Recipe);

    private long _doneBytes;

    /// <summary>Builds, stores all objects, the manifest last. It is not registered yet.</summary>
    /// <exception cref="PackBuildException">The folder cannot be made a pack, or a file changed while it was read.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public async Task<BuiltPack> BuildAsync(string folder, CancellationToken cancellationToken)
    {
        PackFolder source = PackFolder.Read(folder);
        long total = source.Files.Sum(file => file.LengthBytes);
        var cut = ImmutableArray.CreateBuilder<CutFile>(source.Files.Length);
        _doneBytes = 0;
        foreach (FolderFile file in source.Files)
            cut.Add(await CutAsync(file, total, cancellationToken));
        ImmutableArray<PackFile> files = [.. cut.Select(file => file.File)];

        LatestPack? latest = await target.Latest(source.Id, cancellationToken);
        var draft = new Manifest(source.Id, (latest?.Manifest.Version ?? 0) + 1, time.GetUtcNow(), source.Metadata, files, []);
        if (draft.Problem() is { } problem)
            throw new PackBuildException([problem]);
        if (latest is { Withdrawn: false } && SameContent(latest.Manifest, draft))
            return new BuiltPack(latest.Manifest, ChunkId.Of(latest.Manifest.ToBytes()), Changed: false, 0, 0, source.Skipped);

        // Recipes go first: a box needs them before the chunks they name.
        List<ChunkId> needed = [.. cut.Where(file => file.File.Recipe is not null).Select(file => file.File.Recipe!.Value), .. cut.SelectMany(file => file.Recipe.Chunks.Select(chunk => chunk.Id))];
        (HashSet<ChunkId> known, List<VolumeRef> old) = await AskAsync([.. needed.Distinct()], cancellationToken);
        _doneBytes = 0;
        (List<VolumeRef> fresh, int newChunks) = await PackAsync(cut.MoveToImmutable(), known, total, cancellationToken);
        Manifest manifest = draft with { Volumes = [.. fresh, .. old] };
        byte[] bytes = manifest.ToBytes();
        if (bytes.Length > ContentLimits.MaxManifestBytes || manifest.Problem() is not null)
            throw new PackBuildException([manifest.Problem() ?? $"{folder}: the description of so many files is over {ContentLimits.MaxManifestBytes} bytes"]);
        var id = ChunkId.Of(bytes);
        await target.Put(id, bytes, cancellationToken);
        return new BuiltPack(manifest, id, Changed: true, newChunks, fresh.Sum(volume => (long)volume.LengthBytes + volume.IndexBytes) + bytes.Length, source.Skipped);
    }

    /// <summary>First reading: cuts, names, whole-file hash.</summary>
    private async Task<CutFile> CutAsync(FolderFile source, long total, CancellationToken cancellationToken)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunks = ImmutableArray.CreateBuilder<ChunkRef>();
        var literals = ImmutableArray.CreateBuilder<RecipeLiteral>();
        await ReadPartsAsync(source, total, packing: false, (isLiteral, part) =>
        {
            whole.AppendData(part.Span);
            if (isLiteral)
                literals.Add(new RecipeLiteral(chunks.Count, part));
            else
                chunks.Add(new ChunkRef(ChunkId.Of(part.Span), part.Length));
            return Task.CompletedTask;
        }, cancellationToken);
        var recipe = new Recipe(chunks.ToImmutable()) { Literals = literals.ToImmutable() };
        return new CutFile(source, source.File with
        {
            LengthBytes = recipe.LengthBytes,
            Sha256 = new ChunkId(whole.GetHashAndReset()),
            Recipe = recipe.IsOneChunk ? null : ChunkId.Of(recipe.ToBytes()),
        }, recipe);
    }

    /// <summary>Second reading: packs what the relay lacks.</summary>
    private async Task<(List<VolumeRef> Volumes, int NewChunks)> PackAsync(ImmutableArray<CutFile> files, HashSet<ChunkId> known, long total, CancellationToken cancellationToken)
    {
        var volumes = new List<VolumeRef>();
        var builder = new VolumeBuilder();
        int packed = 0;
        async Task AddAsync(ChunkId id, ReadOnlyMemory<byte> plain, bool mayCompress)
        {
            if (!known.Add(id))
                return;
            packed++;
            if (builder.TryAdd(id, plain.Span, mayCompress))
                return;
            volumes.Add(await StoreAsync(builder.Finish(), cancellationToken));
            builder = new VolumeBuilder();
            bool fits = builder.TryAdd(id, plain.Span, mayCompress);
            System.Diagnostics.Debug.Assert(fits, "an empty volume has room for any chunk");
        }
        foreach (CutFile file in files.Where(file => file.File.Recipe is not null))
            await AddAsync(file.File.Recipe!.Value, file.Recipe.ToBytes(), mayCompress: true);
        foreach (CutFile file in files)
        {
            int next = 0;
            bool mayCompress = !Chunker.IsMedia(file.File.MediaType);
            await ReadPartsAsync(file.Source, total, packing: true, async (isLiteral, chunk) =>
            {
                if (isLiteral)
                    return;
                ChunkId id = ChunkId.Of(chunk.Span);
                if (next >= file.Recipe.Chunks.Length || file.Recipe.Chunks[next].Id != id)
                    throw new PackBuildException([$"{file.File.Path}: changed while it was read; build again"]);
                next++;
                await AddAsync(id, chunk, mayCompress);
            }, cancellationToken);
            if (next != file.Recipe.Chunks.Length)
                throw new PackBuildException([$"{file.File.Path}: changed while it was read; build again"]);
        }
        if (!builder.IsEmpty)
            volumes.Add(await StoreAsync(builder.Finish(), cancellationToken));
        return (volumes, packed);
    }

    private async Task<VolumeRef> StoreAsync(FinishedVolume volume, CancellationToken cancellationToken)
    {
        await target.Put(volume.Ref.Id, volume.Bytes, cancellationToken);
        await target.Put(volume.Ref.Index, volume.IndexBytes, cancellationToken);
        return volume.Ref;
    }

    private async Task<(HashSet<ChunkId> Known, List<VolumeRef> Volumes)> AskAsync(ChunkId[] needed, CancellationToken cancellationToken)
    {
        var known = new HashSet<ChunkId>();
        var volumes = new List<VolumeRef>();
        foreach (ChunkId[] asked in needed.Chunk(MaxAsked))
        {
            KnownChunks answer = await target.Known(asked, cancellationToken);
            for (int i = 0; i < asked.Length; i++)
            {
                if (answer.Places[i] >= 0)
                    known.Add(asked[i]);
            }
            volumes.AddRange(answer.Volumes.Except(volumes));
        }
        return (known, volumes);
    }

    private async Task ReadPartsAsync(FolderFile source, long total, bool packing, Func<bool, ReadOnlyMemory<byte>, Task> takePart, CancellationToken cancellationToken)
    {
        try
        {
            await FileCutter.ReadAsync(source.FullPath, source.File.MediaType, async (isLiteral, part) =>
            {
                await takePart(isLiteral, part);
                _doneBytes += part.Length;
                progress?.Report(new BuildProgress(packing, _doneBytes, total));
            }, cancellationToken);
        }
        catch (EndOfStreamException)
        {
            throw new PackBuildException([$"{source.File.Path}: changed while it was read; build again"]);
        }
    }

    /// <summary>Same but for number, time and where the chunks lie.</summary>
    private static bool SameContent(Manifest latest, Manifest draft) =>
        latest.ToBytes().AsSpan().SequenceEqual((draft with { Version = latest.Version, Created = latest.Created, Volumes = latest.Volumes }).ToBytes());
}
