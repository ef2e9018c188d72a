using System.Buffers;

namespace Edge.Core.Feedback;

/// <summary>Bytes of an item, told against the one before it in the batch: what stays the same costs one bit.
/// A byte of kind, a byte of <see cref="Same"/>, then in this order: run (8 bytes), number (difference), lesson, second + 1 (0: none),
/// class, role, seat number, subject, boot (8 bytes), monotonic (difference), wall minus monotonic (difference), quality, content.</summary>
/// <remarks>Differences wrap at 64 bits, so that every value of a field comes back as it was, however wrong a clock is.</remarks>
internal static class ItemCodec
{
    [Flags]
    private enum Same : byte
    {
        None = 0,
        Run = 1,
        Lesson = 2,
        Class = 4,
        Subject = 8,
        Boot = 16,
        Offset = 32,
        RoleAndPriority = 64,
        Second = 128,
    }

    // Texts are cut at their rule's length by Fault; here they only must not let a bad sender blow up memory.
    private const int MaxNameBytes = 256;
    private const int MaxTextBytes = 4 * FeedbackItem.MaxContentBytes;

    /// <summary>What the first item of a batch, and an item alone, is told against.</summary>
    public static FeedbackItem Before { get; } =
        new(default, FeedbackKind.Damaged, FeedbackPriority.Normal, null, null, new Seat("", 0, SeatRole.Pupil), null, "", default);

    public static void Write(IBufferWriter<byte> buffer, FeedbackItem item, FeedbackItem before)
    {
        long offset = unchecked(item.Time.WallMs - item.Time.MonotonicMs);
        long offsetBefore = unchecked(before.Time.WallMs - before.Time.MonotonicMs);
        Same same =
            (item.Id.Run == before.Id.Run ? Same.Run : 0) |
            (item.Lesson == before.Lesson ? Same.Lesson : 0) |
            (item.Seat.Class == before.Seat.Class ? Same.Class : 0) |
            (item.Subject == before.Subject ? Same.Subject : 0) |
            (item.Time.Boot == before.Time.Boot ? Same.Boot : 0) |
            (offset == offsetBefore && item.Time.Quality == before.Time.Quality ? Same.Offset : 0) |
            (item.Seat.Role == before.Seat.Role && item.Priority == before.Priority ? Same.RoleAndPriority : 0) |
            (item.LessonSecond == before.LessonSecond ? Same.Second : 0);
        buffer.Byte((byte)item.Kind);
        buffer.Byte((byte)same);
        if (!same.HasFlag(Same.Run))
            buffer.UInt64(item.Id.Run);
        buffer.Zigzag(unchecked((long)(item.Id.Number - before.Id.Number)));
        if (!same.HasFlag(Same.Lesson))
            buffer.Text(item.Lesson ?? "");
        if (!same.HasFlag(Same.Second))
            buffer.Varint(item.LessonSecond is { } second ? (uint)second + 1UL : 0);
        if (!same.HasFlag(Same.Class))
            buffer.Text(item.Seat.Class);
        if (!same.HasFlag(Same.RoleAndPriority))
        {
            buffer.Byte((byte)item.Seat.Role);
            buffer.Byte((byte)item.Priority);
        }
        buffer.Varint((uint)item.Seat.Number);
        if (!same.HasFlag(Same.Subject))
            buffer.Text(item.Subject ?? "");
        if (!same.HasFlag(Same.Boot))
            buffer.UInt64(item.Time.Boot);
        buffer.Zigzag(unchecked(item.Time.MonotonicMs - before.Time.MonotonicMs));
        if (!same.HasFlag(Same.Offset))
        {
            buffer.Zigzag(unchecked(offset - offsetBefore));
            buffer.Byte((byte)item.Time.Quality);
        }
        buffer.Text(item.Content);
    }

    public static bool TryRead(ref ByteReader reader, FeedbackItem before, out FeedbackItem? item)
    {
        item = null;
        if (!reader.TryByte(out byte kind) || !reader.TryByte(out byte flags))
            return false;
        var same = (Same)flags;
        ulong run = before.Id.Run;
        if (!same.HasFlag(Same.Run) && !reader.TryUInt64(out run))
            return false;
        if (!reader.TryZigzag(out long number))
            return false;
        string? lesson = before.Lesson;
        if (!same.HasFlag(Same.Lesson) && !TryName(ref reader, out lesson))
            return false;
        int? second = before.LessonSecond;
        if (!same.HasFlag(Same.Second))
        {
            if (!reader.TryVarint(out ulong raw) || raw > int.MaxValue)
                return false;
            second = raw == 0 ? null : (int)(raw - 1);
        }
        string className = before.Seat.Class;
        if (!same.HasFlag(Same.Class) && !reader.TryText(MaxNameBytes, out className))
            return false;
        byte role = (byte)before.Seat.Role;
        byte priority = (byte)before.Priority;
        if (!same.HasFlag(Same.RoleAndPriority) && !(reader.TryByte(out role) && reader.TryByte(out priority)))
            return false;
        if (!reader.TryVarint(out ulong seat) || seat > int.MaxValue)
            return false;
        string? subject = before.Subject;
        if (!same.HasFlag(Same.Subject) && !TryName(ref reader, out subject))
            return false;
        ulong boot = before.Time.Boot;
        if (!same.HasFlag(Same.Boot) && !reader.TryUInt64(out boot))
            return false;
        if (!reader.TryZigzag(out long monotonicStep))
            return false;
        long offset = unchecked(before.Time.WallMs - before.Time.MonotonicMs);
        byte quality = (byte)before.Time.Quality;
        if (!same.HasFlag(Same.Offset))
        {
            if (!reader.TryZigzag(out long offsetStep) || !reader.TryByte(out quality))
                return false;
            offset = unchecked(offset + offsetStep);
        }
        if (!reader.TryText(MaxTextBytes, out string content))
            return false;
        long monotonic = unchecked(before.Time.MonotonicMs + monotonicStep);
        item = new FeedbackItem(
            new ItemId(run, unchecked(before.Id.Number + (ulong)number)),
            (FeedbackKind)kind,
            (FeedbackPriority)priority,
            lesson,
            second,
            new Seat(className, (int)seat, (SeatRole)role),
            subject,
            content,
            new ItemTime(boot, monotonic, unchecked(offset + monotonic), (TimeQuality)quality));
        return true;
    }

    private static bool TryName(ref ByteReader reader, out string? name)
    {
        bool read = reader.TryText(MaxNameBytes, out string text);
        name = text.Length == 0 ? null : text;
        return read;
    }
}
