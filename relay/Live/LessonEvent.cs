using System.Collections.Immutable;
using Dapper;
using Edge.Core.Live;
using Edge.Durable;

namespace Relay.Live;

/// <summary>Something that staff should know of a lesson.</summary>
/// <param name="Number">From 1, in the order in which they happened.</param>
/// <param name="Sound">What became of its sound.</param>
/// <param name="Camera">The input that classes hear from then on.</param>
public sealed record LessonEvent(long Number, DateTimeOffset At, SoundChange Sound, string Camera);

/// <summary>What happened in each lesson.</summary>
public sealed class LessonEventStore(DurableDatabase database)
{
    /// <summary>So many of the newest are kept of a lesson: a loose plug makes many.</summary>
    public const int Kept = 200;

    /// <summary>Events of a lesson, the newest first.</summary>
    public ImmutableArray<LessonEvent> Of(string lesson, int most) => database.Read(connection => connection.Query<EventRow>(
        "SELECT number, at, sound, camera FROM lesson_events WHERE lesson = @lesson ORDER BY number DESC LIMIT @most", new { lesson, most }).Select(row => row.ToEvent()).ToImmutableArray());

    public Task AddAsync(string lesson, DateTimeOffset at, SoundChange sound, string camera, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        connection.Execute("""
            INSERT INTO lesson_events (lesson, number, at, sound, camera)
            VALUES (@lesson, (SELECT coalesce(max(number), 0) + 1 FROM lesson_events WHERE lesson = @lesson), @at, @sound, @camera);
            DELETE FROM lesson_events WHERE lesson = @lesson AND number <= (SELECT max(number) FROM lesson_events WHERE lesson = @lesson) - @Kept
            """, new { lesson, at = at.ToUnixTimeMilliseconds(), sound = sound.ToString(), camera, Kept }, transaction);
    }, cancellationToken);

    private sealed class EventRow
    {
        public long Number { get; init; }
        public long At { get; init; }
        public string Sound { get; init; } = "";
        public string Camera { get; init; } = "";

        public LessonEvent ToEvent() => new(Number, DateTimeOffset.FromUnixTimeMilliseconds(At), Enum.Parse<SoundChange>(Sound), Camera);
    }
}
