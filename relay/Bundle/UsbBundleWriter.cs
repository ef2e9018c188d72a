using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Durable;

namespace Relay.Bundle;

/// <summary>A bundle could not be written; the message is for the person at the command line.</summary>
public sealed class UsbBundleException(string message) : Exception(message);

/// <summary>Where a bundle's bytes come from.</summary>
/// <param name="ObjectAsync">An object whole.</param>
/// <param name="RangeAsync">A stretch of a volume: offset, length.</param>
public sealed record UsbBundleSource(
    Func<ChunkId, int, CancellationToken, Task<byte[]>> ObjectAsync,
    Func<ChunkId, int, int, CancellationToken, Task<byte[]>> RangeAsync);

/// <summary>How far the writing is.</summary>
public readonly record struct UsbWriteProgress(long DoneBytes, long TotalBytes);

/// <summary>What was written.</summary>
/// <param name="Head">As it stands on the stick.</param>
/// <param name="WrittenBytes">New on the stick.</param>
/// <param name="KeptBytes">Was there already, from another school or a former bundle.</param>
public sealed record WrittenBundle(UsbBundleHead Head, long WrittenBytes, long KeptBytes);

/// <summary>Writes a bundle into a folder: the former head goes first, the new one comes last, so what was pulled too early shows as what it is.</summary>
public sealed class UsbBundleWriter(UsbBundleSource source, string folder, IProgress<UsbWriteProgress>? progress)
{
    private readonly Dictionary<ChunkId, Needed> _volumes = [];
    private readonly List<Needed> _order = [];
    private long _done;
    private long _total;
    private long _written;
    private long _kept;

    /// <exception cref="UsbBundleException">There is no room, or the relay lacks something.</exception>
    /// <exception cref="IOException">The stick.</exception>
    public async Task<WrittenBundle> WriteAsync(UsbBundleOffer offer, bool asksForReturn, CancellationToken cancellationToken)
    {
        HashSet<ChunkId> held = await HeldAsync(offer, cancellationToken);
        var packs = new List<(OfferedPack Pack, byte[] Manifest, HashSet<Needed> Volumes)>();
        foreach (OfferedPack pack in offer.Packs)
            packs.Add(await PlanAsync(pack, held, cancellationToken));

        Directory.CreateDirectory(Path.Combine(folder, UsbBundlePaths.Folder));
        DurableFile.Remove(PathOf(UsbBundlePaths.HeadOf(offer.School)));
        ImmutableArray<UsbBundleList> lists = [.. offer.Lists.Select(list => new UsbBundleList(list.Kind, list.Version, ChunkId.Of(list.Bytes), list.Bytes.Length))];
        HashSet<ChunkId> wanted =
        [
            .. lists.Select(list => list.Id),
            .. packs.Select(pack => pack.Pack.Manifest),
            .. _order.Where(volume => volume.Carriage == VolumeCarriage.Whole).SelectMany(volume => (ChunkId[])[volume.Ref.Id, volume.Ref.Index]),
        ];
        Clean(wanted);
        _total = _order.Sum(volume => volume.CarriedBytes);
        long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        long room = _order.Where(volume => volume.Carriage != VolumeCarriage.Whole || !File.Exists(PathOf(UsbBundlePaths.Of(volume.Ref.Id)))).Sum(volume => volume.CarriedBytes);
        if (room > free)
            throw new UsbBundleException($"the stick has room for {free:N0} bytes, {room:N0} are needed");

        foreach (OfferedList list in offer.Lists)
            await PutAsync(ChunkId.Of(list.Bytes), list.Bytes, cancellationToken);
        if (offer.Acks is { } acks)
            await PutAsync(ChunkId.Of(acks), acks, cancellationToken);
        foreach ((OfferedPack pack, byte[] manifest, _) in packs)
            await PutAsync(pack.Manifest, manifest, cancellationToken);
        if (offer.Errata.Length > 0)
            await DurableFile.WriteAsync(PathOf(UsbBundlePaths.Errata), offer.Errata, cancellationToken);
        ImmutableArray<VolumeRef> volumes = await VolumesAsync(cancellationToken);
        if (asksForReturn)
            Directory.CreateDirectory(PathOf(UsbBundlePaths.ReturnFolder));
        var head = new UsbBundleHead(offer.School, asksForReturn, lists,
            offer.Acks is null ? null : new UsbBundleObject(ChunkId.Of(offer.Acks), offer.Acks.Length),
            [.. packs.Select(pack => new UsbBundlePack(pack.Pack.Manifest, pack.Manifest.Length, [.. pack.Volumes.SelectMany(volume => volume.Places).Distinct().Order()]))],
            volumes);
        await DurableFile.WriteAsync(PathOf(UsbBundlePaths.HeadOf(offer.School)), head.ToBytes(), cancellationToken);
        return new WrittenBundle(head, _written, _kept);
    }

    /// <summary>Chunks of the versions that the school holds.</summary>
    private async Task<HashSet<ChunkId>> HeldAsync(UsbBundleOffer offer, CancellationToken cancellationToken)
    {
        HashSet<ChunkId> held = [];
        foreach (ChunkId id in offer.Held)
        {
            byte[] bytes = await ObjectAsync(id, ContentLimits.MaxManifestBytes, cancellationToken);
            Manifest manifest = Manifest.Read(bytes, out string problem) ?? throw new UsbBundleException($"manifest {id}: {problem}");
            IReadOnlyList<VolumeIndex> indexes = await IndexesAsync(manifest, cancellationToken);
            held.UnionWith(await ChunksAsync(manifest, indexes, cancellationToken));
        }
        return held;
    }

    /// <summary>What a version needs of which volume.</summary>
    private async Task<(OfferedPack, byte[], HashSet<Needed>)> PlanAsync(OfferedPack pack, HashSet<ChunkId> held, CancellationToken cancellationToken)
    {
        byte[] bytes = await ObjectAsync(pack.Manifest, ContentLimits.MaxManifestBytes, cancellationToken);
        Manifest manifest = Manifest.Read(bytes, out string problem) ?? throw new UsbBundleException($"{pack.Pack}@{pack.Version}: {problem}");
        IReadOnlyList<VolumeIndex> indexes = await IndexesAsync(manifest, cancellationToken);
        HashSet<ChunkId> wanted = await ChunksAsync(manifest, indexes, cancellationToken);
        wanted.ExceptWith(held);
        ImmutableArray<ImmutableArray<VolumeEntry>> placed = UsbBundlePlan.Place(wanted, indexes, out int missing);
        if (missing > 0)
            throw new UsbBundleException($"{pack.Pack}@{pack.Version}: {missing} chunks are in none of its volumes");
        var volumes = new HashSet<Needed>();
        for (int i = 0; i < placed.Length; i++)
        {
            if (placed[i].IsEmpty)
                continue;
            VolumeRef volume = manifest.Volumes[i];
            if (!_volumes.TryGetValue(volume.Id, out Needed? needed))
            {
                _volumes[volume.Id] = needed = new Needed(volume);
                _order.Add(needed);
            }
            needed.Add(placed[i]);
            volumes.Add(needed);
        }
        return (pack, bytes, volumes);
    }

    private async Task<IReadOnlyList<VolumeIndex>> IndexesAsync(Manifest manifest, CancellationToken cancellationToken)
    {
        var indexes = new List<VolumeIndex>();
        foreach (VolumeRef volume in manifest.Volumes)
        {
            byte[] bytes = await ObjectAsync(volume.Index, ContentLimits.MaxIndexBytes, cancellationToken);
            indexes.Add(VolumeIndex.Read(bytes) is { } index && index.VolumeBytes == volume.LengthBytes ? index : throw new UsbBundleException($"index {volume.Index} is damaged at the relay"));
        }
        return indexes;
    }

    /// <summary>Recipes and chunks of a version.</summary>
    private async Task<HashSet<ChunkId>> ChunksAsync(Manifest manifest, IReadOnlyList<VolumeIndex> indexes, CancellationToken cancellationToken)
    {
        HashSet<ChunkId> recipes = [.. manifest.Files.Where(file => file.Recipe is not null).Select(file => file.Recipe!.Value)];
        HashSet<ChunkId> all = [.. recipes];
        foreach (PackFile file in manifest.Files.Where(file => file.Recipe is null))
            all.UnionWith(file.RecipeOfOneChunk.Chunks.Select(chunk => chunk.Id));
        ImmutableArray<RangeFetch> ranges = FetchPlan.Ranges(recipes, [.. manifest.Volumes.Select((volume, i) => KeyValuePair.Create(volume.Id, indexes[i]))], out ImmutableArray<ChunkId> nowhere);
        if (!nowhere.IsEmpty)
            throw new UsbBundleException($"{manifest.Pack}@{manifest.Version}: {nowhere.Length} recipes are in none of its volumes");
        foreach (RangeFetch range in ranges)
        {
            byte[] stretch = await source.RangeAsync(range.Volume, range.OffsetBytes, range.LengthBytes, cancellationToken);
            foreach (VolumeEntry entry in range.Chunks)
            {
                byte[]? plain = Volume.Unpack(entry, stretch.AsSpan(entry.OffsetBytes - range.OffsetBytes, entry.StoredBytes));
                Recipe recipe = plain is not null && Recipe.Read(plain) is { } read ? read : throw new UsbBundleException($"recipe {entry.Id} is damaged at the relay");
                all.UnionWith(recipe.Chunks.Select(chunk => chunk.Id));
            }
        }
        return all;
    }

    /// <summary>Writes the volumes, whole ones first, and gives each its place.</summary>
    private async Task<ImmutableArray<VolumeRef>> VolumesAsync(CancellationToken cancellationToken)
    {
        var volumes = ImmutableArray.CreateBuilder<VolumeRef>();
        foreach (Needed volume in _order.Where(volume => volume.Carriage == VolumeCarriage.Whole))
        {
            volume.Places.Add(volumes.Count);
            volumes.Add(volume.Ref);
            await PutAsync(volume.Ref.Index, await ObjectAsync(volume.Ref.Index, ContentLimits.MaxIndexBytes, cancellationToken), cancellationToken);
            if (!await HasAsync(volume.Ref.Id, volume.Ref.LengthBytes, cancellationToken))
                await WriteAsync(volume.Ref.Id, await ObjectAsync(volume.Ref.Id, ContentLimits.MaxVolumeBytes, cancellationToken), cancellationToken);
            Advance(volume.CarriedBytes);
        }
        var builder = new VolumeBuilder();
        foreach (Needed volume in _order.Where(volume => volume.Carriage == VolumeCarriage.Repacked))
        {
            volume.Places.Add(volumes.Count);
            ImmutableArray<RangeFetch> ranges = FetchPlan.Ranges(volume.Entries.Select(entry => entry.Id), [KeyValuePair.Create(volume.Ref.Id, new VolumeIndex(volume.Entries))], out _);
            foreach (RangeFetch range in ranges)
            {
                byte[] stretch = await source.RangeAsync(range.Volume, range.OffsetBytes, range.LengthBytes, cancellationToken);
                foreach (VolumeEntry entry in range.Chunks)
                {
                    ReadOnlyMemory<byte> stored = stretch.AsMemory(entry.OffsetBytes - range.OffsetBytes, entry.StoredBytes);
                    if (!Volume.IsSound(entry, stored.Span))
                        throw new UsbBundleException($"chunk {entry.Id} is damaged at the relay");
                    if (!builder.TryAddStored(entry, stored.Span))
                    {
                        volumes.Add(await FinishAsync(builder, cancellationToken));
                        builder = new VolumeBuilder();
                        builder.TryAddStored(entry, stored.Span);
                        volume.Places.Add(volumes.Count);
                    }
                    Advance(entry.StoredBytes);
                }
            }
        }
        if (!builder.IsEmpty)
            volumes.Add(await FinishAsync(builder, cancellationToken));
        return volumes.ToImmutable();
    }

    private async Task<VolumeRef> FinishAsync(VolumeBuilder builder, CancellationToken cancellationToken)
    {
        FinishedVolume finished = builder.Finish();
        await PutAsync(finished.Ref.Id, finished.Bytes, cancellationToken);
        await PutAsync(finished.Ref.Index, finished.IndexBytes, cancellationToken);
        return finished.Ref;
    }

    private async Task<byte[]> ObjectAsync(ChunkId id, int maxBytes, CancellationToken cancellationToken)
    {
        byte[] bytes = await source.ObjectAsync(id, maxBytes, cancellationToken);
        return ChunkId.Of(bytes) == id ? bytes : throw new UsbBundleException($"object {id} is damaged at the relay");
    }

    private async Task PutAsync(ChunkId id, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (!await HasAsync(id, bytes.Length, cancellationToken))
            await WriteAsync(id, bytes, cancellationToken);
    }

    /// <summary>Whether the stick has an object already; read back, since sticks lie.</summary>
    private async Task<bool> HasAsync(ChunkId id, int lengthBytes, CancellationToken cancellationToken)
    {
        var file = new FileInfo(PathOf(UsbBundlePaths.Of(id)));
        if (!file.Exists || file.Length != lengthBytes || ChunkId.Of(await File.ReadAllBytesAsync(file.FullName, cancellationToken)) != id)
            return false;
        _kept += lengthBytes;
        return true;
    }

    private async Task WriteAsync(ChunkId id, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        string path = PathOf(UsbBundlePaths.Of(id));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await DurableFile.WriteAsync(path, bytes, cancellationToken);
        _written += bytes.Length;
    }

    /// <summary>Removes objects that neither this bundle nor another school's names: room for the new ones.</summary>
    private void Clean(HashSet<ChunkId> wanted)
    {
        string bundle = PathOf(UsbBundlePaths.Folder);
        HashSet<string> keep = [.. wanted.Select(id => id.ToString())];
        foreach (string path in Directory.EnumerateFiles(bundle, "school-*.head"))
        {
            if (new FileInfo(path).Length <= UsbBundleHead.MaxBytes && UsbBundleHead.Read(File.ReadAllBytes(path)) is { } other)
                keep.UnionWith(other.Objects.Select(item => item.Id.ToString()));
        }
        string objects = Path.Combine(bundle, "objects");
        if (!Directory.Exists(objects))
            return;
        foreach (string path in Directory.EnumerateFiles(objects, "*", SearchOption.AllDirectories).Where(path => !keep.Contains(Path.GetFileName(path))))
            File.Delete(path);
    }

    private string PathOf(string name) => Path.Combine(folder, name);

    private void Advance(long bytes)
    {
        _done += bytes;
        progress?.Report(new UsbWriteProgress(_done, _total));
    }

    /// <summary>What is needed of one volume.</summary>
    private sealed class Needed(VolumeRef volume)
    {
        private readonly HashSet<ChunkId> _ids = [];
        private readonly List<VolumeEntry> _entries = [];
        private long _bytes;

        public VolumeRef Ref => volume;

        public ImmutableArray<VolumeEntry> Entries => [.. _entries.OrderBy(entry => entry.OffsetBytes)];

        public VolumeCarriage Carriage => UsbBundlePlan.CarriageOf(volume.LengthBytes, _bytes);

        public long CarriedBytes => Carriage == VolumeCarriage.Whole ? volume.LengthBytes : _bytes;

        /// <summary>Where on the stick they went.</summary>
        public List<int> Places { get; } = [];

        public void Add(IEnumerable<VolumeEntry> entries)
        {
            foreach (VolumeEntry entry in entries.Where(entry => _ids.Add(entry.Id)))
            {
                _entries.Add(entry);
                _bytes += entry.StoredBytes;
            }
        }
    }
}
