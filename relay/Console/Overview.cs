using System.Collections.Immutable;
using Edge.Core.Feedback;
using Relay.Feedback;
using Relay.Sync;

namespace Relay.Console;

/// <summary>Something that a person should look at.</summary>
/// <param name="Bad">True: something is wrong. False: something waits.</param>
/// <param name="Address">Where to look.</param>
/// <param name="Text">Text key; with <paramref name="Count"/> in its gap, or <paramref name="Name"/>.</param>
public sealed record Finding(bool Bad, string Address, string Text, int Count, string? Name);

/// <summary>The first page's answer: is everything all right, and if not, where to look.</summary>
/// <param name="Today">Lessons of today, and any that run.</param>
/// <param name="Underway">Versions not everywhere yet.</param>
public sealed record Overview(FleetBoard Fleet, ImmutableArray<LessonRow> Today, ImmutableArray<PackRow> Underway, int OpenQuestions, ImmutableArray<Finding> Findings)
{
    /// <summary>Lessons and packs named one by one; more would bury the rest.</summary>
    private const int MostNamed = 5;

    public static Overview Of(FleetBoard fleet, IEnumerable<LessonRow> lessons, PackBoard packs, FeedbackStore feedback, LinkDoubts doubts, Func<DateTimeOffset, bool> isToday, Func<Edge.Core.Text.LocalText, string> inWords)
    {
        ImmutableArray<LessonRow> today = [.. lessons.Where(row => isToday(row.Lesson.Start) || row.State is LessonState.Live or LessonState.Lost)];
        ImmutableArray<PackRow> underway = [.. packs.Rows.Where(row => row.Stage is PackStage.Underway or PackStage.Late).OrderBy(row => row.Due ?? DateTimeOffset.MaxValue)];
        int questions = feedback.Open(FeedbackKind.Question);
        IEnumerable<Finding> findings =
        [
            .. today.Where(row => row.NeedsLook).Take(MostNamed).Select(row => new Finding(true, $"/lessons/{row.Lesson.Id}",
                row.State == LessonState.Lost ? "finding.lost" : "finding.waiting", 0, inWords(row.Lesson.Title))),
            Counted(true, "/feedback?kind=helprequest&state=open", "finding.help", feedback.Open(FeedbackKind.HelpRequest)),
            Counted(true, "/feedback?kind=problem&state=open", "finding.problem", feedback.Open(FeedbackKind.Problem)),
            .. doubts.Cloned().Take(MostNamed).Select(box => new Finding(true, "/schools", "finding.cloned", 0, box.ToString())),
            Counted(true, "/api/links", "finding.set-aside", doubts.SetAsideLately()),
            Counted(true, "/schools?link=silent", "finding.silent", fleet.Count(BoxLink.Silent)),
            .. underway.Where(row => row.Stage == PackStage.Late).Take(MostNamed).Select(row => new Finding(true, $"/packs/{row.Pack.Pack}", "finding.late", 0, inWords(row.Pack.Title))),
            Counted(false, "/schools?link=never", "finding.never", fleet.Count(BoxLink.Never)),
            Counted(false, "/feedback?kind=question&state=open", "finding.question", questions),
        ];
        return new Overview(fleet, today, underway, questions, [.. findings.Where(finding => finding.Count > 0 || finding.Name is not null)]);
    }

    private static Finding Counted(bool bad, string address, string text, int count) => new(bad, address, text, count, null);
}
