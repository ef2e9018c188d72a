using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Feedback;

/// <summary>How far a question has come, as the asker sees it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<QuestionState>))]
public enum QuestionState
{
    /// <summary>On the box's disk.</summary>
    Saved,
    /// <summary>On the relay's disk.</summary>
    Sent,
    Answered,
    Declined,
    /// <summary>Others asked the same; the answer is to come.</summary>
    Same,
}

/// <summary>A question with what became of it. <paramref name="Answers"/> in order of arrival; those of a declined one say why.
/// <paramref name="Same"/>: what was said about others having asked it; null when nobody said so.</summary>
public sealed record LessonQuestion(long Number, string Id, string Class, int Seat, int? Second, string Text, QuestionState State, ImmutableArray<string> Answers, string? Same, QuestionAttachment? Attachment = null);

/// <summary>What goes with a question. <paramref name="Shown"/>: the centre answered the question, so that others may see it.</summary>
public sealed record QuestionAttachment(bool Photo, bool Sent, bool Shown);

/// <summary>A word between the teachers of a lesson.</summary>
/// <param name="FromHere">Written in this room; else by the one who teaches.</param>
/// <param name="Sent">It is on the relay's disk.</param>
public sealed record LessonNote(string Text, int? Second, bool FromHere, bool Sent);

/// <summary>Votes per option, of each seat the last one.</summary>
public sealed record PollResult(string Poll, ImmutableArray<int> Votes);

/// <summary>What the class signals now. <paramref name="Hands"/> in the order in which they went up.</summary>
public sealed record ClassSignals(ImmutableArray<Seat> Hands, int Lost);

/// <summary>What the class answered to a question, of each seat the last. <paramref name="Words"/>: the newest of those to a question without options, newest first.</summary>
public sealed record ClassAnswers(Poll Poll, ImmutableArray<int> Votes, ImmutableArray<string> Words, int Answers);

/// <summary>Something that did not work. <paramref name="Page"/>: what was reported.</summary>
public sealed record ProblemReport(long Number, string Page, QuestionState State, ImmutableArray<string> Answers);

/// <summary>What a lesson's page and the screen show of a lesson's feedback, read from the disk.</summary>
public sealed class LessonQuestions(SqliteOutbox outbox, DownInbox inbox, ClassPulse pulse, AttachmentStore attachments, IOptions<FeedbackOptions> options)
{
    // A class that votes anew each minute of a lesson.
    private const int MaxVotes = 10_000;

    // As many as are read at a glance.
    private const int MaxWords = 6;

    /// <summary>The lesson's questions, oldest first.</summary>
    public ImmutableArray<LessonQuestion> Of(string lesson)
    {
        ILookup<string, DownItem> answers = inbox.OfLesson(lesson).Where(item => item.About is not null).ToLookup(item => item.About!);
        return [.. outbox.OfLesson(lesson, FeedbackKind.Question, subject: null, options.Value.MaxQuestionsShown).Select(held =>
        {
            DownItem[] came = [.. answers[held.Item.Id.ToString()]];
            return new LessonQuestion(held.Number, held.Item.Id.ToString(), held.Item.Seat.Class, held.Item.Seat.Number, held.Item.LessonSecond, held.Item.Content, StateOf(held, came),
                [.. came.Where(item => !item.Same).Select(reply => reply.Text)], came.FirstOrDefault(item => item.Same)?.Text,
                Attachment.TryParse(held.Item.Subject, out Attachment attachment) ? new QuestionAttachment(attachment.IsPhoto, attachments.IsSent(attachment), IsShown(held, came, attachment)) : null);
        })];
    }

    /// <summary>The photo or sound of a question that the centre answered; null: there is none that others may see.</summary>
    public (Attachment Attachment, string Path)? AttachmentOf(string lesson, long number) =>
        outbox.Find(number) is { Item: { Kind: FeedbackKind.Question } item } held && item.Lesson == lesson && Attachment.TryParse(item.Subject, out Attachment attachment)
            && IsShown(held, inbox.About(item.Id.ToString()), attachment) ? (attachment, attachments.Find(attachment)!) : null;

    private bool IsShown(HeldItem held, IReadOnlyCollection<DownItem> came, Attachment attachment) => StateOf(held, came) == QuestionState.Answered && attachments.Find(attachment) is not null;

    /// <summary>How far a report has come; null: there is none of this number.</summary>
    public ProblemReport? Problem(long number)
    {
        if (outbox.Find(number) is not { Item: { Kind: FeedbackKind.Problem } item } held)
            return null;
        ImmutableArray<DownItem> replies = inbox.About(item.Id.ToString());
        return new ProblemReport(number, item.Content, StateOf(held, replies), [.. replies.Select(reply => reply.Text)]);
    }

    /// <param name="held">The item.</param>
    /// <param name="came">What came about it. That others asked the same is no answer yet.</param>
    private static QuestionState StateOf(HeldItem held, IReadOnlyCollection<DownItem> came) =>
        came.All(item => item.Same) ? (came.Count > 0 ? QuestionState.Same : held.Sent ? QuestionState.Sent : QuestionState.Saved)
        : came.Any(item => !item.Same && item.Kind == DownKind.Answer) ? QuestionState.Answered : QuestionState.Declined;

    /// <summary>Notices of the centre to the lesson, in order of arrival.</summary>
    public ImmutableArray<string> Notices(string lesson) => [.. inbox.OfLesson(lesson).Where(item => item.Kind == DownKind.Notice).Select(item => item.Text)];

    /// <summary>What the teachers of a lesson wrote to each other: those of this room first, then what came from the one who teaches.</summary>
    public ImmutableArray<LessonNote> Notes(string lesson) =>
    [
        .. outbox.OfLesson(lesson, FeedbackKind.Note, subject: null, options.Value.MaxQuestionsShown)
            .Select(held => new LessonNote(held.Item.Content, held.Item.LessonSecond, FromHere: true, held.Sent)),
        .. inbox.OfLesson(lesson).Where(item => item.Kind == DownKind.Note).Select(item => new LessonNote(item.Text, null, FromHere: false, Sent: true)),
    ];

    /// <summary>Raised hands and who cannot follow.</summary>
    /// <param name="lesson">The lesson.</param>
    /// <param name="second">Where it is now.</param>
    public ClassSignals Signals(string lesson, int second) => new(Raised(lesson, FeedbackKind.Hand, null), Raised(lesson, FeedbackKind.Lost, second - ClassSignal.LostFadesAfter).Length);

    /// <summary>What the class answers now; null: nothing.</summary>
    public ClassAnswers? Answering(PlannedLesson lesson)
    {
        if (lesson.Polls.FirstOrDefault(poll => poll.Id == pulse.Poll(lesson.Id)) is not { } asked)
            return null;
        if (!asked.Options.IsEmpty)
        {
            ImmutableArray<int> votes = Votes(lesson.Id, asked.Id, asked.Options.Length).Votes;
            return new ClassAnswers(asked, votes, [], votes.Sum());
        }
        ImmutableArray<HeldItem> given = outbox.OfLesson(lesson.Id, FeedbackKind.ShortAnswer, asked.Id, MaxVotes);
        HeldItem[] last = [.. given.GroupBy(held => held.Item.Seat).Select(of => of.Last()).OrderByDescending(held => held.Number)];
        return new ClassAnswers(asked, [], [.. last.Take(MaxWords).Select(held => held.Item.Content)], last.Length);
    }

    private ImmutableArray<Seat> Raised(string lesson, FeedbackKind kind, int? since) =>
        ClassSignal.Raised(outbox.OfLesson(lesson, kind, subject: null, MaxVotes).Select(held => (held.Item.Seat, held.Item.Content, held.Item.LessonSecond)), since);

    public PollResult Votes(string lesson, string poll, int optionCount) => new(poll, PollTally.Count(
        outbox.OfLesson(lesson, FeedbackKind.PollAnswer, poll, MaxVotes).Select(held => (held.Item.Seat, held.Item.Content)), optionCount));
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ImmutableArray<LessonQuestion>))]
[JsonSerializable(typeof(PollResult))]
[JsonSerializable(typeof(GivenReply))]
[JsonSerializable(typeof(HeldBytes))]
internal sealed partial class FeedbackJson : JsonSerializerContext;
