namespace Edge.Core.Feedback;

/// <summary>What is refused first when a box's room for feedback runs out. Before anything is refused, items that the relay has already make room.
/// The order: what a machine or a habit gives and can give again (attendance, counters of use); votes and teachers' notes; problems and questions; what a pupil worked on and calls for help, which may fill the last byte.</summary>
public static class OutboxRoom
{
    /// <summary>The share of the room that items of this kind may fill, in percent.</summary>
    public static int PercentFor(FeedbackKind kind) => kind switch
    {
        FeedbackKind.Attendance or FeedbackKind.Usage => 80,
        FeedbackKind.PollAnswer or FeedbackKind.Note => 90,
        FeedbackKind.Question or FeedbackKind.Problem => 95,
        _ => 100,
    };

    /// <summary>Whether a photo or sound still fits: before all else it is refused, while its question's words are still taken.</summary>
    /// <param name="heldBytes">Of all photos and sounds here.</param>
    /// <param name="lengthBytes">Of this one.</param>
    /// <param name="roomBytes">Their whole room.</param>
    /// <param name="freeBytes">On the disk.</param>
    /// <param name="reserveBytes">Of the disk, kept for what people write.</param>
    public static bool AttachmentFits(long heldBytes, long lengthBytes, long roomBytes, long freeBytes, long reserveBytes) =>
        heldBytes + lengthBytes <= roomBytes && freeBytes - lengthBytes >= reserveBytes;

    /// <summary>Whether an item still fits.</summary>
    /// <param name="kind">Of the item.</param>
    /// <param name="heldBytes">Of all that is here.</param>
    /// <param name="itemBytes">Of the item.</param>
    /// <param name="roomBytes">Of the whole room.</param>
    public static bool Fits(FeedbackKind kind, long heldBytes, long itemBytes, long roomBytes) => heldBytes + itemBytes <= roomBytes / 100 * PercentFor(kind);
}
