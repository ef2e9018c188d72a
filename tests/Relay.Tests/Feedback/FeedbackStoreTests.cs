using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Relay.Feedback;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Feedback;

public sealed class FeedbackStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly DurableDatabase _database;
    private readonly FeedbackStore _store;
    private readonly List<(BoxId Box, string Id, DownKind Kind, string Text)> _down = [];
    private readonly List<BoxId> _woken = [];
    private readonly BoxId _one = BoxId.New();
    private readonly BoxId _two = BoxId.New();
    private ulong _number;

    public FeedbackStoreTests()
    {
        _database = new DurableDatabase(_folder["relay.db"], FeedbackTables.Schema);
        _store = new FeedbackStore(_database, TimeProvider.System, (_, _, box, item) => _down.Add((box, item.Id, item.Kind, item.Text)), _woken.Add);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Items_are_found_by_lesson_school_kind_and_state_newest_first()
    {
        await AddAsync(_one, "school-1", Question("maths-3a", "one"));
        await AddAsync(_two, "school-2", Question("maths-3a", "two"));
        await AddAsync(_two, "school-2", Question("physics", "three"));
        await AddAsync(_one, "school-1", Vote(1, "0"));
        Assert.Equal(["two", "one"], Found(new FeedbackFilter(Lesson: "maths-3a", Kind: FeedbackKind.Question)));
        Assert.Equal(["three", "two"], Found(new FeedbackFilter(School: "school-2")));
        Assert.Equal(["three"], Found(new FeedbackFilter(School: "school-2", Most: 1)));
        Assert.Equal(["two"], Found(new FeedbackFilter(School: "school-2", BeforeNumber: 3)));
        await _store.ReplyAsync(2, FeedbackState.Answered, "Because.", Token);
        Assert.Equal(["two"], Found(new FeedbackFilter(State: FeedbackState.Answered)));
        Assert.Equal(2, _store.Open(FeedbackKind.Question));
    }

    [Fact]
    public async Task Each_item_gets_one_reply_and_only_a_kept_one_goes_down()
    {
        await AddAsync(_one, "school-1", Question("maths-3a", "one"));
        Assert.Equal(ReplyOutcome.BadText, await _store.ReplyAsync(1, FeedbackState.Answered, "  ", Token));
        Assert.Equal(ReplyOutcome.BadText, await _store.ReplyAsync(1, FeedbackState.Answered, new string('因', 700), Token));
        Assert.Equal(ReplyOutcome.NoItem, await _store.ReplyAsync(9, FeedbackState.Answered, "Because.", Token));
        Assert.Empty(_down);
        Assert.Equal(ReplyOutcome.Queued, await _store.ReplyAsync(1, FeedbackState.Declined, "Not in this lesson.", Token));
        Assert.Equal(ReplyOutcome.RepliedBefore, await _store.ReplyAsync(1, FeedbackState.Answered, "Because.", Token));
        Assert.Equal([(_one, _store.Find(1)!.Id + "-reply", DownKind.Declined, "Not in this lesson.")], _down);
        Assert.Equal([_one], _woken);
        Assert.Equal((FeedbackState.Declined, "Not in this lesson."), (_store.Find(1)!.State, _store.Find(1)!.Reply));
    }

    [Fact]
    public async Task The_last_vote_of_each_seat_of_each_box_counts()
    {
        foreach ((BoxId box, string school, int seat, string option) in new[]
        {
            (_one, "school-1", 1, "0"), (_one, "school-1", 2, "1"), (_two, "school-2", 1, "1"), (_one, "school-1", 1, "1"), (_two, "school-2", 3, "2"),
        })
            await AddAsync(box, school, Vote(seat, option));
        Assert.Equal(
            [new PollVotes("poll-1", "school-1", "1", 2), new PollVotes("poll-1", "school-2", "1", 1), new PollVotes("poll-1", "school-2", "2", 1)],
            _store.Votes("maths-3a"));
    }

    [Fact]
    public async Task Hands_and_who_cannot_follow_are_known_by_school_and_minute()
    {
        FeedbackItem Signal(FeedbackKind kind, int seat, string content, int second) =>
            Vote(seat, content) with { Kind = kind, Subject = null, LessonSecond = second, Seat = seat == 0 ? new Seat("3A", 0, SeatRole.Teacher) : new Seat("3A", seat, SeatRole.Pupil) };
        foreach ((BoxId box, string school, FeedbackItem item) in ((BoxId, string, FeedbackItem)[])
        [
            (_one, "school-1", Signal(FeedbackKind.Hand, 1, "1", 60)), (_one, "school-1", Signal(FeedbackKind.Hand, 2, "1", 61)), (_one, "school-1", Signal(FeedbackKind.Hand, 1, "0", 62)),
            (_one, "school-1", Signal(FeedbackKind.Lost, 1, "1", 30)), (_one, "school-1", Signal(FeedbackKind.Lost, 2, "1", 130)),
            (_two, "school-2", Signal(FeedbackKind.Lost, 2, "1", 131)), (_two, "school-2", Signal(FeedbackKind.Hand, 7, "1", 132)), (_two, "school-2", Signal(FeedbackKind.Hand, 0, "0", 140)),
            (_two, "school-2", Signal(FeedbackKind.Hand, 8, "1", 150)),
        ])
            await AddAsync(box, school, item);
        Assert.Equal([new SchoolSignals("school-1", 1, 1), new SchoolSignals("school-2", 1, 1)], _store.Signals("maths-3a", lostSince: 100));
        Assert.Equal([(0, 1), (2, 2)], _store.LostByMinute("maths-3a"));
    }

    [Fact]
    public async Task Of_each_seat_the_last_short_answer_is_read()
    {
        foreach ((BoxId box, string school, string text) in ((BoxId, string, string)[])[(_one, "school-1", "a half"), (_two, "school-2", "a third"), (_one, "school-1", "two quarters")])
            await AddAsync(box, school, Vote(1, text) with { Kind = FeedbackKind.ShortAnswer, Subject = "words" });
        Assert.Equal([new WordsGiven("words", "school-1", "two quarters"), new WordsGiven("words", "school-2", "a third")], _store.Words("maths-3a", 10));
    }

    [Fact]
    public async Task A_clock_that_lies_is_shown_only_where_it_can_be_and_breaks_nothing()
    {
        foreach (long wall in (long[])[long.MinValue, long.MaxValue, -5, 0, 4_102_444_800_000])
            await AddAsync(_one, "school-1", Question("maths-3a", "one") with { Time = new ItemTime(1, 2, wall, TimeQuality.Relay) });
        await AddAsync(_one, "school-1", Question("maths-3a", "unset"));
        Assert.Equal([null, 2100, 1970, null, null, null], _store.Find(new FeedbackFilter()).Select(entry => entry.Given?.Year));
    }

    [Fact]
    public async Task A_duplicate_is_told_so_and_gets_the_answer_of_the_first_at_its_own_box()
    {
        await AddAsync(_one, "school-1", Question("maths-3a", "why?"));
        await AddAsync(_two, "school-2", Question("maths-3a", "why???"));
        await AddAsync(_two, "school-2", Question("maths-3a", "but why?"));
        Assert.Equal([ReplyOutcome.Queued, ReplyOutcome.Queued], await _store.MergeAsync([2, 3], 1, "Others asked it too.", Token));
        Assert.Equal((FeedbackState.Duplicate, 1L, null), (_store.Find(2)!.State, _store.Find(2)!.SameAs, _store.Find(2)!.Reply));
        Assert.Equal([(_two, IdOf(2) + "-same", DownKind.Answer, "Others asked it too."), (_two, IdOf(3) + "-same", DownKind.Answer, "Others asked it too.")], _down);
        _down.Clear();
        _woken.Clear();
        Assert.Equal(ReplyOutcome.Queued, await _store.ReplyAsync(1, FeedbackState.Answered, "Because.", Token));
        Assert.Equal([(_one, IdOf(1) + "-reply"), (_two, IdOf(2) + "-reply"), (_two, IdOf(3) + "-reply")], _down.Select(item => (item.Box, item.Id)));
        Assert.All(_down, item => Assert.Equal((DownKind.Answer, "Because."), (item.Kind, item.Text)));
        Assert.Equal(new HashSet<BoxId> { _one, _two }, _woken.ToHashSet());
        Assert.Equal((FeedbackState.Duplicate, "Because."), (_store.Find(3)!.State, _store.Find(3)!.Reply));
        Assert.Equal(0, _store.Open(FeedbackKind.Question));
    }

    [Theory]
    [InlineData(FeedbackState.Answered, DownKind.Answer)]
    [InlineData(FeedbackState.Declined, DownKind.Declined)]
    public async Task What_is_merged_after_the_answer_gets_it_too(FeedbackState state, DownKind kind)
    {
        await AddAsync(_one, "school-1", Question("maths-3a", "why?"));
        await AddAsync(_two, "school-2", Question("maths-3a", "why???"));
        await AddAsync(_one, "school-1", Question("maths-3a", "but why?"));
        await _store.MergeAsync(3, 2, "Others asked it too.", Token);
        await _store.ReplyAsync(1, state, "Because.", Token);
        _down.Clear();
        // The third was a duplicate of the second: it moves with it.
        Assert.Equal(ReplyOutcome.Queued, await _store.MergeAsync(2, 1, "Others asked it too.", Token));
        Assert.Equal([(_two, IdOf(2) + "-same", DownKind.Answer, "Others asked it too."), (_two, IdOf(2) + "-reply", kind, "Because."), (_one, IdOf(3) + "-reply", kind, "Because.")], _down);
        Assert.Equal([1L, 1L], new[] { _store.Find(2)!.SameAs!.Value, _store.Find(3)!.SameAs!.Value });
    }

    [Fact]
    public async Task Nothing_is_a_duplicate_of_itself_of_its_own_duplicate_or_of_another_kind()
    {
        await AddAsync(_one, "school-1", Question("maths-3a", "why?"));
        await AddAsync(_two, "school-2", Question("maths-3a", "why???"));
        await AddAsync(_two, "school-2", Question("maths-3a", "broken") with { Kind = FeedbackKind.Problem });
        Assert.Equal(ReplyOutcome.NotAlike, await _store.MergeAsync(1, 1, "same", Token));
        Assert.Equal(ReplyOutcome.NotAlike, await _store.MergeAsync(3, 1, "same", Token));
        Assert.Equal(ReplyOutcome.NoItem, await _store.MergeAsync(1, 9, "same", Token));
        Assert.Equal(ReplyOutcome.BadText, await _store.MergeAsync(2, 1, " ", Token));
        Assert.Empty(_down);
        Assert.Equal(ReplyOutcome.Queued, await _store.MergeAsync(2, 1, "same", Token));
        Assert.Equal(ReplyOutcome.NotAlike, await _store.MergeAsync(1, 2, "same", Token));
        Assert.Equal(ReplyOutcome.RepliedBefore, await _store.MergeAsync(2, 1, "same", Token));
        Assert.Equal(ReplyOutcome.RepliedBefore, await _store.ReplyAsync(2, FeedbackState.Answered, "Because.", Token));
    }

    [Fact]
    public async Task One_text_answers_many_and_leaves_alone_what_was_answered_before()
    {
        foreach (string text in (string[])["one", "two", "three"])
            await AddAsync(_one, "school-1", Question("maths-3a", text));
        await _store.ReplyAsync(2, FeedbackState.Declined, "Not in this lesson.", Token);
        Assert.Equal([ReplyOutcome.Queued, ReplyOutcome.RepliedBefore, ReplyOutcome.NoItem, ReplyOutcome.Queued], await _store.ReplyAsync([1, 2, 9, 3], FeedbackState.Answered, "Because.", Token));
        Assert.Equal(["Because.", "Not in this lesson.", "Because."], new[] { 1, 2, 3 }.Select(number => _store.Find(number)!.Reply));
    }

    [Fact]
    public async Task Open_questions_that_are_alike_are_offered_together_the_oldest_first()
    {
        foreach (string text in (string[])["为什么要先通分？", "这首歌是谁写的？", "老师，为什么要先通分", "为什么要先通分", "今天有作业吗？"])
            await AddAsync(_one, "school-1", Question("maths-3a", text));
        Assert.Equal([[1, 3, 4]], _store.Alike("maths-3a", null).Select(group => group.Select(entry => entry.Number).ToArray()));
        await _store.ReplyAsync(3, FeedbackState.Answered, "Because.", Token);
        Assert.Equal([[1, 4]], _store.Alike(null, "school-1").Select(group => group.Select(entry => entry.Number).ToArray()));
        Assert.Empty(_store.Alike("physics", null));
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    private string IdOf(long number) => _store.Find(number)!.Id;

    private IEnumerable<string> Found(FeedbackFilter filter) => _store.Find(filter).Where(entry => entry.Kind == FeedbackKind.Question).Select(entry => entry.Content);

    private Task AddAsync(BoxId box, string school, FeedbackItem item) => _database.WriteAsync(
        (connection, transaction) => FeedbackStore.Add(connection, transaction, box, school, 1, (long)_number, item, TimeProvider.System.GetUtcNow()), Token);

    private FeedbackItem Question(string lesson, string text) => new(
        new ItemId(1, ++_number), FeedbackKind.Question, FeedbackPriority.Normal, lesson, 12, new Seat("3A", 12, SeatRole.Pupil), null, text,
        new ItemTime(1, 2, 0, TimeQuality.Unknown));

    private FeedbackItem Vote(int seat, string option) => Question("maths-3a", option) with { Kind = FeedbackKind.PollAnswer, Subject = "poll-1", Seat = new Seat("3A", seat, SeatRole.Pupil) };
}
