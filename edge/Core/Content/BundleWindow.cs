using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>A piece of a delta bundle: some new chunks told against some old ones, by itself, so that a bundle of any length is made and used in the memory of one window.
/// Windows travel as chunks of the bundle's volumes. Wire form: version byte 1; number of old chunks and of new ones; per chunk the difference of its number in the
/// version's <see cref="ChunkTable"/> to the one before (zigzag, LEB128); plain length; then what the coder made of the new chunks, with the old ones as prefix.</summary>
/// <param name="Old">Numbers of chunks of the old version, in the order of the prefix.</param>
/// <param name="New">Numbers of chunks of the new version, in the order in which they stand.</param>
/// <param name="LengthBytes">Of the new chunks together.</param>
public sealed record BundleWindow(ImmutableArray<int> Old, ImmutableArray<int> New, int LengthBytes, ReadOnlyMemory<byte> Packed)
{
    /// <summary>Most bytes of old chunks, and of new ones: twice this and the packed window are what making or using one takes, besides the coder's own tables.</summary>
    public const int MaxBytes = 16 << 20;

    private const byte FormatVersion = 1;
    private const int MaxNumber = 10_000_000;

    /// <summary>Undoes the coding and checks each new chunk by its name.</summary>
    /// <param name="from">Chunks of the old version.</param>
    /// <param name="to">Chunks of the new version.</param>
    /// <param name="read">Gives old chunks; null when one is not held.</param>
    /// <param name="unpack">The coder.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The new chunks in order; null when anything is missing or wrong.</returns>
    public async Task<ImmutableArray<(ChunkRef Chunk, ReadOnlyMemory<byte> Plain)>?> ApplyAsync(
        ChunkTable from, ChunkTable to, Func<ChunkId, CancellationToken, Task<byte[]?>> read, PrefixUnpack unpack, CancellationToken cancellationToken)
    {
        if (Old.Any(number => number >= from.Count) || New.Any(number => number >= to.Count)
            || Old.Sum(number => (long)from.Chunks[number].LengthBytes) is var prefixBytes && prefixBytes > MaxBytes
            || New.Sum(number => (long)to.Chunks[number].LengthBytes) != LengthBytes)
            return null;
        byte[] prefix = new byte[prefixBytes];
        int at = 0;
        foreach (int number in Old)
        {
            ChunkRef chunk = from.Chunks[number];
            if (await read(chunk.Id, cancellationToken) is not { } bytes || bytes.Length != chunk.LengthBytes)
                return null;
            bytes.CopyTo(prefix, at);
            at += bytes.Length;
        }
        if (unpack(prefix, Packed, LengthBytes) is not { } plain)
            return null;
        var chunks = ImmutableArray.CreateBuilder<(ChunkRef, ReadOnlyMemory<byte>)>(New.Length);
        at = 0;
        foreach (int number in New)
        {
            ChunkRef chunk = to.Chunks[number];
            ReadOnlyMemory<byte> bytes = plain.AsMemory(at, chunk.LengthBytes);
            if (ChunkId.Of(bytes.Span) != chunk.Id)
                return null;
            chunks.Add((chunk, bytes));
            at += chunk.LengthBytes;
        }
        return chunks.MoveToImmutable();
    }

    public byte[] ToBytes()
    {
        FieldWriter writer = new FieldWriter(32 + 3 * (Old.Length + New.Length) + Packed.Length).Byte(FormatVersion).Number(Old.Length).Number(New.Length);
        foreach (ImmutableArray<int> numbers in (ImmutableArray<int>[])[Old, New])
        {
            int former = -1;
            foreach (int number in numbers)
            {
                int step = number - former - 1;
                writer.Number((uint)((step << 1) ^ (step >> 31)));
                former = number;
            }
        }
        return writer.Number(LengthBytes).Bytes(Packed.Span).ToArray();
    }

    /// <returns>Null when the bytes are no whole window.</returns>
    public static BundleWindow? Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > ContentLimits.MaxChunkBytes)
            return null;
        var reader = new FieldReader(bytes.Span);
        if (reader.Byte() != FormatVersion)
            return null;
        int old = reader.Number(reader.RemainingBytes);
        int fresh = reader.Number(reader.RemainingBytes);
        if (reader.Failed || (long)old + fresh > reader.RemainingBytes || fresh == 0)
            return null;
        ImmutableArray<int> oldNumbers = ReadNumbers(ref reader, old);
        ImmutableArray<int> newNumbers = ReadNumbers(ref reader, fresh);
        int length = reader.Number(MaxBytes);
        return reader.Failed || oldNumbers.IsDefault || newNumbers.IsDefault ? null : new BundleWindow(oldNumbers, newNumbers, length, bytes[^reader.RemainingBytes..]);
    }

    private static ImmutableArray<int> ReadNumbers(ref FieldReader reader, int count)
    {
        var numbers = ImmutableArray.CreateBuilder<int>(count);
        int former = -1;
        for (int i = 0; i < count; i++)
        {
            uint coded = (uint)reader.LongNumber(2 * MaxNumber);
            former += 1 + ((int)(coded >> 1) ^ -(int)(coded & 1));
            if (reader.Failed || former is < 0 or > MaxNumber)
                return default;
            numbers.Add(former);
        }
        return numbers.MoveToImmutable();
    }
}
