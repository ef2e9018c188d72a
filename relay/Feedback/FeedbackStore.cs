using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Dapper;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;

namespace Relay.Feedback;

/// <summary>How far an item has come with staff.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FeedbackState>))]
public enum FeedbackState
{
    Open,
    Answered,
    Declined,
    /// <summary>Another item asks the same; what that one is told, this one is told too.</summary>
    Duplicate,
}

/// <summary>What came of a reply.</summary>
public enum ReplyOutcome
{
    /// <summary>Kept and on its way to the box.</summary>
    Queued,
    NoItem,
    /// <summary>It was replied to before: each item gets one reply.</summary>
    RepliedBefore,
    /// <summary>No text, or over <see cref="DownItem.MaxTextBytes"/>.</summary>
    BadText,
    /// <summary>An item is no duplicate of itself, of one that is a duplicate of it, or of one of another kind.</summary>
    NotAlike,
}

/// <summary>An item as staff see it. <paramref name="Given"/>: when it was given by the box's clock, which may be wrong; null when that clock was never set.
/// <paramref name="SameAs"/>: number of the item that a duplicate is like. <paramref name="Reply"/> of a duplicate is what the other was told; null until then.
/// <paramref name="AttachmentHeld"/>: bytes that have come of the photo or sound that <paramref name="Subject"/> names; null when it names none.
/// <paramref name="Epoch"/> and <paramref name="Sequence"/>: its place in the outbox of its box. <paramref name="GivenIsKnown"/>: the box had its time from the relay or a time service.</summary>
public sealed record FeedbackEntry(
    long Number,
    string Id,
    string Box,
    string School,
    [property: JsonConverter(typeof(JsonStringEnumConverter<FeedbackKind>))] FeedbackKind Kind,
    string? Lesson,
    int? Second,
    string Class,
    int Seat,
    [property: JsonConverter(typeof(JsonStringEnumConverter<SeatRole>))] SeatRole Role,
    string? Subject,
    string Content,
    DateTimeOffset? Given,
    DateTimeOffset Arrived,
    FeedbackState State,
    string? Reply,
    DateTimeOffset? Replied,
    long? SameAs,
    long? AttachmentHeld,
    long Epoch,
    long Sequence,
    bool GivenIsKnown)
{
    /// <summary>When it was asked, as far as anybody knows: by the box's clock where that was set by somebody who knew and does not name a time after the arrival, else the arrival.</summary>
    public DateTimeOffset Asked => GivenIsKnown && Given is { } given && given <= Arrived ? given : Arrived;

    /// <summary>What goes with it; null: nothing.</summary>
    [JsonIgnore]
    public Attachment? Attachment => AttachmentHeld is not null && Attachment.TryParse(Subject, out Attachment attachment) ? attachment : null;

    /// <summary>Name of the newest word about it on its way down to the box.</summary>
    public string ReplyId => Reply is null ? SameIdOf(Id) : ReplyIdOf(Id);

    internal static string ReplyIdOf(string item) => item + "-reply";

    internal static string SameIdOf(string item) => item + "-same";
}

/// <summary>Votes for one option of a poll at one school: of each seat the last one.</summary>
public sealed record PollVotes(string Poll, string School, string Option, int Votes);

/// <summary>What the classes of one school signal now in a lesson: seats with a hand up, and how many cannot follow.</summary>
public sealed record SchoolSignals(string School, int Hands, int Lost);

/// <summary>A short answer of one seat, its last.</summary>
public sealed record WordsGiven(string Poll, string School, string Text);

/// <summary>In which order items are shown.</summary>
public enum FeedbackOrder
{
    /// <summary>As they arrived, the last first; pages by <see cref="FeedbackFilter.BeforeNumber"/>.</summary>
    Newest,
    /// <summary>Who asked first waits longest, also when a link brought it late; pages by <see cref="FeedbackFilter.Skip"/>.</summary>
    Oldest,
    /// <summary>As they arrived, the first first; pages by <see cref="FeedbackFilter.AfterNumber"/>.</summary>
    Arrival,
}

/// <summary>What staff look for; null: any. <paramref name="AskedFrom"/> and <paramref name="AskedBefore"/> go by <see cref="FeedbackEntry.Asked"/>.</summary>
public sealed record FeedbackFilter(string? Lesson = null, string? School = null, FeedbackKind? Kind = null, FeedbackState? State = null, long BeforeNumber = long.MaxValue, int Most = 200,
    DateTimeOffset? AskedFrom = null, DateTimeOffset? AskedBefore = null, FeedbackOrder Order = FeedbackOrder.Newest, int Skip = 0, long AfterNumber = 0);

/// <summary>A word of a lesson's teacher to the rooms; <paramref name="School"/> null: to all of them.</summary>
public sealed record SentNote(long Number, string? School, string Text, DateTimeOffset At);

/// <summary>Puts something into the queue down to a box, within the caller's transaction. The queue gives it its sequence.</summary>
public delegate void QueueDown(SqliteConnection connection, SqliteTransaction transaction, BoxId box, DownItem item);

/// <summary>What came up from the schools and what staff reply. A reply and its way down are one transaction.</summary>
/// <param name="database">The relay's.</param>
/// <param name="time">For the times staff see.</param>
/// <param name="queueDown">The queue down.</param>
/// <param name="wake">Called after the commit: something waits for this box.</param>
public sealed class FeedbackStore(DurableDatabase database, TimeProvider time, QueueDown queueDown, Action<BoxId> wake)
{
    /// <summary>Most entries of one answer.</summary>
    public const int MaxEntries = 1000;

    /// <summary>Most open questions that are compared with each other at once: some 50 000 pairs.</summary>
    private const int MaxCompared = 300;

    /// <summary>Keeps an item, counters of use apart from what people give; part of the transaction that moves the box's cursor.</summary>
    public static void Add(SqliteConnection connection, SqliteTransaction transaction, BoxId box, string school, long epoch, long sequence, FeedbackItem item, DateTimeOffset now)
    {
        if (item.Kind == FeedbackKind.Usage)
        {
            if (UsageDay.Read(item.Content) is { } day)
                UsageStore.Add(connection, transaction, box, school, day);
            return;
        }
        AttachmentStore.Add(connection, transaction, box, item);
        connection.Execute("""
            INSERT INTO feedback (id, box, school, epoch, sequence, kind, priority, lesson, second, class, seat, role, subject, content, boot, monotonic, wall, quality, arrived)
            VALUES (@id, @box, @school, @epoch, @sequence, @kind, @priority, @Lesson, @LessonSecond, @class, @seat, @role, @Subject, @Content, @boot, @monotonic, @wall, @quality, @arrived)
            """,
            new
            {
                id = item.Id.ToString(),
                box = box.ToString(),
                school,
                epoch,
                sequence,
                kind = (int)item.Kind,
                priority = (int)item.Priority,
                item.Lesson,
                item.LessonSecond,
                @class = item.Seat.Class,
                seat = item.Seat.Number,
                role = (int)item.Seat.Role,
                item.Subject,
                item.Content,
                boot = unchecked((long)item.Time.Boot),
                monotonic = item.Time.MonotonicMs,
                wall = item.Time.WallMs,
                quality = (int)item.Time.Quality,
                arrived = now.ToUnixTimeMilliseconds(),
            }, transaction);
    }

    /// <summary><see cref="FeedbackEntry.Asked"/> in SQL.</summary>
    internal const string AskedSql = "(CASE WHEN quality >= 2 AND wall BETWEEN 0 AND arrived THEN wall ELSE arrived END)";

    /// <summary>Items that fit, in the order wanted.</summary>
    public ImmutableArray<FeedbackEntry> Find(FeedbackFilter filter) => database.Read(connection => connection.Query<Row>($"""
            SELECT number, id, box, school, epoch, sequence, kind, lesson, second, class, seat, role, subject, content, wall, quality, arrived, state, reply, replied, same_as AS SameAs,
                (SELECT held FROM attachments WHERE attachments.box = feedback.box AND attachments.name = feedback.subject) AS AttachmentHeld
            FROM feedback
            WHERE number < @BeforeNumber AND number > @AfterNumber AND (@Lesson IS NULL OR lesson = @Lesson) AND (@School IS NULL OR school = @School)
                AND (@kind IS NULL OR kind = @kind) AND (@state IS NULL OR state = @state)
                AND (@from IS NULL OR {AskedSql} >= @from) AND (@before IS NULL OR {AskedSql} < @before)
            ORDER BY {(filter.Order switch { FeedbackOrder.Newest => "number DESC", FeedbackOrder.Oldest => AskedSql + ", number", _ => "number" })} LIMIT @most OFFSET @skip
            """,
            new
            {
                filter.BeforeNumber,
                filter.AfterNumber,
                filter.Lesson,
                filter.School,
                kind = (int?)filter.Kind,
                state = (int?)filter.State,
                most = Math.Clamp(filter.Most, 1, MaxEntries),
                from = filter.AskedFrom?.ToUnixTimeMilliseconds(),
                before = filter.AskedBefore?.ToUnixTimeMilliseconds(),
                skip = Math.Max(0, filter.Skip),
            })
        .Select(row => row.ToEntry()).ToImmutableArray());

    public FeedbackEntry? Find(long number) => Find(new FeedbackFilter(BeforeNumber: number + 1, Most: 1)).FirstOrDefault(entry => entry.Number == number);

    /// <summary>Votes of a lesson's polls by school.</summary>
    public ImmutableArray<PollVotes> Votes(string lesson) => database.Read(connection => connection.Query<(string Poll, string School, string Option, long Votes)>("""
            SELECT subject, school, content, count(*) FROM feedback
            WHERE number IN (SELECT max(number) FROM feedback WHERE lesson = @lesson AND kind = @kind GROUP BY box, subject, class, seat, role)
            GROUP BY subject, school, content ORDER BY subject, school, content
            """, new { lesson, kind = (int)FeedbackKind.PollAnswer })
        .Select(row => new PollVotes(row.Poll, row.School, row.Option, (int)row.Votes)).ToImmutableArray());

    /// <summary>Raised hands and who cannot follow, by school: of each seat the last word, and none that the teacher in the room saw to after it. "Cannot follow" counts from a second of the lesson on.</summary>
    /// <param name="lesson">The lesson.</param>
    /// <param name="lostSince">"Cannot follow" of an earlier second has faded.</param>
    public ImmutableArray<SchoolSignals> Signals(string lesson, int lostSince) => database.Read(connection => connection.Query<(string School, long Hands, long Lost)>("""
            WITH last AS (SELECT max(number) AS number FROM feedback WHERE lesson = @lesson AND kind IN (@hand, @lost) AND role = @pupil GROUP BY box, kind, class, seat),
                lowered AS (SELECT box, kind, max(number) AS number FROM feedback WHERE lesson = @lesson AND kind IN (@hand, @lost) AND role = @teacher AND content = @down GROUP BY box, kind)
            SELECT school, sum(f.kind = @hand), sum(f.kind = @lost) FROM feedback f JOIN last USING (number)
            LEFT JOIN lowered ON lowered.box = f.box AND lowered.kind = f.kind
            WHERE f.content = @up AND f.number > coalesce(lowered.number, 0) AND (f.kind = @hand OR f.second IS NULL OR f.second >= @lostSince)
            GROUP BY school ORDER BY school
            """, new { lesson, lostSince, hand = (int)FeedbackKind.Hand, lost = (int)FeedbackKind.Lost, pupil = (int)SeatRole.Pupil, teacher = (int)SeatRole.Teacher, up = ClassSignal.Up, down = ClassSignal.Down })
        .Select(row => new SchoolSignals(row.School, (int)row.Hands, (int)row.Lost)).ToImmutableArray());

    /// <summary>In which minutes of a lesson pupils could not follow: how many seats said so, also those that took it back.</summary>
    public ImmutableArray<(int Minute, int Seats)> LostByMinute(string lesson) => database.Read(connection => connection.Query<(long Minute, long Seats)>("""
            SELECT second / 60, count(DISTINCT box || '/' || class || '/' || seat) FROM feedback
            WHERE lesson = @lesson AND kind = @kind AND content = @up AND second IS NOT NULL GROUP BY second / 60 ORDER BY second / 60
            """, new { lesson, kind = (int)FeedbackKind.Lost, up = ClassSignal.Up })
        .Select(row => ((int)row.Minute, (int)row.Seats)).ToImmutableArray());

    /// <summary>Short answers of a lesson, of each seat the last, newest first.</summary>
    public ImmutableArray<WordsGiven> Words(string lesson, int most) => database.Read(connection => connection.Query<(string Poll, string School, string Text)>("""
            SELECT subject, school, content FROM feedback
            WHERE number IN (SELECT max(number) FROM feedback WHERE lesson = @lesson AND kind = @kind GROUP BY box, subject, class, seat, role)
            ORDER BY number DESC LIMIT @most
            """, new { lesson, kind = (int)FeedbackKind.ShortAnswer, most })
        .Select(row => new WordsGiven(row.Poll, row.School, row.Text)).ToImmutableArray());

    /// <summary>How many items of a kind wait for a reply.</summary>
    public int Open(FeedbackKind kind) => database.Read(connection =>
        connection.ExecuteScalar<int>("SELECT count(*) FROM feedback WHERE state = 0 AND kind = @kind", new { kind = (int)kind }));

    /// <summary>How many items of a kind wait for a reply, by lesson.</summary>
    public ImmutableDictionary<string, int> OpenByLesson(FeedbackKind kind) => database.Read(connection =>
        connection.Query<(string Lesson, long Count)>("SELECT lesson, count(*) FROM feedback WHERE state = 0 AND kind = @kind AND lesson IS NOT NULL GROUP BY lesson", new { kind = (int)kind })
            .ToImmutableDictionary(row => row.Lesson, row => (int)row.Count));

    /// <summary>Answers or declines an item and its duplicates; on disk, together with their places in the queues to the boxes, when the task completes.</summary>
    /// <param name="number">Which item.</param>
    /// <param name="state">Answered or declined.</param>
    /// <param name="text">What the asker gets to read: the answer, or why there is none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<ReplyOutcome> ReplyAsync(long number, FeedbackState state, string text, CancellationToken cancellationToken) =>
        (await ReplyAsync([number], state, text, cancellationToken))[0];

    /// <summary>One reply to many items, in one transaction; those that were replied to before stay as they are.</summary>
    /// <returns>What came of each, in order.</returns>
    public async Task<ImmutableArray<ReplyOutcome>> ReplyAsync(IReadOnlyList<long> numbers, FeedbackState state, string text, CancellationToken cancellationToken)
    {
        if (state is not (FeedbackState.Answered or FeedbackState.Declined))
            throw new ArgumentOutOfRangeException(nameof(state), state, "a reply answers or declines");
        text = text.Trim();
        if (!IsReply(text))
            return [.. numbers.Select(_ => ReplyOutcome.BadText)];
        var told = new HashSet<BoxId>();
        ImmutableArray<ReplyOutcome> outcomes = await database.WriteAsync((connection, transaction) => numbers.Select(number =>
        {
            if (Held(connection, transaction, number) is not { } item)
                return ReplyOutcome.NoItem;
            if (item.State != (int)FeedbackState.Open)
                return ReplyOutcome.RepliedBefore;
            connection.Execute("UPDATE feedback SET state = @state, reply = @text, replied = @now WHERE number = @number", new { state = (int)state, text, now = Now(), number }, transaction);
            told.Add(Tell(connection, transaction, item, state, text));
            connection.Execute("UPDATE feedback SET reply = @text, replied = @now WHERE same_as = @number", new { text, now = Now(), number }, transaction);
            foreach (Row same in connection.Query<Row>("SELECT id, box, lesson FROM feedback WHERE same_as = @number ORDER BY number", new { number }, transaction))
                told.Add(Tell(connection, transaction, same, state, text));
            return ReplyOutcome.Queued;
        }).ToImmutableArray(), cancellationToken);
        foreach (BoxId box in told)
            wake(box);
        return outcomes;
    }

    /// <summary>Closes an item as a duplicate of another: its asker is told so at once, and what the other is told (or was) as well. All in one transaction.
    /// Duplicates of a duplicate become duplicates of the first.</summary>
    /// <param name="number">The item to close.</param>
    /// <param name="sameAs">The item that stays.</param>
    /// <param name="text">What the asker gets to read until the answer comes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<ReplyOutcome> MergeAsync(long number, long sameAs, string text, CancellationToken cancellationToken) =>
        (await MergeAsync([number], sameAs, text, cancellationToken))[0];

    /// <inheritdoc cref="MergeAsync(long, long, string, CancellationToken)"/>
    /// <returns>What came of each, in order.</returns>
    public async Task<ImmutableArray<ReplyOutcome>> MergeAsync(IReadOnlyList<long> numbers, long sameAs, string text, CancellationToken cancellationToken)
    {
        text = text.Trim();
        if (!IsReply(text))
            return [.. numbers.Select(_ => ReplyOutcome.BadText)];
        var told = new HashSet<BoxId>();
        ImmutableArray<ReplyOutcome> outcomes = await database.WriteAsync((connection, transaction) => numbers.Select(number =>
        {
            Row? item = Held(connection, transaction, number), first = Held(connection, transaction, sameAs);
            // The first of a group is no duplicate itself.
            if (first?.SameAs is { } before)
                first = Held(connection, transaction, before);
            if (item is null || first is null)
                return ReplyOutcome.NoItem;
            if (item.State != (int)FeedbackState.Open)
                return ReplyOutcome.RepliedBefore;
            if (item.Number == first.Number || item.Kind != first.Kind)
                return ReplyOutcome.NotAlike;
            // Those that were its duplicates go with it.
            Row[] moved = [.. connection.Query<Row>("SELECT id, box, lesson FROM feedback WHERE number = @number OR same_as = @number ORDER BY number", new { number }, transaction)];
            connection.Execute("UPDATE feedback SET state = @state, same_as = @first, reply = @Reply, replied = @Replied WHERE number = @number OR same_as = @number",
                new { state = (int)FeedbackState.Duplicate, first = first.Number, number, first.Reply, Replied = first.Reply is null ? (long?)null : Now() }, transaction);
            BoxId box = BoxId.Parse(item.Box);
            queueDown(connection, transaction, box, new DownItem(0, FeedbackEntry.SameIdOf(item.Id), DownKind.Answer, item.Id, item.Lesson, text, Same: true));
            told.Add(box);
            if (first.Reply is { } reply)
            {
                foreach (Row same in moved)
                    told.Add(Tell(connection, transaction, same, (FeedbackState)first.State, reply));
            }
            return ReplyOutcome.Queued;
        }).ToImmutableArray(), cancellationToken);
        foreach (BoxId box in told)
            wake(box);
        return outcomes;
    }

    /// <summary>Open questions that are alike, the oldest of each group first; groups with most questions first.</summary>
    /// <param name="lesson">Only of this lesson; null: of all.</param>
    /// <param name="school">Only of this school; null: of all.</param>
    public ImmutableArray<ImmutableArray<FeedbackEntry>> Alike(string? lesson, string? school)
    {
        FeedbackEntry[] open = [.. Find(new FeedbackFilter(lesson, school, FeedbackKind.Question, FeedbackState.Open, Most: MaxCompared)).Reverse().Where(entry => entry.Content.Length > 0)];
        return [.. Likeness.Groups([.. open.Select(entry => entry.Content)]).OrderByDescending(group => group.Length).ThenBy(group => group[0])
            .Select(group => group.Select(place => open[place]).ToImmutableArray())];
    }

    private BoxId Tell(SqliteConnection connection, SqliteTransaction transaction, Row item, FeedbackState state, string text)
    {
        BoxId box = BoxId.Parse(item.Box);
        queueDown(connection, transaction, box, new DownItem(0, FeedbackEntry.ReplyIdOf(item.Id), state == FeedbackState.Answered ? DownKind.Answer : DownKind.Declined, item.Id, item.Lesson, text));
        return box;
    }

    private static Row? Held(SqliteConnection connection, SqliteTransaction transaction, long number) => connection.QuerySingleOrDefault<Row>(
        "SELECT number, id, box, kind, lesson, state, reply, same_as AS SameAs FROM feedback WHERE number = @number", new { number }, transaction);

    private static bool IsReply(string text) => text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= DownItem.MaxTextBytes;

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Sends a word of a lesson's teacher to those in the rooms: kept, and queued for each box, in one transaction.</summary>
    /// <param name="lesson">The lesson.</param>
    /// <param name="school">Only this school; null: all.</param>
    /// <param name="boxes">The boxes of those schools.</param>
    /// <param name="text">At most <see cref="DownItem.MaxTextBytes"/> in UTF-8.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the text is empty or too long.</returns>
    public async Task<bool> SendNoteAsync(string lesson, string? school, IReadOnlyList<BoxId> boxes, string text, CancellationToken cancellationToken)
    {
        text = text.Trim();
        if (!IsReply(text))
            return false;
        await database.WriteAsync((connection, transaction) =>
        {
            long number = connection.ExecuteScalar<long>("INSERT INTO lesson_notes (lesson, school, text, at) VALUES (@lesson, @school, @text, @now) RETURNING number",
                new { lesson, school, text, now = Now() }, transaction);
            foreach (BoxId box in boxes)
                queueDown(connection, transaction, box, new DownItem(0, string.Create(CultureInfo.InvariantCulture, $"note-{number}"), DownKind.Note, null, lesson, text));
        }, cancellationToken);
        foreach (BoxId box in boxes)
            wake(box);
        return true;
    }

    /// <summary>What a lesson's teacher wrote to the rooms, in order.</summary>
    public ImmutableArray<SentNote> NotesOf(string lesson) => database.Read(connection =>
        connection.Query<(long Number, string? School, string Text, long At)>("SELECT number, school, text, at FROM lesson_notes WHERE lesson = @lesson ORDER BY number DESC LIMIT @MaxEntries", new { lesson, MaxEntries })
            .Reverse().Select(row => new SentNote(row.Number, row.School, row.Text, DateTimeOffset.FromUnixTimeMilliseconds(row.At))).ToImmutableArray());

    private sealed class Row
    {
        public long Number { get; init; }
        public string Id { get; init; } = "";
        public string Box { get; init; } = "";
        public string School { get; init; } = "";
        public long Epoch { get; init; }
        public long Sequence { get; init; }
        public int Kind { get; init; }
        public string? Lesson { get; init; }
        public int? Second { get; init; }
        public string Class { get; init; } = "";
        public int Seat { get; init; }
        public int Role { get; init; }
        public string? Subject { get; init; }
        public string Content { get; init; } = "";
        public long Wall { get; init; }
        public int Quality { get; init; }
        public long Arrived { get; init; }
        public int State { get; init; }
        public string? Reply { get; init; }
        public long? Replied { get; init; }
        public long? SameAs { get; init; }
        public long? AttachmentHeld { get; init; }

        public FeedbackEntry ToEntry() => new(Number, Id, Box, School, (FeedbackKind)Kind, Lesson, Second, Class, Seat, (SeatRole)Role, Subject, Content,
            Quality == (int)TimeQuality.Unknown || Wall is < 0 or > MaxWall ? null : DateTimeOffset.FromUnixTimeMilliseconds(Wall),
            DateTimeOffset.FromUnixTimeMilliseconds(Arrived), (FeedbackState)State, Reply,
            Replied is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null, SameAs, AttachmentHeld, Epoch, Sequence, Quality >= (int)TimeQuality.Relay);

        // Year 9999: a clock may lie by more than a date can hold.
        private const long MaxWall = 253_402_300_799_999;
    }
}
