using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>A chunk's name and its plain length.</summary>
public readonly record struct ChunkRef(ChunkId Id, int LengthBytes);

/// <summary>Bytes of a file that stand in its recipe.</summary>
/// <param name="BeforeChunk">Number of chunks before them.</param>
/// <param name="Bytes">At least one.</param>
public readonly record struct RecipeLiteral(int BeforeChunk, ReadOnlyMemory<byte> Bytes);

/// <summary>A piece of a file in order: a chunk, or bytes of the recipe itself.</summary>
public readonly record struct RecipePart(ChunkRef Chunk, ReadOnlyMemory<byte> Literal)
{
    public bool IsLiteral => Chunk.LengthBytes == 0;

    public int LengthBytes => IsLiteral ? Literal.Length : Chunk.LengthBytes;
}

/// <summary>What a file is made of: chunks in order, and between them the bytes that are in no chunk (heads and directory of a zip); itself a chunk.
/// Wire form: version byte, number of chunks, then per chunk 32 bytes of name and its length (numbers in LEB128). That is all of version 1, for files without literals.
/// Version 2 goes on: number of literals, then for each how many chunks stand between the one before (or the start) and it, and its length; then the bytes of all.</summary>
/// <param name="Chunks">In order.</param>
public sealed record Recipe(ImmutableArray<ChunkRef> Chunks)
{
    public const byte FormatVersion = 2;

    private const byte WithoutLiterals = 1;
    private const int MinEntryBytes = ChunkId.LengthBytes + 1;

    /// <summary>In order; each before another chunk.</summary>
    public ImmutableArray<RecipeLiteral> Literals { get; init; } = [];

    public long LengthBytes => Chunks.Sum(chunk => (long)chunk.LengthBytes) + LiteralBytes;

    /// <summary>Such a file needs no recipe.</summary>
    public bool IsOneChunk => Chunks.Length <= 1 && Literals.IsEmpty;

    public int LiteralBytes => Literals.Sum(literal => literal.Bytes.Length);

    /// <summary>The whole file, piece by piece.</summary>
    public IEnumerable<RecipePart> Parts
    {
        get
        {
            int next = 0;
            for (int i = 0; i <= Chunks.Length; i++)
            {
                if (next < Literals.Length && Literals[next].BeforeChunk == i)
                    yield return new RecipePart(default, Literals[next++].Bytes);
                if (i < Chunks.Length)
                    yield return new RecipePart(Chunks[i], default);
            }
        }
    }

    public byte[] ToBytes()
    {
        var writer = new FieldWriter(16 + Chunks.Length * (MinEntryBytes + 2) + Literals.Length * 4 + LiteralBytes)
            .Byte(Literals.IsEmpty ? WithoutLiterals : FormatVersion).Number(Chunks.Length);
        foreach (ChunkRef chunk in Chunks)
            writer.Id(chunk.Id).Number(chunk.LengthBytes);
        if (Literals.IsEmpty)
            return writer.ToArray();
        writer.Number(Literals.Length);
        int before = 0;
        foreach (RecipeLiteral literal in Literals)
        {
            writer.Number(literal.BeforeChunk - before).Number(literal.Bytes.Length);
            before = literal.BeforeChunk;
        }
        foreach (RecipeLiteral literal in Literals)
            writer.Bytes(literal.Bytes.Span);
        return writer.ToArray();
    }

    /// <returns>Null when the bytes are no whole recipe: another version, cut short, something after the end, an empty or too long part.</returns>
    public static Recipe? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ContentLimits.MaxChunkBytes)
            return null;
        var reader = new FieldReader(bytes);
        byte version = reader.Byte();
        if (version is not (WithoutLiterals or FormatVersion))
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
        ImmutableArray<RecipeLiteral> literals = version == WithoutLiterals ? [] : ReadLiterals(ref reader, count);
        return !literals.IsDefault && reader.AtEnd ? new Recipe(chunks.MoveToImmutable()) { Literals = literals } : null;
    }

    private static ImmutableArray<RecipeLiteral> ReadLiterals(ref FieldReader reader, int chunks)
    {
        int count = reader.Number(chunks + 1);
        if (reader.Failed || count == 0 || count > reader.RemainingBytes / 2)
            return default;
        var places = new (int Before, int Length)[count];
        int before = 0;
        for (int i = 0; i < count; i++)
        {
            int between = reader.Number(chunks - before);
            before += between;
            places[i] = (before, reader.Number(ContentLimits.MaxChunkBytes));
            // Two literals with nothing between would be one: one file has one spelling.
            if (reader.Failed || places[i].Length == 0 || (i > 0 && between == 0))
                return default;
        }
        var literals = ImmutableArray.CreateBuilder<RecipeLiteral>(count);
        foreach ((int place, int length) in places)
            literals.Add(new RecipeLiteral(place, reader.Take(length).ToArray()));
        return reader.Failed ? default : literals.MoveToImmutable();
    }
}
