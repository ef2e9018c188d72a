using System.Buffers.Binary;
using Edge.Core.Live;

namespace Edge.Core.Feedback;

/// <summary>Checks recorded sound by its form and takes out what is not sound: place, names, pictures.</summary>
public static class SoundFilter
{
    private const uint FileType = 0x66747970, MovieHead = 0x6D766864, Free = 0x66726565, Skip = 0x736B6970, Wide = 0x77696465, UserData = 0x75647461, Meta = 0x6D657461, Uuid = 0x75756964,
        EditList = 0x65647473, ObjectDescriptor = 0x696F6473, Sound = 0x736F756E;

    private static readonly TimeSpan AmrFrame = TimeSpan.FromMilliseconds(20);

    /// <summary>Bytes of a frame's speech by its type (3GPP TS 26.101 and 26.201, storage form of RFC 4867 §5); -1: there is no such type.</summary>
    private static ReadOnlySpan<sbyte> NarrowFrames => [12, 13, 15, 17, 19, 20, 26, 31, 5, -1, -1, -1, -1, -1, -1, 0];
    private static ReadOnlySpan<sbyte> WideFrames => [17, 23, 32, 36, 40, 46, 50, 58, 60, 5, -1, -1, -1, -1, 0, 0];

    /// <summary>Takes MP4 and 3GP with nothing but sound. Boxes that say something of the file beside it are made empty where they lie, so that nothing moves.</summary>
    /// <param name="file">The file.</param>
    /// <param name="longest">Longest that is taken.</param>
    /// <returns>Null when it is none, or is longer.</returns>
    public static byte[]? CleanMp4(ReadOnlySpan<byte> file, TimeSpan longest)
    {
        byte[] clean = file.ToArray();
        bool first = true, media = false, movie = false;
        for (Span<byte> rest = clean; !rest.IsEmpty;)
        {
            if (!TryTake(ref rest, out uint type, out Span<byte> whole, out Span<byte> body) || first != (type == FileType))
                return null;
            first = false;
            switch (type)
            {
                case FileType:
                    break;
                case Mp4Box.MediaData:
                    media = true;
                    break;
                case Mp4Box.Movie when !movie && IsSound(body, longest):
                    movie = true;
                    break;
                case Free or Skip or Wide or UserData or Meta or Uuid:
                    Empty(whole, body);
                    break;
                default:
                    return null;
            }
        }
        return movie && media ? clean : null;
    }

    /// <summary>Takes AMR, narrow or wide. What follows the last whole frame is left out.</summary>
    /// <inheritdoc cref="CleanMp4"/>
    public static byte[]? CleanAmr(ReadOnlySpan<byte> file, TimeSpan longest)
    {
        bool wide = file.StartsWith("#!AMR-WB\n"u8);
        if (!wide && !file.StartsWith("#!AMR\n"u8))
            return null;
        int at = wide ? 9 : 6;
        TimeSpan length = TimeSpan.Zero;
        while (at < file.Length)
        {
            int bytes = (wide ? WideFrames : NarrowFrames)[file[at] >> 3 & 0xF];
            if (bytes < 0 || (file[at] & 0x83) != 0)
                return null;
            if (at + 1 + bytes > file.Length)
                break;
            at += 1 + bytes;
            length += AmrFrame;
        }
        return length > TimeSpan.Zero && length <= longest ? file[..at].ToArray() : null;
    }

    private static bool IsSound(Span<byte> movie, TimeSpan longest)
    {
        int tracks = 0;
        bool head = false;
        for (Span<byte> rest = movie; !rest.IsEmpty;)
        {
            if (!TryTake(ref rest, out uint type, out Span<byte> whole, out Span<byte> body))
                return false;
            switch (type)
            {
                case MovieHead when Length(body) is { } length && length <= longest:
                    head = true;
                    break;
                case MovieHead:
                    return false;
                case Mp4Box.Track when IsSoundTrack(body):
                    tracks++;
                    break;
                case Mp4Box.Track or Mp4Box.MovieExtends:
                    return false;
                case ObjectDescriptor:
                    break;
                default:
                    Empty(whole, body);
                    break;
            }
        }
        return head && tracks > 0;
    }

    private static bool IsSoundTrack(Span<byte> track)
    {
        bool sound = false;
        for (Span<byte> rest = track; !rest.IsEmpty;)
        {
            if (!TryTake(ref rest, out uint type, out Span<byte> whole, out Span<byte> body))
                return false;
            if (type == Mp4Box.Media)
                sound = Mp4Box.TryFind(body, Mp4Box.Handler, out Mp4Box handler) && handler.Body.Length >= 12 && BinaryPrimitives.ReadUInt32BigEndian(handler.Body[8..]) == Sound;
            else if (type is not (Mp4Box.TrackHead or EditList))
                Empty(whole, body);
        }
        return sound;
    }

    private static TimeSpan? Length(ReadOnlySpan<byte> head)
    {
        bool large = head.Length > 0 && head[0] == 1;
        if (head.Length < (large ? 32 : 20))
            return null;
        uint scale = BinaryPrimitives.ReadUInt32BigEndian(head[(large ? 20 : 12)..]);
        ulong duration = large ? BinaryPrimitives.ReadUInt64BigEndian(head[24..]) : BinaryPrimitives.ReadUInt32BigEndian(head[16..]);
        return scale == 0 || duration / scale > 86_400 ? null : TimeSpan.FromSeconds((double)duration / scale);
    }

    private static void Empty(Span<byte> whole, Span<byte> body)
    {
        BinaryPrimitives.WriteUInt32BigEndian(whole[4..], Free);
        body.Clear();
    }

    private static bool TryTake(ref Span<byte> rest, out uint type, out Span<byte> whole, out Span<byte> body)
    {
        ReadOnlySpan<byte> left = rest;
        type = 0;
        whole = body = default;
        if (!Mp4Box.TryTake(ref left, out Mp4Box box))
            return false;
        int length = rest.Length - left.Length;
        type = box.Type;
        whole = rest[..length];
        body = whole[(length - box.Body.Length)..];
        rest = rest[length..];
        return true;
    }
}
