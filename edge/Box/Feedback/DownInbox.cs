using System.Collections.Immutable;
using Dapper;
using Edge.Core.Sync;
using Microsoft.Data.Sqlite;
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
public sealed class DownInbox
{
    private readonly FeedbackDatabase _file;
    private readonly FeedbackOptions _options;
    private readonly TimeProvider _time;
    private Heard _heard;

    public DownInbox(FeedbackDatabase file, IOptions<FeedbackOptions> options, TimeProvider time)
    {
        _file = file;
        _options = options.Value;
        _time = time;
        // It cannot be earlier than what the relay said last.
        _heard = new Heard(file.Database.Read(connection => connection.ExecuteScalar<long?>("SELECT max(sent_at) FROM answers")) ?? 0, time.GetTimestamp());
    }

    /// <summary>Takes in an item; on disk when the task completes.</summary>
    public async Task<DownOutcome> TakeAsync(DownItem item, CancellationToken cancellationToken)
    {
        if (item.At?.ToUnixTimeMilliseconds() is { } at && at > Now)
            Volatile.Write(ref _heard, new Heard(at, _time.GetTimestamp()));
        return await KeepAsync(item, cancellationToken);
    }

    private Task<DownOutcome> KeepAsync(DownItem item, CancellationToken cancellationToken) => _file.Database.WriteAsync((connection, transaction) =>
    {
        FeedbackDatabase.StateRow state = FeedbackDatabase.State(connection, transaction);
        if (item.Sequence <= state.DownThrough)
            return DownOutcome.Held;
        if (item.Sequence > state.DownThrough + 1)
            return item.Urgent && Insert(connection, transaction, item) ? DownOutcome.Taken : DownOutcome.Gap;
        bool inserted = !item.IsEmptied && Insert(connection, transaction, item);
        FeedbackDatabase.Keep(connection, transaction, state with { DownThrough = item.Sequence });
        return inserted ? DownOutcome.Taken : DownOutcome.Held;
    }, cancellationToken);

    // A relay restored from an older backup gives what it sent before a new sequence, and what is urgent comes ahead of its place too: the name tells.
    private bool Insert(SqliteConnection connection, SqliteTransaction transaction, DownItem item)
    {
        int inserted = connection.Execute("""
            INSERT OR IGNORE INTO answers (id, kind, about, lesson, text, same, urgent, erratum, expires, sent_at)
                VALUES (@Id, @kind, @About, @Lesson, @Text, @Same, @Urgent, @Erratum, @expires, @at)
            """,
            new { item.Id, kind = (int)item.Kind, item.About, item.Lesson, item.Text, item.Same, item.Urgent, item.Erratum, expires = item.Expires?.ToUnixTimeMilliseconds(), at = item.At?.ToUnixTimeMilliseconds() },
            transaction);
        connection.Execute("DELETE FROM answers WHERE place <= (SELECT max(place) FROM answers) - @most", new { most = _options.RetainedAnswers }, transaction);
        return inserted == 1;
    }

    /// <summary>All up to here is on this box's disk.</summary>
    public long Through => _file.Database.Read(connection => FeedbackDatabase.State(connection).DownThrough);

    /// <summary>What came for a lesson, in order of arrival.</summary>
    public ImmutableArray<DownItem> OfLesson(string lesson) => Select("lesson = @value", lesson);

    /// <summary>Words to the school, about no lesson: urgent ones first, then the newest.</summary>
    public ImmutableArray<DownItem> OfSchool(int most) =>
        [.. Select("lesson IS NULL AND kind = @value", (int)DownKind.Notice).Reverse().OrderByDescending(item => item.Urgent).Take(most)];

    /// <summary>What came about an item, in order of arrival.</summary>
    public ImmutableArray<DownItem> About(string item) => Select("about = @value", item);

    private ImmutableArray<DownItem> Select(string where, object value) => _file.Database.Read(connection =>
        connection.Query<AnswerRow>($"""
                SELECT place, id, kind, about, lesson, text, same, urgent, erratum FROM answers WHERE {where} AND (expires IS NULL OR expires > @now) ORDER BY place
                """, new { value, now = Now })
            .Select(row => new DownItem(row.Place, row.Id, (DownKind)row.Kind, row.About, row.Lesson, row.Text, row.Same, row.Urgent, row.Erratum)).ToImmutableArray());

    /// <summary>What the time is at least, by the relay's word and a clock that nobody sets: the box's own may lie, and it hides nothing.</summary>
    private long Now
    {
        get
        {
            Heard heard = Volatile.Read(ref _heard);
            return heard.At + (long)_time.GetElapsedTime(heard.Stamp).TotalMilliseconds;
        }
    }

    private sealed record Heard(long At, long Stamp);

    private sealed class AnswerRow
    {
        public long Place { get; init; }
        public string Id { get; init; } = "";
        public int Kind { get; init; }
        public string? About { get; init; }
        public string? Lesson { get; init; }
        public string Text { get; init; } = "";
        public bool Same { get; init; }
        public bool Urgent { get; init; }
        public bool Erratum { get; init; }
    }
}
