using System.Buffers;
using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Zstandard;

namespace Relay.Content;

/// <summary>A bundle that was made. <paramref name="AloneBytes"/>: what the same chunks cost one by one.</summary>
/// <param name="Windows">New chunks of each window by number, and its length.</param>
internal sealed record BuiltBundle(BundleIndex Index, long AloneBytes, ImmutableArray<(ImmutableArray<int> New, int Bytes)> Windows)
{
    public byte[] IndexBytes { get; } = Index.ToBytes();

    /// <summary>All that travels.</summary>
    public long LengthBytes => IndexBytes.Length + Index.Volumes.Sum(volume => (long)volume.Windows.VolumeBytes);

    /// <summary>Whether it saves anything.</summary>
    public bool Pays => !Index.Volumes.IsEmpty && LengthBytes < AloneBytes;
}

/// <summary>Makes the delta bundle between two versions: window by window, so that the memory it takes does not depend on the packs.</summary>
internal static class BundleBuilder
{
    /// <summary>Volumes of a bundle are finished from this length on: small ones keep both memory and what a caching proxy has to take in small.</summary>
    private const int VolumeBytes = 4 << 20;

    /// <summary>More new bytes than this are no update but another pack: chunks will do.</summary>
    private const long MaxNewBytes = 512L << 20;

    /// <param name="from">What the box holds.</param>
    /// <param name="to">What it is to have.</param>
    /// <param name="packer">The coder.</param>
    /// <param name="put">Stores an object under its name; the bundle's index is left to the caller.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Without volumes when there is nothing to send, or too much.</returns>
    /// <exception cref="InvalidDataException">A chunk is missing or damaged.</exception>
    public static async Task<BuiltBundle> BuildAsync(
        VersionContent from, VersionContent to, ZstdPacker packer, Func<ChunkId, ReadOnlyMemory<byte>, CancellationToken, Task> put, CancellationToken cancellationToken)
    {
        ImmutableArray<ChunkRef> fresh = [.. to.Chunks.Chunks.Where(chunk => !from.Chunks.Contains(chunk.Id))];
        if (fresh.Length == 0 || fresh.Sum(chunk => (long)chunk.LengthBytes) > MaxNewBytes)
            return new BuiltBundle(new BundleIndex([]), fresh.Sum(chunk => (long)to.StoredBytes(chunk.Id)), []);
        var volumes = ImmutableArray.CreateBuilder<BundleVolume>();
        var windows = ImmutableArray.CreateBuilder<(ImmutableArray<int>, int)>();
        var volume = new VolumeBuilder(VolumeBytes + ContentLimits.MaxChunkBytes);
        foreach (PlannedWindow planned in BundlePlan.Windows(from, to))
        {
            foreach ((ImmutableArray<int> inside, byte[] window) in await PackAsync(packer, from, to, planned.Old, planned.New, cancellationToken))
            {
                windows.Add((inside, window.Length));
                bool added = volume.TryAdd(ChunkId.Of(window), window, mayCompress: false);
                System.Diagnostics.Debug.Assert(added, "a volume is finished long before it is full");
                if (volume.LengthBytes < VolumeBytes)
                    continue;
                volumes.Add(await FinishAsync(volume, put, cancellationToken));
                volume = new VolumeBuilder(VolumeBytes + ContentLimits.MaxChunkBytes);
            }
        }
        if (!volume.IsEmpty)
            volumes.Add(await FinishAsync(volume, put, cancellationToken));
        return new BuiltBundle(new BundleIndex(volumes.ToImmutable()), fresh.Sum(chunk => (long)to.StoredBytes(chunk.Id)), windows.ToImmutable());
    }

    /// <summary>One window, or several when the packed bytes are too long for one. Windows take turns in the same memory.</summary>
    private static async Task<ImmutableArray<(ImmutableArray<int> New, byte[] Window)>> PackAsync(
        ZstdPacker packer, VersionContent from, VersionContent to, ImmutableArray<int> old, ImmutableArray<int> fresh, CancellationToken cancellationToken)
    {
        int prefixBytes = LengthOf(from, old), plainBytes = LengthOf(to, fresh);
        byte[] prefix = ArrayPool<byte>.Shared.Rent(prefixBytes);
        byte[] plain = ArrayPool<byte>.Shared.Rent(plainBytes);
        byte[] again = ArrayPool<byte>.Shared.Rent(plainBytes);
        byte[] window;
        try
        {
            await JoinAsync(from, old, prefix, cancellationToken);
            await JoinAsync(to, fresh, plain, cancellationToken);
            ReadOnlyMemory<byte> packed = packer.Pack(prefix.AsMemory(0, prefixBytes), plain.AsMemory(0, plainBytes));
            // What cannot be undone here would be worthless at a thousand boxes.
            if (!ZstdPrefix.TryUnpack(prefix.AsSpan(0, prefixBytes), packed.Span, again.AsSpan(0, plainBytes)) || !again.AsSpan(0, plainBytes).SequenceEqual(plain.AsSpan(0, plainBytes)))
                throw new InvalidDataException("a window of the bundle does not unpack to what was packed");
            window = new BundleWindow(old, fresh, plainBytes, packed).ToBytes();
        }
        finally
        {
            foreach (byte[] buffer in (byte[][])[prefix, plain, again])
                ArrayPool<byte>.Shared.Return(buffer);
        }
        if (window.Length <= ContentLimits.MaxChunkBytes)
            return [(fresh, window)];
        int half = fresh.Length / 2;
        return half == 0 ? throw new InvalidDataException("a chunk does not fit into a window")
            : [.. await PackAsync(packer, from, to, old, fresh[..half], cancellationToken), .. await PackAsync(packer, from, to, old, fresh[half..], cancellationToken)];
    }

    private static int LengthOf(VersionContent version, ImmutableArray<int> numbers) => numbers.Sum(number => version.Chunks.Chunks[number].LengthBytes);

    private static async Task JoinAsync(VersionContent version, ImmutableArray<int> numbers, byte[] joined, CancellationToken cancellationToken)
    {
        int at = 0;
        foreach (int number in numbers)
        {
            ChunkRef chunk = version.Chunks.Chunks[number];
            await version.FillAsync(chunk.Id, joined.AsMemory(at, chunk.LengthBytes), cancellationToken);
            at += chunk.LengthBytes;
        }
    }

    private static async Task<BundleVolume> FinishAsync(VolumeBuilder builder, Func<ChunkId, ReadOnlyMemory<byte>, CancellationToken, Task> put, CancellationToken cancellationToken)
    {
        FinishedVolume volume = builder.Finish();
        await put(volume.Ref.Id, volume.Bytes, cancellationToken);
        return new BundleVolume(volume.Ref.Id, volume.Index);
    }
}
