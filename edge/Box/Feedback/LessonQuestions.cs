using System.Collections.Immutable;
using System.Text.Json.Serialization;
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
}

/// <summary>A question with what became of it. <paramref name="Answers"/> in order of arrival; those of a declined one say why.</summary>
public sealed record LessonQuestion(long Number, string Id, string Class, int Seat, int? Second, string Text, QuestionState State, ImmutableArray<string> Answers);

/// <summary>A word between the teachers of a lesson.</summary>
/// <param name="FromHere">Written in this room; else by the one who teaches.</param>
/// <param name="Sent">It is on the relay's disk.</param>
public sealed record LessonNote(string Text, int? Second, bool FromHere, bool Sent);

/// <summary>Votes per option, of each seat the last one.</summary>
public sealed record PollResult(string Poll, ImmutableArray<int> Votes);

/// <summary>What a lesson's page and the screen show of a lesson's feedback, read from the disk.</summary>
public sealed class LessonQuestions(SqliteOutbox outbox, DownInbox inbox, IOptions<FeedbackOptions> options)
{
    // A class that votes anew each minute of a lesson.
    private const int MaxVotes = 10_000;

    /// <summary>The lesson's questions, oldest first.</summary>
    public ImmutableArray<LessonQuestion> Of(string lesson)
    {
        ILookup<string, DownItem> answers = inbox.OfLesson(lesson).Where(item => item.About is not null).ToLookup(item => item.About!);
        return [.. outbox.OfLesson(lesson, FeedbackKind.Question, subject: null, options.Value.MaxQuestionsShown).Select(held =>
        {
            DownItem[] replies = [.. answers[held.Item.Id.ToString()]];
            QuestionState state = replies.Length == 0 ? (held.Sent ? QuestionState.Sent : QuestionState.Saved)
                : replies.Any(reply => reply.Kind == DownKind.Answer) ? QuestionState.Answered : QuestionState.Declined;
            return new LessonQuestion(held.Number, held.Item.Id.ToString(), held.Item.Seat.Class, held.Item.Seat.Number, held.Item.LessonSecond, held.Item.Content, state,
                [.. replies.Select(reply => reply.Text)]);
        })];
    }

    /// <summary>Notices of the centre to the lesson, in order of arrival.</summary>
    public ImmutableArray<string> Notices(string lesson) => [.. inbox.OfLesson(lesson).Where(item => item.Kind == DownKind.Notice).Select(item => item.Text)];

    /// <summary>What the teachers of a lesson wrote to each other: those of this room first, then what came from the one who teaches.</summary>
    public ImmutableArray<LessonNote> Notes(string lesson) =>
    [
        .. outbox.OfLesson(lesson, FeedbackKind.Note, subject: null, options.Value.MaxQuestionsShown)
            .Select(held => new LessonNote(held.Item.Content, held.Item.LessonSecond, FromHere: true, held.Sent)),
        .. inbox.OfLesson(lesson).Where(item => item.Kind == DownKind.Note).Select(item => new LessonNote(item.Text, null, FromHere: false, Sent: true)),
    ];

    public PollResult Votes(string lesson, string poll, int optionCount) => new(poll, PollTally.Count(
        outbox.OfLesson(lesson, FeedbackKind.PollAnswer, poll, MaxVotes).Select(held => (held.Item.Seat, held.Item.Content)), optionCount));
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ImmutableArray<LessonQuestion>))]
[JsonSerializable(typeof(PollResult))]
[JsonSerializable(typeof(GivenReply))]
internal sealed partial class FeedbackJson : JsonSerializerContext;
