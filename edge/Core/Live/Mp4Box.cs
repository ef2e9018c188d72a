using System.Buffers.Binary;

namespace Edge.Core.Live;

/// <summary>A box of an MP4 file (ISO/IEC 14496-12 §4.2).</summary>
/// <param name="type">Four letters.</param>
/// <param name="body">What follows its head.</param>
public readonly ref struct Mp4Box(uint type, ReadOnlySpan<byte> body)
{
    public const uint MovieFragment = 0x6D6F6F66, MediaData = 0x6D646174, Movie = 0x6D6F6F76, Track = 0x7472616B, TrackHead = 0x746B6864, Media = 0x6D646961, MediaHead = 0x6D646864,
        Handler = 0x68646C72, MovieExtends = 0x6D766578, TrackExtends = 0x74726578, TrackFragment = 0x74726166, TrackFragmentHead = 0x74666864, DecodeTime = 0x74666474, TrackRun = 0x7472756E;

    private const int HeadBytes = 8;
    private const int LargeHeadBytes = 16;

    public uint Type { get; } = type;

    public ReadOnlySpan<byte> Body { get; } = body;

    /// <summary>Takes the first box off <paramref name="bytes"/>.</summary>
    /// <returns>False when there is none, or it is not all there.</returns>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> bytes, out Mp4Box box)
    {
        box = default;
        if (bytes.Length < HeadBytes)
            return false;
        ulong length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        int head = HeadBytes;
        if (length == 1 && bytes.Length >= LargeHeadBytes)
            (length, head) = (BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), LargeHeadBytes);
        // 0: it goes to the end of the file.
        else if (length == 0)
            length = (ulong)bytes.Length;
        if (length < (ulong)head || length > (ulong)bytes.Length)
            return false;
        box = new Mp4Box(BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]), bytes[head..(int)length]);
        bytes = bytes[(int)length..];
        return true;
    }

    /// <summary>The first box of a kind within this one.</summary>
    public bool TryFind(uint type, out Mp4Box found) => TryFind(Body, type, out found);

    public static bool TryFind(ReadOnlySpan<byte> bytes, uint type, out Mp4Box found)
    {
        while (TryTake(ref bytes, out found))
        {
            if (found.Type == type)
                return true;
        }
        return false;
    }
}
