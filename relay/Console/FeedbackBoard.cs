using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Text;
using Relay.Feedback;
using Relay.Fleet;
using Relay.Live;
using Relay.Sync;

namespace Relay.Console;

/// <summary>An item with the names people know.</summary>
/// <param name="School">Name of its school.</param>
/// <param name="Lesson">Title of its lesson; null when it has none or the timetable does not know it.</param>
/// <param name="Choice">A vote's question and answer in words; null when it is no vote or the poll is unknown.</param>
/// <param name="Arrived">When the relay learnt that the reply is at the school; null until then.</param>
public sealed record FeedbackRow(FeedbackEntry Entry, LocalText School, LocalText? Lesson, (LocalText Question, LocalText Answer)? Choice, DateTimeOffset? Arrived);

/// <summary>Joins items with schools, lessons and the way of their replies.</summary>
internal static class FeedbackBoard
{
    public static ImmutableArray<FeedbackRow> Join(IReadOnlyCollection<FeedbackEntry> entries, FleetStore fleet, LessonStore lessons, DownQueue down)
    {
        Dictionary<string, LocalText> schools = fleet.Schools().ToDictionary(school => school.Id, school => school.Name);
        Dictionary<string, Lesson?> timetable = entries.Select(entry => entry.Lesson).OfType<string>().Distinct().ToDictionary(id => id, lessons.Find);
        ImmutableDictionary<string, DateTimeOffset> arrived = down.Delivered([.. entries.Where(entry => entry.State != FeedbackState.Open).Select(entry => (entry.Box, entry.ReplyId))]);
        return
        [
            .. entries.Select(entry =>
            {
                Lesson? lesson = entry.Lesson is null ? null : timetable[entry.Lesson];
                return new FeedbackRow(entry, schools.GetValueOrDefault(entry.School) ?? LocalText.Of("en", entry.School), lesson?.Title, Choice(lesson, entry),
                    arrived.TryGetValue(entry.ReplyId, out DateTimeOffset at) ? at : null);
            }),
        ];
    }

    /// <summary>What the box was sent about an item, the word of a merge before the reply.</summary>
    public static ImmutableArray<DownState> WayDown(FeedbackEntry entry, DownQueue down) =>
        [.. down.OfItem(FeedbackEntry.SameIdOf(entry.Id)).Concat(down.OfItem(FeedbackEntry.ReplyIdOf(entry.Id))).Where(word => word.Box == entry.Box)];

    private static (LocalText, LocalText)? Choice(Lesson? lesson, FeedbackEntry entry) =>
        lesson?.Polls.FirstOrDefault(poll => poll.Id == entry.Subject) is { } poll && int.TryParse(entry.Content, out int option) && option >= 0 && option < poll.Options.Length
            ? (poll.Question, poll.Options[option]) : null;
}

/// <summary>A poll with what the schools voted.</summary>
/// <param name="Schools">Counts per option for each school that voted, most votes first.</param>
public sealed record PollResult(Poll Poll, ImmutableArray<int> Votes, ImmutableArray<(LocalText School, ImmutableArray<int> Votes)> Schools)
{
    public int Total => Votes.Sum();

    public static ImmutableArray<PollResult> Of(ImmutableArray<Poll> polls, ImmutableArray<PollVotes> votes, ImmutableArray<School> schools)
    {
        Dictionary<string, LocalText> names = schools.ToDictionary(school => school.Id, school => school.Name);
        return
        [
            .. polls.Select(poll =>
            {
                PollVotes[] cast = [.. votes.Where(vote => vote.Poll == poll.Id)];
                return new PollResult(poll, Counts(poll, cast),
                    [.. cast.GroupBy(vote => vote.School).OrderByDescending(school => school.Sum(vote => vote.Votes))
                        .Select(school => (names.GetValueOrDefault(school.Key) ?? LocalText.Of("en", school.Key), Counts(poll, school)))]);
            }),
        ];
    }

    // A vote's content is the index of its option; what is no option of this poll is not counted.
    private static ImmutableArray<int> Counts(Poll poll, IEnumerable<PollVotes> votes)
    {
        int[] counts = new int[poll.Options.Length];
        foreach (PollVotes vote in votes)
        {
            if (int.TryParse(vote.Option, out int option) && option >= 0 && option < counts.Length)
                counts[option] += vote.Votes;
        }
        return [.. counts];
    }
}
