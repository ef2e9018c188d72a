using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>Where one chunk lies in a volume. <paramref name="StoredBytes"/> as it stands there, <paramref name="LengthBytes"/> plain.</summary>
public readonly record struct VolumeEntry(ChunkId Id, int OffsetBytes, int StoredBytes, int LengthBytes, ChunkCoding Coding);

/// <summary>Where each chunk lies in one volume. The chunks stand without gaps behind <see cref="Volume.HeaderBytes"/>, so offsets are sums.
/// Wire form: version byte 1, number of chunks, then per chunk 32 bytes of name, coding byte, stored length and, unless plain, plain length.</summary>
public sealed record VolumeIndex(ImmutableArray<VolumeEntry> Entries)
{
    public const byte FormatVersion = 1;

    private const int MinEntryBytes = ChunkId.LengthBytes + 2;

    /// <summary>Length that the volume must have.</summary>
    public int VolumeBytes => Entries.IsEmpty ? Volume.HeaderBytes : Entries[^1].OffsetBytes + Entries[^1].StoredBytes;

    public byte[] ToBytes()
    {
        var writer = new FieldWriter(8 + Entries.Length * (MinEntryBytes + 4)).Byte(FormatVersion).Number(Entries.Length);
        foreach (VolumeEntry entry in Entries)
        {
            writer.Id(entry.Id).Byte((byte)entry.Coding).Number(entry.StoredBytes);
            if (entry.Coding != ChunkCoding.Plain)
                writer.Number(entry.LengthBytes);
        }
        return writer.ToArray();
    }

    /// <returns>Null when the bytes are no whole index, or what they describe is over <see cref="ContentLimits"/>.</returns>
    public static VolumeIndex? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ContentLimits.MaxIndexBytes)
            return null;
        var reader = new FieldReader(bytes);
        if (reader.Byte() != FormatVersion)
            return null;
        int count = reader.Number(ContentLimits.MaxChunks);
        if (reader.Failed || count > reader.RemainingBytes / MinEntryBytes)
            return null;
        var entries = ImmutableArray.CreateBuilder<VolumeEntry>(count);
        int offset = Volume.HeaderBytes;
        for (int i = 0; i < count; i++)
        {
            ChunkId id = reader.Id();
            var coding = (ChunkCoding)reader.Byte();
            int stored = reader.Number(ContentLimits.MaxChunkBytes);
            int length = coding == ChunkCoding.Plain ? stored : reader.Number(ContentLimits.MaxChunkBytes);
            if (reader.Failed || coding > ChunkCoding.Brotli || stored == 0 || length == 0 || stored > length || offset > ContentLimits.MaxVolumeBytes - stored)
                return null;
            entries.Add(new VolumeEntry(id, offset, stored, length, coding));
            offset += stored;
        }
        return reader.AtEnd ? new VolumeIndex(entries.MoveToImmutable()) : null;
    }
}
