using System.Collections.Immutable;
using Dapper;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Feedback;

/// <summary>What came of an item from the centre.</summary>
public enum DownOutcome
{
    /// <summary>On disk now.</summary>
    Taken,
    /// <summary>It was here already.</summary>
    Held,
    /// <summary>One before it is missing: it is not kept, the relay sends again from what the box reports.</summary>
    Gap,
}

/// <summary>What the centre sent to this box: durable, each once, in order.</summary>
public sealed class DownInbox(FeedbackDatabase file, IOptions<FeedbackOptions> options)
{
    /// <summary>Takes in an item; on disk when the task completes.</summary>
    public Task<DownOutcome> TakeAsync(DownItem item, CancellationToken cancellationToken) => file.Database.WriteAsync((connection, transaction) =>
    {
        FeedbackDatabase.StateRow state = FeedbackDatabase.State(connection, transaction);
        if (item.Sequence <= state.DownThrough)
            return DownOutcome.Held;
        if (item.Sequence > state.DownThrough + 1)
            return DownOutcome.Gap;
        // A relay restored from an older backup gives what it sent before a new sequence: the name tells.
        int inserted = connection.Execute("INSERT OR IGNORE INTO answers (id, kind, about, lesson, text, same) VALUES (@Id, @kind, @About, @Lesson, @Text, @Same)",
            new { item.Id, kind = (int)item.Kind, item.About, item.Lesson, item.Text, item.Same }, transaction);
        connection.Execute("DELETE FROM answers WHERE place <= (SELECT max(place) FROM answers) - @most", new { most = options.Value.RetainedAnswers }, transaction);
        FeedbackDatabase.Keep(connection, transaction, state with { DownThrough = item.Sequence });
        return inserted == 1 ? DownOutcome.Taken : DownOutcome.Held;
    }, cancellationToken);

    /// <summary>All up to here is on this box's disk.</summary>
    public long Through => file.Database.Read(connection => FeedbackDatabase.State(connection).DownThrough);

    /// <summary>What came for a lesson, in order of arrival.</summary>
    public ImmutableArray<DownItem> OfLesson(string lesson) => Select("lesson = @value", lesson);

    /// <summary>What came about an item, in order of arrival.</summary>
    public ImmutableArray<DownItem> About(string item) => Select("about = @value", item);

    private ImmutableArray<DownItem> Select(string where, string value) => file.Database.Read(connection =>
        connection.Query<AnswerRow>($"SELECT place, id, kind, about, lesson, text, same FROM answers WHERE {where} ORDER BY place", new { value })
            .Select(row => new DownItem(row.Place, row.Id, (DownKind)row.Kind, row.About, row.Lesson, row.Text, row.Same)).ToImmutableArray());

    private sealed class AnswerRow
    {
        public long Place { get; init; }
        public string Id { get; init; } = "";
        public int Kind { get; init; }
        public string? About { get; init; }
        public string? Lesson { get; init; }
        public string Text { get; init; } = "";
        public bool Same { get; init; }
    }
}
