using Edge.Core.Content;

namespace Edge.Box.Content;

/// <summary>A file of a pack as a stream that seeks. Holds one chunk and the recipe in memory. Every byte it gives was checked when it was read from disk.</summary>
public sealed class PackFileStream : Stream
{
    private readonly RecipePart[] _parts;
    private readonly long[] _starts;
    private readonly Func<ChunkId, CancellationToken, Task<byte[]?>> _read;
    private int _held = -1;
    private ReadOnlyMemory<byte> _bytes;

    /// <param name="recipe">Chunks of the file.</param>
    /// <param name="read">Gives the bytes of a chunk, or null.</param>
    public PackFileStream(Recipe recipe, Func<ChunkId, CancellationToken, Task<byte[]?>> read)
    {
        _parts = [.. recipe.Parts];
        _read = read;
        _starts = new long[_parts.Length];
        for (int i = 0; i < _starts.Length; i++)
        {
            _starts[i] = Length;
            Length += _parts[i].LengthBytes;
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position { get; set; }

    /// <exception cref="IOException">A chunk is missing or damaged; it is fetched again.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= Length || buffer.IsEmpty)
            return 0;
        int found = Array.BinarySearch(_starts, Position);
        int wanted = found >= 0 ? found : ~found - 1;
        if (wanted != _held)
        {
            RecipePart part = _parts[wanted];
            ReadOnlyMemory<byte> bytes = part.IsLiteral ? part.Literal : await _read(part.Chunk.Id, cancellationToken);
            if (bytes.Length != part.LengthBytes)
                throw new IOException($"chunk {part.Chunk.Id} is missing; it is fetched again");
            (_held, _bytes) = (wanted, bytes);
        }
        int offset = (int)(Position - _starts[wanted]);
        int count = Math.Min(buffer.Length, _bytes.Length - offset);
        _bytes.Slice(offset, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read it asynchronously");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
