using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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

    /// <summary>Shorter lanes would spend their time on <see cref="HashBefore"/>.</summary>
    private const int LeastLaneBytes = 512;

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
        // A cut is where the masked bits are zero. They are the highest, so it is where the hash is not above the others.
        int cut = FirstAtMost(~_strictMask, bytes, MinBytes, normal);
        return cut > 0 ? cut : FirstAtMost(~_looseMask, bytes, normal, limit) is > 0 and var late ? late : limit;
    }

    /// <summary>Length up to the first byte of a stretch at which the hash is not above <paramref name="most"/>; 0 when there is none.
    /// Four lanes side by side: each byte waits for the one before, so one lane alone leaves most of the processor idle.</summary>
    private int FirstAtMost(ulong most, ReadOnlySpan<byte> bytes, int from, int to)
    {
        ref ulong gear = ref MemoryMarshal.GetArrayDataReference(Gear);
        int lane = Math.Max(AverageBytes / 32, LeastLaneBytes);
        int at = from;
        for (; to - at >= 4 * lane; at += 4 * lane)
        {
            ulong first = HashBefore(bytes, at), second = HashBefore(bytes, at + lane), third = HashBefore(bytes, at + 2 * lane), fourth = HashBefore(bytes, at + 3 * lane);
            int inSecond = 0, inThird = 0, inFourth = 0;
            // Whole lanes inside the bytes: the slice says so once, for all of the loop.
            ref byte next = ref MemoryMarshal.GetReference(bytes.Slice(at, 4 * lane));
            for (int i = 0; i < lane; i++)
            {
                first = (first << 1) + Unsafe.Add(ref gear, (nint)Unsafe.Add(ref next, i));
                second = (second << 1) + Unsafe.Add(ref gear, (nint)Unsafe.Add(ref next, i + lane));
                third = (third << 1) + Unsafe.Add(ref gear, (nint)Unsafe.Add(ref next, i + 2 * lane));
                fourth = (fourth << 1) + Unsafe.Add(ref gear, (nint)Unsafe.Add(ref next, i + 3 * lane));
                if (first <= most)
                    return at + i + 1;
                if (second <= most && inSecond == 0)
                    inSecond = at + lane + i + 1;
                if (third <= most && inThird == 0)
                    inThird = at + 2 * lane + i + 1;
                if (fourth <= most && inFourth == 0)
                    inFourth = at + 3 * lane + i + 1;
            }
            if ((inSecond | inThird | inFourth) != 0)
                return inSecond != 0 ? inSecond : inThird != 0 ? inThird : inFourth;
        }
        for (ulong hash = HashBefore(bytes, at); at < to; at++)
        {
            hash = (hash << 1) + Gear[bytes[at]];
            if (hash <= most)
                return at + 1;
        }
        return 0;
    }

    /// <summary>The hash as it stands before a byte. It begins at <see cref="MinBytes"/> and has forgotten what is further back than it has bits.</summary>
    private ulong HashBefore(ReadOnlySpan<byte> bytes, int at)
    {
        ulong hash = 0;
        for (int i = Math.Max(MinBytes, at - 64); i < at; i++)
            hash = (hash << 1) + Gear[bytes[i]];
        return hash;
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
