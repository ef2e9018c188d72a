using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Text;

namespace Edge.Core.Live;

/// <summary>What a chapter begins with.</summary>
public enum ChapterKind { Start, Cue, Poll, Question }

/// <summary>A place in a lesson to go to.</summary>
/// <param name="Second">Of the lesson.</param>
/// <param name="Text">What it is about, where somebody said so.</param>
public readonly record struct Chapter(int Second, ChapterKind Kind, LocalText? Text);

/// <summary>The chapters of a lesson: where a new slide of its kit begins, where the class was asked, where somebody asked.</summary>
public static class LessonChapters
{
    /// <summary>More would be no help: the list is made thinner, cues first.</summary>
    public const int Most = 60;

    /// <summary>Nearer than this two of one kind are the same place.</summary>
    private const int SamePlaceSeconds = 10;

    /// <param name="cues">Seconds at which pictures of the kit begin.</param>
    /// <param name="questions">Seconds at which pupils asked, with what they asked.</param>
    /// <param name="end">Second up to which the lesson is here: nothing beyond can be gone to.</param>
    public static ImmutableArray<Chapter> Of(IEnumerable<int> cues, IEnumerable<Poll> polls, IEnumerable<(int Second, string Text)> questions, int end)
    {
        var all = new List<Chapter> { new(0, ChapterKind.Start, null) };
        all.AddRange(cues.Where(second => second > 0).Select(second => new Chapter(second, ChapterKind.Cue, null)));
        all.AddRange(polls.Where(poll => poll.At is not null).Select(poll => new Chapter((int)poll.At!.Value.TotalSeconds, ChapterKind.Poll, poll.Question)));
        all.AddRange(questions.Select(question => new Chapter(question.Second, ChapterKind.Question, LocalText.Of("", question.Text))));
        var kept = new List<Chapter>();
        foreach (Chapter chapter in all.Where(chapter => chapter.Second >= 0 && chapter.Second < Math.Max(1, end)).OrderBy(chapter => chapter.Second).ThenBy(chapter => chapter.Kind))
        {
            // What somebody wrote is never left out for a neighbour.
            if (chapter.Kind != ChapterKind.Cue || !kept.Exists(other => chapter.Second - other.Second < SamePlaceSeconds))
                kept.Add(chapter);
        }
        for (int i = kept.Count - 1; i > 0 && kept.Count > Most; i--)
        {
            if (kept[i].Kind == ChapterKind.Cue)
                kept.RemoveAt(i);
        }
        return [.. kept.Take(Most)];
    }
}
