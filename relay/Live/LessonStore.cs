using System.Collections.Immutable;
using System.Text.Json;
using Dapper;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>What came of scheduling a lesson.</summary>
public enum ScheduleOutcome { Added, Changed, TooLate }

/// <summary>The timetable, and the index of what each lesson has published.</summary>
public sealed class LessonStore(DurableDatabase database, IOptions<LiveOptions> options, TimeProvider time)
{
    /// <summary>All lessons by start, the newest last.</summary>
    public ImmutableArray<Lesson> All() => database.Read(connection =>
        connection.Query<LessonRow>($"SELECT {Columns} FROM lessons ORDER BY start, id").Select(row => row.ToLesson()).ToImmutableArray());

    public Lesson? Find(string id) => database.Read(connection =>
        connection.QuerySingleOrDefault<LessonRow>($"SELECT {Columns} FROM lessons WHERE id = @id", new { id })?.ToLesson());

    public Lesson? FindByTeachKey(string key) => database.Read(connection =>
        connection.QuerySingleOrDefault<LessonRow>($"SELECT {Columns} FROM lessons WHERE teach_key = @key", new { key })?.ToLesson());

    /// <summary>The timetable of one school, as its plan carries it: what is to come, what runs, and what ended lately.</summary>
    public ImmutableArray<PlannedLesson> LessonsOf(string school)
    {
        long since = (time.GetUtcNow() - options.Value.KeptInPlans).ToUnixTimeMilliseconds();
        return database.Read(connection => connection.Query<LessonRow>(
                $"SELECT {Columns} FROM lessons WHERE stage = 'Running' OR coalesce(ended, start + duration / 10000) > @since ORDER BY start, id", new { since })
            .Select(row => row.ToLesson()).Where(lesson => lesson.IsFor(school)).Select(lesson => lesson.ToPlanned(school)).ToImmutableArray());
    }

    /// <summary>Lessons to come or running that a class of some school would have at the same time as this one. A screen shows one of them; the others are seen on phones, or later.</summary>
    public ImmutableArray<Lesson> ConflictsOf(Lesson lesson) =>
    [
        .. All().Where(other => other.Id != lesson.Id && other.Stage is LessonStage.Planned or LessonStage.Running
            && string.Equals(other.Class, lesson.Class, StringComparison.OrdinalIgnoreCase) && SchoolsOf(lesson, other).Any(school =>
            {
                (DateTimeOffset from, DateTimeOffset to) = lesson.ShownAt(school);
                (DateTimeOffset otherFrom, DateTimeOffset otherTo) = other.ShownAt(school);
                return from < otherTo && otherFrom < to;
            })),
    ];

    /// <summary>Schools that get both; where both go to every school, those with bells of their own and one that stands for all others.</summary>
    private static IEnumerable<string> SchoolsOf(Lesson one, Lesson other) => (one.Schools, other.Schools) switch
    {
        ({ } some, _) => some.Where(other.IsFor),
        (null, { } some) => some,
        _ => one.Bells.Keys.Union(other.Bells.Keys).Append(""),
    };

    /// <summary>Adds a lesson, or changes one that has not begun; its ingest key and numbering stay.</summary>
    /// <param name="source">Where its main camera's stream is fetched from; null: it is sent.</param>
    public Task<ScheduleOutcome> ScheduleAsync(Lesson lesson, string? source, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        string? stage = connection.QuerySingleOrDefault<string>("SELECT stage FROM lessons WHERE id = @Id", new { lesson.Id }, transaction);
        if (stage is not null and not nameof(LessonStage.Planned))
            return ScheduleOutcome.TooLate;
        connection.Execute("""
            INSERT INTO lessons (id, title, class, subject, start, duration, kit, live, stage, polls, schools, ingest_key, origin, target, bells, teach_key, box_sources)
            VALUES (@Id, @Title, @Class, @Subject, @Start, @Duration, @Kit, @Live, @Stage, @Polls, @Schools, @IngestKey, @Origin, @Target, @Bells, @TeachKey, @BoxSources)
            ON CONFLICT (id) DO UPDATE SET title = @Title, class = @Class, subject = @Subject, start = @Start, duration = @Duration, kit = @Kit, live = @Live,
                polls = @Polls, schools = @Schools, bells = @Bells, box_sources = @BoxSources
            """, LessonRow.Of(lesson), transaction);
        connection.Execute("""
            INSERT INTO lesson_cameras (lesson, id, name, key, source, chosen) VALUES (@Id, 'main', '', @IngestKey, @source, 1)
            ON CONFLICT (lesson, id) DO UPDATE SET source = @source
            """, new { lesson.Id, lesson.IngestKey, source }, transaction);
        return stage is null ? ScheduleOutcome.Added : ScheduleOutcome.Changed;
    }, cancellationToken);

    /// <summary>Moves a lesson on; false when it stands there already or is over.</summary>
    public Task<bool> SetStageAsync(string id, LessonStage stage, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
    {
        long? ended = stage is LessonStage.Ended or LessonStage.Cancelled ? time.GetUtcNow().ToUnixTimeMilliseconds() : null;
        return connection.Execute("UPDATE lessons SET stage = @stage, ended = @ended WHERE id = @id AND stage <> @stage AND ended IS NULL",
            new { id, stage = stage.ToString(), ended }, transaction) > 0;
    }, cancellationToken);

    /// <summary>All that a lesson has published, in order.</summary>
    internal ImmutableArray<Segment> Segments(string lesson) => database.Read(connection => connection.Query<SegmentRow>(
            "SELECT sequence, duration, program_time AS ProgramTime, discontinuity, bytes, sha256 FROM lesson_segments WHERE lesson = @lesson ORDER BY sequence", new { lesson })
        .Select(row => row.ToSegment()).ToImmutableArray());

    /// <summary>Lists a segment whose bytes are on disk.</summary>
    internal Task AddSegmentAsync(string lesson, Segment segment, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("INSERT INTO lesson_segments VALUES (@lesson, @sequence, @duration, @programTime, @discontinuity, @bytes, @sha256)", new
        {
            lesson,
            sequence = segment.Sequence,
            duration = segment.Duration.Ticks,
            programTime = segment.ProgramTime.UtcTicks,
            discontinuity = segment.Discontinuity,
            bytes = segment.LengthBytes,
            sha256 = segment.Hash.ToArray(),
        }, transaction), cancellationToken);

    /// <summary>What there is of a lesson's lower rungs, by rung and in order.</summary>
    internal ImmutableArray<(string Rung, long Sequence, int LengthBytes, ChunkId Hash)> RungSegments(string lesson) => database.Read(connection => connection.Query<RungRow>(
            "SELECT rung, sequence, bytes, sha256 FROM lesson_rung_segments WHERE lesson = @lesson ORDER BY rung, sequence", new { lesson })
        .Select(row => (row.Rung, row.Sequence, (int)row.Bytes, new ChunkId(row.Sha256))).ToImmutableArray());

    /// <summary>Lists a segment of a lower rung whose bytes are on disk.</summary>
    internal Task AddRungSegmentAsync(string lesson, string rung, Segment segment, CancellationToken cancellationToken) => database.WriteAsync((connection, transaction) =>
        connection.Execute("INSERT INTO lesson_rung_segments VALUES (@lesson, @rung, @sequence, @bytes, @sha256)",
            new { lesson, rung, sequence = segment.Sequence, bytes = segment.LengthBytes, sha256 = segment.Hash.ToArray() }, transaction), cancellationToken);

    private const string Columns = "id, title, class, subject, start, duration, kit, live, stage, polls, schools, ingest_key AS IngestKey, origin, target, bells, teach_key AS TeachKey, box_sources AS BoxSources";

    private sealed class LessonRow
    {
        public string Id { get; init; } = "";
        public string Title { get; init; } = "";
        public string Class { get; init; } = "";
        public string Subject { get; init; } = "";
        public long Start { get; init; }
        public long Duration { get; init; }
        public string? Kit { get; init; }
        public bool Live { get; init; }
        public string Stage { get; init; } = "";
        public string Polls { get; init; } = "";
        public string? Schools { get; init; }
        public string IngestKey { get; init; } = "";
        public string Origin { get; init; } = "";
        public long Target { get; init; }
        public string? Bells { get; init; }
        public string TeachKey { get; init; } = "";
        public string? BoxSources { get; init; }

        public static LessonRow Of(Lesson lesson) => new()
        {
            Id = lesson.Id,
            Title = JsonSerializer.Serialize(lesson.Title, JsonSerializerOptions.Web),
            Class = lesson.Class,
            Subject = lesson.Subject,
            Start = lesson.Start.ToUnixTimeMilliseconds(),
            Duration = lesson.Duration.Ticks,
            Kit = lesson.Kit,
            Live = lesson.Live,
            Stage = lesson.Stage.ToString(),
            Polls = JsonSerializer.Serialize(lesson.Polls, JsonSerializerOptions.Web),
            Schools = lesson.Schools is { } schools ? JsonSerializer.Serialize(schools, JsonSerializerOptions.Web) : null,
            IngestKey = lesson.IngestKey,
            Origin = lesson.Origin,
            Target = (long)lesson.Target.TotalSeconds,
            TeachKey = lesson.TeachKey,
            BoxSources = lesson.BoxSources.IsEmpty ? null : JsonSerializer.Serialize(lesson.BoxSources, JsonSerializerOptions.Web),
            Bells = lesson.Bells.IsEmpty ? null : JsonSerializer.Serialize(lesson.Bells, JsonSerializerOptions.Web),
        };

        public Lesson ToLesson() => new(
            Id, JsonSerializer.Deserialize<LocalText>(Title, JsonSerializerOptions.Web)!, Class, Subject,
            DateTimeOffset.FromUnixTimeMilliseconds(Start), new TimeSpan(Duration), Kit, Live, Enum.Parse<LessonStage>(Stage),
            JsonSerializer.Deserialize<ImmutableArray<Poll>>(Polls, JsonSerializerOptions.Web),
            Schools is null ? null : JsonSerializer.Deserialize<ImmutableArray<string>>(Schools, JsonSerializerOptions.Web),
            IngestKey, Origin, TimeSpan.FromSeconds(Target))
        {
            TeachKey = TeachKey,
            BoxSources = BoxSources is null ? ImmutableSortedDictionary<string, string>.Empty : JsonSerializer.Deserialize<ImmutableSortedDictionary<string, string>>(BoxSources, JsonSerializerOptions.Web)!,
            Bells = Bells is null ? ImmutableSortedDictionary<string, DateTimeOffset>.Empty : JsonSerializer.Deserialize<ImmutableSortedDictionary<string, DateTimeOffset>>(Bells, JsonSerializerOptions.Web)!,
        };
    }

    private sealed class RungRow
    {
        public string Rung { get; init; } = "";
        public long Sequence { get; init; }
        public long Bytes { get; init; }
        public byte[] Sha256 { get; init; } = [];
    }

    private sealed class SegmentRow
    {
        public long Sequence { get; init; }
        public long Duration { get; init; }
        public long ProgramTime { get; init; }
        public bool Discontinuity { get; init; }
        public long Bytes { get; init; }
        public byte[] Sha256 { get; init; } = [];

        public Segment ToSegment() => new(Sequence, new TimeSpan(Duration), new DateTimeOffset(ProgramTime, TimeSpan.Zero), Discontinuity, (int)Bytes, new ChunkId(Sha256));
    }
}
