using System.Buffers;
using System.Collections.Immutable;
using Edge.Core.Content;
using Microsoft.Win32.SafeHandles;

namespace Relay.Content;

/// <summary>Cuts a file on disk into the parts of its recipe, in bounded memory.</summary>
internal static class FileCutter
{
    /// <summary>Gives each part in order: literals as they stand, all else as chunks. The memory is reused after each call.</summary>
    /// <exception cref="IOException">The file cannot be read, or became shorter.</exception>
    public static async Task ReadAsync(string path, string mediaType, Func<bool, ReadOnlyMemory<byte>, Task> takePart, CancellationToken cancellationToken)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.Asynchronous);
        long length = RandomAccess.GetLength(file);
        ImmutableArray<FileStretch> stretches = FileLayout.Of(mediaType, length, (offset, into) => ReadExactly(file, offset, into));
        foreach (FileStretch stretch in stretches)
        {
            if (stretch.Kind != StretchKind.Literal)
            {
                await CutAsync(file, stretch, FileLayout.ChunkerFor(stretch.Kind, length), takePart, cancellationToken);
                continue;
            }
            byte[] literal = new byte[stretch.LengthBytes];
            ReadExactly(file, stretch.OffsetBytes, literal);
            await takePart(true, literal);
        }
    }

    private static async Task CutAsync(SafeFileHandle file, FileStretch stretch, Chunker chunker, Func<bool, ReadOnlyMemory<byte>, Task> takePart, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(chunker.MaxBytes * 2, stretch.LengthBytes));
        try
        {
            int held = 0;
            long next = stretch.OffsetBytes;
            long end = stretch.OffsetBytes + stretch.LengthBytes;
            while (next < end || held > 0)
            {
                int wanted = (int)Math.Min(buffer.Length - held, end - next);
                for (int read; wanted > 0; wanted -= read)
                {
                    read = await RandomAccess.ReadAsync(file, buffer.AsMemory(held, wanted), next, cancellationToken);
                    if (read == 0)
                        throw new EndOfStreamException("the file became shorter while it was read");
                    held += read;
                    next += read;
                }
                int at = 0;
                for (int cut; (cut = chunker.NextCut(buffer.AsSpan(at, held - at), next == end)) > 0; at += cut)
                    await takePart(false, buffer.AsMemory(at, cut));
                buffer.AsSpan(at, held - at).CopyTo(buffer);
                held -= at;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void ReadExactly(SafeFileHandle file, long offset, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int read = RandomAccess.Read(file, into, offset);
            if (read == 0)
                throw new EndOfStreamException("the file became shorter while it was read");
            offset += read;
            into = into[read..];
        }
    }
}
