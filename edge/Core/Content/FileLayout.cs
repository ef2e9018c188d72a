using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>Reads a file at an offset. Fills <paramref name="into"/> wholly, or throws what its reader throws.</summary>
public delegate void ReadAt(long offsetBytes, Span<byte> into);

/// <summary>How a stretch of a file travels.</summary>
public enum StretchKind
{
    /// <summary>As it is, inside the recipe: small and likely to change with everything else.</summary>
    Literal,
    /// <summary>In chunks with the cuts of documents.</summary>
    Document,
    /// <summary>In chunks with the wider cuts of what is compressed already.</summary>
    Media,
}

/// <summary>A part of a file that is cut by itself: no chunk reaches over its ends.</summary>
public readonly record struct FileStretch(long OffsetBytes, long LengthBytes, StretchKind Kind);

/// <summary>How a file falls into stretches. They stand in order, without gaps, and make up the file, whatever it holds.</summary>
public static class FileLayout
{
    /// <summary>Stretches of a file. A sound zip (by its bytes, not by its name) falls into its members; all else is one stretch.</summary>
    public static ImmutableArray<FileStretch> Of(string mediaType, long lengthBytes, ReadAt read)
    {
        if (lengthBytes == 0)
            return [];
        bool media = Chunker.IsMedia(mediaType);
        return !media && ZipLayout.Read(lengthBytes, read) is { IsDefault: false } members ? members
            : [new FileStretch(0, lengthBytes, media ? StretchKind.Media : StretchKind.Document)];
    }

    /// <summary>The cuts inside a stretch.</summary>
    /// <param name="kind">Not <see cref="StretchKind.Literal"/>.</param>
    /// <param name="fileBytes">Length of the whole file: very long ones get wider cuts.</param>
    public static Chunker ChunkerFor(StretchKind kind, long fileBytes)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)kind, (int)StretchKind.Literal, nameof(kind));
        return Chunker.For(kind == StretchKind.Media, fileBytes);
    }
}
