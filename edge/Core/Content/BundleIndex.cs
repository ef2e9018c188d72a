using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>One volume of a bundle and where its windows lie.</summary>
public sealed record BundleVolume(ChunkId Id, VolumeIndex Windows);

/// <summary>What a delta bundle consists of. An object of its own, named in the signed catalogue, so its volumes and windows need no signature.
/// Wire form: version byte 1; number of volumes; per volume its name, the length of its index and the index as <see cref="VolumeIndex"/> writes it.</summary>
public sealed record BundleIndex(ImmutableArray<BundleVolume> Volumes)
{
    /// <summary>Longest as it travels: some 27 000 windows.</summary>
    public const int MaxBytes = 1 << 20;

    private const byte FormatVersion = 1;
    private const int MaxVolumes = 1_000;

    public IEnumerable<VolumeEntry> Windows => Volumes.SelectMany(volume => volume.Windows.Entries);

    public byte[] ToBytes()
    {
        FieldWriter writer = new FieldWriter(256).Byte(FormatVersion).Number(Volumes.Length);
        foreach (BundleVolume volume in Volumes)
        {
            byte[] windows = volume.Windows.ToBytes();
            writer.Id(volume.Id).Number(windows.Length).Bytes(windows);
        }
        return writer.ToArray();
    }

    /// <returns>Null when the bytes are no whole bundle index.</returns>
    public static BundleIndex? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            return null;
        var reader = new FieldReader(bytes);
        if (reader.Byte() != FormatVersion)
            return null;
        int count = reader.Number(MaxVolumes);
        if (reader.Failed || count > reader.RemainingBytes / ChunkId.LengthBytes)
            return null;
        var volumes = ImmutableArray.CreateBuilder<BundleVolume>(count);
        for (int i = 0; i < count; i++)
        {
            ChunkId id = reader.Id();
            ReadOnlySpan<byte> windows = reader.Take(reader.Number(reader.RemainingBytes));
            if (reader.Failed || VolumeIndex.Read(windows) is not { } index)
                return null;
            volumes.Add(new BundleVolume(id, index));
        }
        return reader.AtEnd ? new BundleIndex(volumes.MoveToImmutable()) : null;
    }
}
