namespace Edge.Core.Content;

/// <summary>Content-defined cuts: FastCDC (Xia et al., USENIX ATC 2016) with normalised chunking of level 2, a quarter to four times the average.
/// An insertion moves the cuts near it only. It looks at one buffer of <see cref="MaxBytes"/> at a time and keeps no state, so any length of file
/// is cut in bounded memory; a caller that knows borders inside the file (members of a zip) cuts each stretch by itself.</summary>
public sealed class Chunker
{
    /// <summary>Average for files that are compressed already and change as a whole: video, sound, pictures.</summary>
    public const int MediaAverageBytes = 128 << 10;

    /// <summary>Average for everything else, where a small edit should cost little.</summary>
    public const int DocumentAverageBytes = 16 << 10;

    private const int MaxAverageBytes = 256 << 10;

    private readonly ulong _strictMask;
    private readonly ulong _looseMask;

    /// <param name="averageBytes">A power of two from 1 KiB to 256 KiB.</param>
    public Chunker(int averageBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(averageBytes, 1 << 10);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(averageBytes, MaxAverageBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(int.IsPow2(averageBytes), true, nameof(averageBytes));
        AverageBytes = averageBytes;
        int bits = int.Log2(averageBytes);
        // The high bits of the gear hash have seen the most bytes.
        _strictMask = ulong.MaxValue << (64 - bits - 2);
        _looseMask = ulong.MaxValue << (64 - bits + 2);
    }

    public int AverageBytes { get; }

    public int MinBytes => AverageBytes / 4;

    public int MaxBytes => AverageBytes * 4;

    /// <summary>The cuts for a file of this media type. Very long files get wider ones, so that the recipe stays a chunk.</summary>
    public static Chunker For(string mediaType, long lengthBytes) => For(IsMedia(mediaType), lengthBytes);

    internal static Chunker For(bool isMedia, long lengthBytes)
    {
        int average = isMedia ? MediaAverageBytes : DocumentAverageBytes;
        while (average < MaxAverageBytes && lengthBytes / average > ContentLimits.MaxChunks / 2)
            average *= 2;
        return new Chunker(average);
    }

    /// <summary>Whether files of this type are compressed already, so that trying again only costs time.</summary>
    public static bool IsMedia(string mediaType) =>
        mediaType.StartsWith("video/", StringComparison.Ordinal)
        || mediaType.StartsWith("audio/", StringComparison.Ordinal)
        || mediaType is "image/jpeg" or "image/png" or "image/webp" or "image/gif" or "image/avif";

    /// <summary>Length of the first chunk of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">What is left of the file; at least <see cref="MaxBytes"/> of it unless it ends here.</param>
    /// <param name="atEnd">No more bytes follow.</param>
    /// <returns>0 when more bytes are needed to tell, or there are none.</returns>
    public int NextCut(ReadOnlySpan<byte> bytes, bool atEnd)
    {
        if (bytes.Length < MaxBytes && !atEnd)
            return 0;
        if (bytes.Length <= MinBytes)
            return bytes.Length;
        int limit = Math.Min(bytes.Length, MaxBytes);
        int normal = Math.Min(limit, AverageBytes);
        ulong hash = 0;
        int at = MinBytes;
        for (; at < normal; at++)
        {
            hash = (hash << 1) + Gear[bytes[at]];
            if ((hash & _strictMask) == 0)
                return at + 1;
        }
        for (; at < limit; at++)
        {
            hash = (hash << 1) + Gear[bytes[at]];
            if ((hash & _looseMask) == 0)
                return at + 1;
        }
        return limit;
    }

    /// <summary>256 random words. Part of the format: another table would cut every file anew.
    /// SplitMix64 (Steele et al., OOPSLA 2014) from a fixed seed.</summary>
    private static readonly ulong[] Gear = MakeGear();

    private static ulong[] MakeGear()
    {
        ulong[] gear = new ulong[256];
        ulong state = 0x6564_6765_2063_6463;
        for (int i = 0; i < gear.Length; i++)
        {
            state += 0x9E37_79B9_7F4A_7C15;
            ulong word = state;
            word = (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9;
            word = (word ^ (word >> 27)) * 0x94D0_49BB_1331_11EB;
            gear[i] = word ^ (word >> 31);
        }
        return gear;
    }
}
