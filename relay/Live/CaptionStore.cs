using System.Collections.Immutable;
using Dapper;
using Edge.Core.Live;
using Edge.Durable;

namespace Relay.Live;

/// <summary>What came of captions that were sent.</summary>
public enum CaptionOutcome { Stored, NoSuchLesson, TooMany, TooManyLanguages }

/// <summary>The captions of each lesson, numbered as they came; none is ever changed.</summary>
public sealed class CaptionStore(DurableDatabase database)
{
    public const int MaxLanguages = 8;

    /// <summary>Stores captions. What is there already is passed over, so a captioner may send again what was not confirmed.</summary>
    public Task<CaptionOutcome> AddAsync(string lesson, string language, ImmutableArray<WebVttCue> cues, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM lessons WHERE id = @lesson", new { lesson }, transaction) == 0)
            return CaptionOutcome.NoSuchLesson;
        long last = connection.ExecuteScalar<long>("SELECT coalesce(max(number), 0) FROM lesson_captions WHERE lesson = @lesson", new { lesson }, transaction);
        if (last + cues.Length > CaptionLine.MaxCaptions)
            return CaptionOutcome.TooMany;
        if (connection.ExecuteScalar<long>("SELECT count(DISTINCT language) FROM lesson_captions WHERE lesson = @lesson AND language <> @language", new { lesson, language }, transaction) >= MaxLanguages)
            return CaptionOutcome.TooManyLanguages;
        foreach (WebVttCue cue in cues)
        {
            last += connection.Execute("INSERT OR IGNORE INTO lesson_captions (lesson, number, language, start, until, text) VALUES (@lesson, @number, @language, @start, @until, @text)",
                new { lesson, number = last + 1, language, start = (long)cue.Start.TotalMilliseconds, until = (long)cue.End.TotalMilliseconds, text = cue.Text }, transaction);
        }
        return CaptionOutcome.Stored;
    }, cancellationToken);

    /// <summary>Captions behind one, by number.</summary>
    public ImmutableArray<Caption> After(string lesson, long number, int most) => database.Read(connection => connection.Query<CaptionRow>(
        "SELECT number, language, start, until, text FROM lesson_captions WHERE lesson = @lesson AND number > @number ORDER BY number LIMIT @most", new { lesson, number, most })
        .Select(row => new Caption(row.Number, row.Language, TimeSpan.FromMilliseconds(row.Start), TimeSpan.FromMilliseconds(row.Until), row.Text)).ToImmutableArray());

    private sealed class CaptionRow
    {
        public long Number { get; init; }
        public string Language { get; init; } = "";
        public long Start { get; init; }
        public long Until { get; init; }
        public string Text { get; init; } = "";
    }
}
