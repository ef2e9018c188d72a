using System.Buffers;
using System.Buffers.Binary;

namespace Edge.Core.Feedback;

/// <summary>Checks a JPEG by its form and leaves out all that is not picture: EXIF with place and name, XMP, thumbnails, comments, what follows the end (ITU-T T.81, annex B).
/// Of EXIF only how the camera was held stays, in a segment made anew.</summary>
public static class JpegFilter
{
    /// <summary>Most pixels: what unpacks to more is no photo of a phone that fits our bytes.</summary>
    public const long MaxPixels = 100_000_000;

    private const byte Mark = 0xFF, StartOfImage = 0xD8, EndOfImage = 0xD9, StartOfScan = 0xDA, QuantizationTables = 0xDB, RestartInterval = 0xDD, HuffmanTables = 0xC4, Comment = 0xFE;
    private const byte Application0 = 0xE0, Application1 = 0xE1, Application14 = 0xEE, Application15 = 0xEF;

    /// <summary>"Adobe", version, flags, transform: without it the colours of some files are wrong.</summary>
    private const int AdobeBytes = 12;

    /// <returns>The picture alone; null when it is no whole JPEG of a kind that browsers show.</returns>
    public static byte[]? Clean(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith([Mark, StartOfImage]))
            return null;
        var clean = new ArrayBufferWriter<byte>(file.Length + 64);
        clean.Write<byte>([Mark, StartOfImage]);
        ushort orientation = 1;
        bool frame = false, scan = false;
        ReadOnlySpan<byte> rest = file[2..];
        while (TryTakeMarker(ref rest, out byte marker))
        {
            if (marker == EndOfImage)
            {
                clean.Write<byte>([Mark, EndOfImage]);
                return scan ? clean.WrittenSpan.ToArray() : null;
            }
            if (!TryTakeSegment(ref rest, out ReadOnlySpan<byte> segment))
                return null;
            switch (marker)
            {
                case Application1:
                    orientation = OrientationOf(segment) ?? orientation;
                    continue;
                case Application14 when segment.Length >= AdobeBytes && segment.StartsWith("Adobe"u8):
                    segment = segment[..AdobeBytes];
                    break;
                case >= Application0 and <= Application15 or Comment:
                    continue;
                // Baseline, extended and progressive with Huffman codes.
                case 0xC0 or 0xC1 or 0xC2 when !frame && IsFrame(segment):
                    frame = true;
                    if (orientation != 1)
                        WriteOrientation(clean, orientation);
                    break;
                case QuantizationTables or HuffmanTables or RestartInterval:
                    break;
                case StartOfScan when frame && segment.Length >= 6:
                    scan = true;
                    break;
                default:
                    return null;
            }
            clean.Write<byte>([Mark, marker, (byte)((segment.Length + 2) >> 8), (byte)(segment.Length + 2)]);
            clean.Write(segment);
            if (marker == StartOfScan)
            {
                int length = ScanLength(rest);
                clean.Write(rest[..length]);
                rest = rest[length..];
            }
        }
        return null;
    }

    private static bool TryTakeMarker(scoped ref ReadOnlySpan<byte> rest, out byte marker)
    {
        marker = 0;
        if (rest.Length < 2 || rest[0] != Mark)
            return false;
        // Any number of fill bytes may go before a marker (B.1.1.2).
        int at = rest.IndexOfAnyExcept(Mark);
        if (at < 0)
            return false;
        marker = rest[at];
        rest = rest[(at + 1)..];
        return true;
    }

    private static bool TryTakeSegment(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> segment)
    {
        segment = default;
        if (rest.Length < 2 || BinaryPrimitives.ReadUInt16BigEndian(rest) is var length && (length < 2 || length > rest.Length))
            return false;
        segment = rest[2..length];
        rest = rest[length..];
        return true;
    }

    private static bool IsFrame(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 6)
            return false;
        int height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]), components = segment[5];
        return height > 0 && width > 0 && (long)height * width <= MaxPixels && components is >= 1 and <= 4 && segment.Length == 6 + 3 * components;
    }

    /// <summary>Coded bytes up to the next marker that is neither a stuffed byte nor a restart.</summary>
    private static int ScanLength(ReadOnlySpan<byte> rest)
    {
        for (int at = 0; ;)
        {
            int next = rest[at..].IndexOf(Mark);
            if (next < 0 || at + next + 1 >= rest.Length)
                return rest.Length;
            at += next;
            if (rest[at + 1] is not (0 or >= 0xD0 and <= 0xD7))
                return at;
            at += 2;
        }
    }

    /// <summary>Tag 0x0112 of the first directory (EXIF 2.3 §4.6.4); null when it is not told.</summary>
    private static ushort? OrientationOf(ReadOnlySpan<byte> segment)
    {
        if (!segment.StartsWith("Exif\0\0"u8))
            return null;
        ReadOnlySpan<byte> tiff = segment[6..];
        bool little = tiff.StartsWith("II"u8);
        if (tiff.Length < 8 || !little && !tiff.StartsWith("MM"u8))
            return null;
        uint directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
            return null;
        ReadOnlySpan<byte> entries = tiff[((int)directory + 2)..];
        int count = Number(tiff[(int)directory..], little);
        for (int i = 0; i < count && entries.Length >= 12; i++, entries = entries[12..])
        {
            if (Number(entries, little) == 0x0112)
                return Number(entries[8..], little) is >= 1 and <= 8 and var told ? told : null;
        }
        return null;
    }

    private static ushort Number(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static void WriteOrientation(ArrayBufferWriter<byte> clean, ushort orientation)
    {
        clean.Write<byte>([Mark, Application1, 0, 34]);
        clean.Write("Exif\0\0MM\0\u002A"u8);
        clean.Write<byte>([0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte)orientation, 0, 0, 0, 0, 0, 0]);
    }
}
