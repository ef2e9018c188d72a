using System.Buffers;
using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>How a manifest names a volume: both files are immutable objects named by SHA-256.</summary>
public sealed record VolumeRef(ChunkId Id, int LengthBytes, ChunkId Index, int IndexBytes);

/// <summary>One file of many chunks: eight bytes of header, then the chunks as coded, one behind the other.</summary>
public static class Volume
{
    public const int HeaderBytes = 8;

    /// <summary>First bytes of a volume: name and version of the format.</summary>
    public static ReadOnlySpan<byte> Header => "EDGEVOL1"u8;

    /// <summary>Takes the plain bytes of a chunk out of what stands in a volume.</summary>
    /// <returns>Null when they are not the chunk that the entry names.</returns>
    public static byte[]? Unpack(VolumeEntry entry, ReadOnlySpan<byte> stored)
    {
        byte[] plain = new byte[entry.LengthBytes];
        return TryUnpack(entry, stored, plain) ? plain : null;
    }

    /// <summary>As <see cref="Unpack"/>, into <paramref name="plain"/>, which has the length of the chunk.</summary>
    /// <returns>False when they are not the chunk that the entry names; then <paramref name="plain"/> may hold anything.</returns>
    public static bool TryUnpack(VolumeEntry entry, ReadOnlySpan<byte> stored, Span<byte> plain) =>
        stored.Length == entry.StoredBytes && ChunkCodings.TryDecode(entry.Coding, stored, plain) && ChunkId.Of(plain) == entry.Id;

    /// <summary>Whether what stands in a volume is the chunk that the entry names. Takes no memory of its own for long: thousands are asked about one after the other.</summary>
    public static bool IsSound(VolumeEntry entry, ReadOnlySpan<byte> stored)
    {
        if (entry.Coding == ChunkCoding.Plain)
            return stored.Length == entry.StoredBytes && stored.Length == entry.LengthBytes && ChunkId.Of(stored) == entry.Id;
        byte[] plain = ArrayPool<byte>.Shared.Rent(entry.LengthBytes);
        try
        {
            return TryUnpack(entry, stored, plain.AsSpan(0, entry.LengthBytes));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }
}

/// <summary>A volume and its index, ready to be stored.</summary>
public sealed record FinishedVolume(VolumeRef Ref, ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> IndexBytes, VolumeIndex Index);

/// <summary>Puts chunks one behind the other until the volume is full.</summary>
public sealed class VolumeBuilder
{
    private readonly ArrayBufferWriter<byte> _bytes;
    private readonly ImmutableArray<VolumeEntry>.Builder _entries = ImmutableArray.CreateBuilder<VolumeEntry>();

    /// <param name="capacityBytes">How long it will be; more is possible, and costs twice the memory for a moment.</param>
    public VolumeBuilder(int capacityBytes = 256)
    {
        _bytes = new ArrayBufferWriter<byte>(capacityBytes);
        _bytes.Write(Volume.Header);
    }

    public bool IsEmpty => _entries.Count == 0;

    /// <summary>Length of the volume so far.</summary>
    public int LengthBytes => _bytes.WrittenCount;

    /// <summary>Adds a chunk, compressed if <paramref name="mayCompress"/> and it pays.</summary>
    /// <returns>False when there is no room: finish this volume and begin another.</returns>
    public bool TryAdd(ChunkId id, ReadOnlySpan<byte> plain, bool mayCompress)
    {
        ArgumentOutOfRangeException.ThrowIfZero(plain.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plain.Length, ContentLimits.MaxChunkBytes);
        // Room is judged by the plain length, so that a chunk is not compressed in vain.
        if (_bytes.WrittenCount + plain.Length > ContentLimits.MaxVolumeBytes || _entries.Count == ContentLimits.MaxChunks)
            return false;
        byte[]? packed = mayCompress ? ChunkCodings.Compress(plain) : null;
        int offset = _bytes.WrittenCount;
        _bytes.Write(packed is null ? plain : packed);
        _entries.Add(new VolumeEntry(id, offset, packed?.Length ?? plain.Length, plain.Length, packed is null ? ChunkCoding.Plain : ChunkCoding.Brotli));
        return true;
    }

    /// <summary>Adds a chunk as it stands in another volume.</summary>
    /// <returns>False when there is no room: finish this volume and begin another.</returns>
    public bool TryAddStored(VolumeEntry entry, ReadOnlySpan<byte> stored)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(stored.Length, entry.StoredBytes);
        if (_bytes.WrittenCount + stored.Length > ContentLimits.MaxVolumeBytes || _entries.Count == ContentLimits.MaxChunks)
            return false;
        _entries.Add(entry with { OffsetBytes = _bytes.WrittenCount });
        _bytes.Write(stored);
        return true;
    }

    public FinishedVolume Finish()
    {
        var index = new VolumeIndex(_entries.ToImmutable());
        byte[] indexBytes = index.ToBytes();
        ReadOnlyMemory<byte> bytes = _bytes.WrittenMemory;
        return new FinishedVolume(new VolumeRef(ChunkId.Of(bytes.Span), bytes.Length, ChunkId.Of(indexBytes), indexBytes.Length), bytes, indexBytes, index);
    }
}
