using Edge.Core.Content;
using Edge.Core.Feedback;
using Microsoft.Data.Sqlite;

namespace Edge.Box.Feedback;

/// <summary>What somebody gives, before it has a name.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Lesson">The lesson it belongs to, or null.</param>
/// <param name="LessonSecond">How far the lesson had come, or null.</param>
/// <param name="Seat">Who gives it.</param>
/// <param name="Subject">The poll or exercise, or null.</param>
/// <param name="Content">The text.</param>
/// <param name="Nonce">Drawn by the page: the same again is the same item. Null: each is a new one.</param>
public sealed record FeedbackDraft(FeedbackKind Kind, string? Lesson, int? LessonSecond, Seat Seat, string? Subject, string Content, string? Nonce);

/// <summary>What is told to who gave it. Each has a text <c>feedback.…</c> in the locale files.</summary>
public enum GiveOutcome { Saved, NoLesson, NoPoll, NoOption, BadSeat, Empty, TooLong, BadText, NotValid, Full, Broken }

/// <param name="Outcome">What came of it.</param>
/// <param name="Number">The item's number for people; 0 when it was not kept.</param>
/// <param name="Id">The item's name.</param>
public readonly record struct Given(GiveOutcome Outcome, long Number, ItemId Id);

/// <summary>Takes what people give: checks it against the plan, names and dates it, and keeps it. "Saved" is said only by what is on disk.</summary>
public sealed class FeedbackDesk(SqliteOutbox outbox, ItemClock clock, FeedbackPorts ports, ClassPulse pulse, AttachmentStore attachments, ILogger<FeedbackDesk> log)
{
    /// <summary>Longest nonce.</summary>
    public const int MaxNonceLength = 64;

    public async Task<Given> GiveAsync(FeedbackDraft draft, CancellationToken cancellationToken)
    {
        if (Check(draft) is var refused and not GiveOutcome.Saved)
            return new Given(refused, 0, default);
        var item = new FeedbackItem(clock.NextId(), draft.Kind, PriorityOf(draft.Kind), draft.Lesson, draft.LessonSecond, draft.Seat, draft.Subject, draft.Content, clock.Now());
        GiveOutcome outcome = item.Fault() switch
        {
            FeedbackFault.None => GiveOutcome.Saved,
            FeedbackFault.Seat => GiveOutcome.BadSeat,
            FeedbackFault.Empty => GiveOutcome.Empty,
            FeedbackFault.TooLong => GiveOutcome.TooLong,
            FeedbackFault.Text => GiveOutcome.BadText,
            _ => GiveOutcome.NotValid,
        };
        if (outcome != GiveOutcome.Saved)
            return new Given(outcome, 0, default);
        try
        {
            KeptItem kept = await outbox.AddAsync(item, draft.Nonce, cancellationToken);
            if (kept.Outcome == KeepOutcome.Full)
                log.OutboxFull();
            if (kept.Outcome == KeepOutcome.Saved && item is { Kind: FeedbackKind.PollAnswer or FeedbackKind.ShortAnswer, Lesson: { } answered, Subject: { } poll })
                pulse.Answered(answered, poll);
            return kept.Outcome == KeepOutcome.Full ? new Given(GiveOutcome.Full, 0, default) : new Given(GiveOutcome.Saved, kept.Number, kept.Id);
        }
        catch (SqliteException e)
        {
            log.NotKept(e);
            return new Given(e.SqliteErrorCode == DiskFull ? GiveOutcome.Full : GiveOutcome.Broken, 0, default);
        }
    }

    /// <summary>Takes a question with what goes with it: both are on disk, or none of them.</summary>
    /// <param name="draft">The question.</param>
    /// <param name="attachment">What goes with it.</param>
    /// <param name="bytes">Its content.</param>
    /// <param name="cancellationToken">Ends the wait for others' photos and sounds.</param>
    /// <returns>Null when there is no room for what goes with it; nothing was kept.</returns>
    public async Task<Given?> GiveAsync(FeedbackDraft draft, Attachment attachment, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            Given? kept = await attachments.KeepAsync(attachment, bytes, () => GiveAsync(draft with { Subject = attachment.ToString() }, CancellationToken.None), cancellationToken);
            if (kept is null)
                log.AttachmentsFull();
            return kept;
        }
        catch (Exception e) when (e is IOException or SqliteException)
        {
            log.NotKept(e);
            return new Given(GiveOutcome.Broken, 0, default);
        }
    }

    private const int DiskFull = 13; // SQLITE_FULL

    private GiveOutcome Check(FeedbackDraft draft)
    {
        if (draft.Nonce is { Length: 0 or > MaxNonceLength })
            return GiveOutcome.NotValid;
        if (draft.Lesson is null)
            return draft.Kind is FeedbackKind.Question or FeedbackKind.PollAnswer or FeedbackKind.Attendance or FeedbackKind.Hand or FeedbackKind.Lost or FeedbackKind.ShortAnswer ? GiveOutcome.NoLesson : GiveOutcome.Saved;
        if (ports.Plan()?.Lesson(draft.Lesson) is not { } lesson)
            return GiveOutcome.NoLesson;
        if (draft.Kind is not (FeedbackKind.PollAnswer or FeedbackKind.ShortAnswer))
            return GiveOutcome.Saved;
        Poll? poll = lesson.Polls.FirstOrDefault(poll => poll.Id == draft.Subject);
        if (poll is null)
            return GiveOutcome.NoPoll;
        if (draft.Kind == FeedbackKind.ShortAnswer)
            return poll.Options.IsEmpty ? GiveOutcome.Saved : GiveOutcome.NoOption;
        return PollTally.OptionOf(draft.Content, poll.Options.Length) is null ? GiveOutcome.NoOption : GiveOutcome.Saved;
    }

    private static FeedbackPriority PriorityOf(FeedbackKind kind) => kind switch
    {
        FeedbackKind.HelpRequest => FeedbackPriority.Urgent,
        _ => FeedbackPriority.Normal,
    };
}
