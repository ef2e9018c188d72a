using System.Security.Cryptography;
using System.Text;
using Edge.Core.Identity;

namespace Edge.Core.Feedback;

/// <summary>Why an item is refused.</summary>
public enum FeedbackFault { None, Kind, Lesson, Second, Seat, Subject, Empty, TooLong, Text }

/// <summary>One thing a person gave: a question, a vote, an answer, a call for help. What the box said "saved" to.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Priority">What goes first when the link is short.</param>
/// <param name="Lesson">The lesson it belongs to, or null.</param>
/// <param name="LessonSecond">How far the lesson had come, in whole seconds, or null.</param>
/// <param name="Seat">Who gave it.</param>
/// <param name="Subject">The poll or exercise it answers; of a question the name of what goes with it (<see cref="Attachment"/>); or null.</param>
/// <param name="Content">The text, at most <see cref="MaxContentBytes"/> in UTF-8.</param>
/// <param name="Time">When it was given.</param>
public sealed record FeedbackItem(
    ItemId Id,
    FeedbackKind Kind,
    FeedbackPriority Priority,
    string? Lesson,
    int? LessonSecond,
    Seat Seat,
    string? Subject,
    string Content,
    ItemTime Time)
{
    /// <summary>Room for 600 Chinese characters; one item alone still fits one packet with its envelope.</summary>
    public const int MaxContentBytes = 2048;

    /// <summary>A lesson second is at most this: 24 h.</summary>
    public const int MaxLessonSecond = 24 * 60 * 60;

    /// <summary>The first thing wrong with the item.</summary>
    public FeedbackFault Fault()
    {
        if (!Enum.IsDefined(Kind) || !Enum.IsDefined(Priority) || !Enum.IsDefined(Time.Quality))
            return FeedbackFault.Kind;
        if (Kind == FeedbackKind.Damaged)
            return FeedbackFault.None;
        if (Lesson is not null && !Slug.IsValid(Lesson))
            return FeedbackFault.Lesson;
        if (LessonSecond is < 0 or > MaxLessonSecond)
            return FeedbackFault.Second;
        if (!Seat.IsValid)
            return FeedbackFault.Seat;
        bool answers = Kind is FeedbackKind.PollAnswer or FeedbackKind.ExerciseAnswer or FeedbackKind.ShortAnswer;
        bool attached = Kind == FeedbackKind.Question && Attachment.TryParse(Subject, out _);
        if (answers ? !Slug.IsValid(Subject) : Subject is not null && !attached)
            return FeedbackFault.Subject;
        if (Encoding.UTF8.GetByteCount(Content) > MaxContentBytes)
            return FeedbackFault.TooLong;
        if (!IsText(Content))
            return FeedbackFault.Text;
        if (Kind is FeedbackKind.Hand or FeedbackKind.Lost && !ClassSignal.IsValid(Content))
            return FeedbackFault.Text;
        if (Kind == FeedbackKind.Usage && UsageDay.Read(Content) is null)
            return FeedbackFault.Text;
        return Kind is FeedbackKind.Attendance or FeedbackKind.HelpRequest || attached || !string.IsNullOrWhiteSpace(Content) ? FeedbackFault.None : FeedbackFault.Empty;
    }

    /// <summary>The item alone, as it rests in the outbox (<see cref="ItemCodec"/>).</summary>
    public byte[] ToBytes()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(64 + Content.Length);
        ItemCodec.Write(buffer, this, ItemCodec.Before);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null when the bytes are not exactly one item.</summary>
    public static FeedbackItem? Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        return ItemCodec.TryRead(ref reader, ItemCodec.Before, out FeedbackItem? item) && reader.AtEnd ? item : null;
    }

    /// <summary>Names the content: two items with one digest are the same item.</summary>
    public UInt128 Digest() => DigestOf(ToBytes());

    /// <param name="bytes">As <see cref="ToBytes"/> gave them.</param>
    public static UInt128 DigestOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    // Line breaks are text; other control characters and half surrogates are not.
    private static bool IsText(string content)
    {
        foreach (Rune rune in content.EnumerateRunes())
        {
            if (rune.Value == 0xFFFD || (Rune.IsControl(rune) && rune.Value is not ('\n' or '\r' or '\t')))
                return false;
        }
        return true;
    }
}
