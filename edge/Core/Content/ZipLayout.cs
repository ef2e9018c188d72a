using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace Edge.Core.Content;

/// <summary>Finds the members of a zip (pptx, docx, xlsx, odp, odt, epub, h5p, …) by its central directory (APPNOTE.TXT 6.3.10 §4.3), so that chunks end where
/// members end. Heads, directory and tiny members are literals: a new time stamp or another order of members then changes the recipe and no chunk.
/// Nothing is unpacked. What is odd (overlapping members, zip64, parts of a set, something before the first member that the directory does not count)
/// is refused: the file is then cut like any other.</summary>
public static class ZipLayout
{
    /// <summary>A member under this length costs less in the recipe than as a chunk with its name, place and head on disk.</summary>
    public const int MinMemberBytes = 256;

    /// <summary>Most literal bytes: with the most chunks that such a file gives, a recipe stays a chunk.</summary>
    public const int MaxLiteralBytes = 1 << 20;

    private const int MaxMembers = 20_000;
    private const int EndBytes = 22;
    private const int MaxCommentBytes = 4 << 10;
    private const int EntryBytes = 46;
    private const int HeadBytes = 30;
    private const uint EndMark = 0x0605_4B50;
    private const uint EntryMark = 0x0201_4B50;
    private const uint HeadMark = 0x0403_4B50;

    private readonly record struct Member(long HeadAt, long LengthBytes, bool IsMedia);

    /// <returns>Stretches that make up the file; default when it is no zip that this reader takes.</returns>
    public static ImmutableArray<FileStretch> Read(long lengthBytes, ReadAt read)
    {
        if (lengthBytes is < EndBytes + HeadBytes or > uint.MaxValue - 1)
            return default;
        Span<byte> first = stackalloc byte[4];
        read(0, first);
        // Spares all other files the look at their end.
        if (BinaryPrimitives.ReadUInt32LittleEndian(first) != HeadMark)
            return default;
        byte[] tail = new byte[Math.Min(lengthBytes, EndBytes + MaxCommentBytes)];
        read(lengthBytes - tail.Length, tail);
        return Directory(tail, lengthBytes) is not var (at, length, count) ? default
            : Members(at, length, count, read) is not { } members ? default
            : Stretches(members, at, lengthBytes, read);
    }

    private static (long At, int LengthBytes, int Members)? Directory(ReadOnlySpan<byte> tail, long fileBytes)
    {
        for (int at = tail.Length - EndBytes; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail[at..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndMark || EndBytes + BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) != end.Length)
                continue;
            int members = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            uint offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            bool isWhole = BinaryPrimitives.ReadUInt32LittleEndian(end[4..]) == 0 && BinaryPrimitives.ReadUInt16LittleEndian(end[8..]) == members;
            return isWhole && members is > 0 and <= MaxMembers && length <= MaxLiteralBytes && offset + (long)length <= fileBytes - end.Length
                ? (offset, (int)length, members) : null;
        }
        return null;
    }

    private static List<Member>? Members(long at, int lengthBytes, int count, ReadAt read)
    {
        byte[] directory = new byte[lengthBytes];
        read(at, directory);
        var members = new List<Member>(Math.Min(count, lengthBytes / EntryBytes));
        ReadOnlySpan<byte> rest = directory;
        for (int i = 0; i < count; i++)
        {
            if (rest.Length < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(rest) != EntryMark)
                return null;
            int name = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
            int length = EntryBytes + name + BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]) + BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
            uint packed = BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]);
            uint head = BinaryPrimitives.ReadUInt32LittleEndian(rest[42..]);
            if (length > rest.Length || packed == uint.MaxValue || head == uint.MaxValue)
                return null;
            string path = Encoding.Latin1.GetString(rest.Slice(EntryBytes, name));
            members.Add(new Member(head, packed, Chunker.IsMedia(MediaTypes.Of(path).Type)));
            rest = rest[length..];
        }
        return members;
    }

    private static ImmutableArray<FileStretch> Stretches(List<Member> members, long directoryAt, long fileBytes, ReadAt read)
    {
        members.Sort((a, b) => a.HeadAt.CompareTo(b.HeadAt));
        var stretches = ImmutableArray.CreateBuilder<FileStretch>();
        Span<byte> head = stackalloc byte[HeadBytes];
        long literals = 0;
        long at = 0;
        // Where the literal begins that everything up to the next large member joins.
        long literal = 0;
        foreach (Member member in members)
        {
            if (member.HeadAt < at || member.HeadAt + HeadBytes > directoryAt)
                return default;
            read(member.HeadAt, head);
            long data = member.HeadAt + HeadBytes + BinaryPrimitives.ReadUInt16LittleEndian(head[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(head[28..]);
            at = data + member.LengthBytes;
            if (BinaryPrimitives.ReadUInt32LittleEndian(head) != HeadMark || at > directoryAt)
                return default;
            if (member.LengthBytes < MinMemberBytes)
                continue;
            stretches.Add(new FileStretch(literal, data - literal, StretchKind.Literal));
            stretches.Add(new FileStretch(data, member.LengthBytes, member.IsMedia ? StretchKind.Media : StretchKind.Document));
            literals += data - literal;
            literal = at;
        }
        stretches.Add(new FileStretch(literal, fileBytes - literal, StretchKind.Literal));
        return literals + fileBytes - literal <= MaxLiteralBytes && stretches.Count > 1 ? stretches.ToImmutable() : default;
    }
}
