using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>A chunk's name and its plain length.</summary>
public readonly record struct ChunkRef(ChunkId Id, int LengthBytes);

/// <summary>A file's ordered chunk list; itself a chunk. Wire form: version byte 1, number of chunks,
/// then per chunk 32 bytes of name and its length (numbers in LEB128).</summary>
public sealed record Recipe(ImmutableArray<ChunkRef> Chunks)
{
    public const byte FormatVersion = 1;

    private const int MinEntryBytes = ChunkId.LengthBytes + 1;

    public long LengthBytes => Chunks.Sum(chunk => (long)chunk.LengthBytes);

    public byte[] ToBytes()
    {
        var writer = new FieldWriter(8 + Chunks.Length * (MinEntryBytes + 2)).Byte(FormatVersion).Number(Chunks.Length);
        foreach (ChunkRef chunk in Chunks)
            writer.Id(chunk.Id).Number(chunk.LengthBytes);
        return writer.ToArray();
    }

    /// <returns>Null when the bytes are no whole recipe: another version, cut short, something after the end, an empty or too long chunk.</returns>
    public static Recipe? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ContentLimits.MaxChunkBytes)
            return null;
        var reader = new FieldReader(bytes);
        if (reader.Byte() != FormatVersion)
            return null;
        int count = reader.Number(ContentLimits.MaxChunks);
        if (reader.Failed || count > reader.RemainingBytes / MinEntryBytes)
            return null;
        var chunks = ImmutableArray.CreateBuilder<ChunkRef>(count);
        for (int i = 0; i < count; i++)
        {
            var chunk = new ChunkRef(reader.Id(), reader.Number(ContentLimits.MaxChunkBytes));
            if (reader.Failed || chunk.LengthBytes == 0)
                return null;
            chunks.Add(chunk);
        }
        return reader.AtEnd ? new Recipe(chunks.MoveToImmutable()) : null;
    }
}
