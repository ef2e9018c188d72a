using Dapper;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Feedback;

public sealed class SqliteOutboxTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FeedbackOptions _options = new() { CommitWait = TimeSpan.FromMilliseconds(20), RetainedItems = 5 };
    private FeedbackDatabase? _file;
    private SqliteOutbox _outbox = null!;
    private ulong _number;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Said_yes_kept_many_at_once_share_commits_and_keep_their_order()
    {
        await OpenAsync();
        long walBefore = WalBytes();
        KeptItem[] kept = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => _outbox.AddAsync(Question($"{i}"), null, Token)));
        Assert.Equal(Enumerable.Range(1, 64).Select(n => (long)n), kept.Select(item => item.Number).Order());
        // One commit writes each changed page once; 64 alone would write some 64 times as many.
        Assert.InRange(WalBytes() - walBefore, 1, 30 * 4096);
        await ReopenAsync();
        Assert.Equal(new Outbox(0, 64, 0), _outbox.State);
        Assert.Equal(64, _outbox.Batch(1, 100, 1 << 20).Items.Select(item => item.Id).Distinct().Count());
    }

    [Fact]
    public async Task Said_yes_kept_whatever_is_torn_off_the_end_of_the_log_only_unsaid_items_are_lost()
    {
        await OpenAsync();
        for (int i = 0; i < 8; i++)
            await _outbox.AddAsync(Question($"{i}"), null, Token);
        // What a power cut leaves: the main file as it was, the log cut somewhere.
        byte[] main = Bytes("feedback.db"), log = Bytes("feedback.db-wal");
        await CloseAsync();
        long lastWhole = 8;
        for (int cut = log.Length; cut >= 0; cut -= log.Length / 40)
        {
            using var copy = new TempFolder();
            copy.Write("feedback.db", main);
            copy.Write("feedback.db-wal", log.AsSpan(0, cut));
            using FeedbackDatabase file = await FeedbackDatabase.OpenAsync(copy["feedback.db"], Token);
            await using var outbox = new SqliteOutbox(file, Options.Create(_options), TimeProvider.System);
            long last = outbox.State.Last;
            Assert.InRange(last, 0, lastWhole);
            Assert.Equal(last, outbox.Batch(1, 100, 1 << 20).Items.Length);
            Assert.Equal(cut == log.Length ? 8 : last, last);
            lastWhole = last;
        }
        Assert.Equal(0, lastWhole);
    }

    [Fact]
    public async Task Items_leave_only_after_the_ack_and_the_window_of_younger_ones()
    {
        await OpenAsync();
        Assert.True(await _outbox.TakeAsync(new EpochGrant(3, _outbox.Storage, 1), Token));
        for (int i = 1; i <= 12; i++)
            await _outbox.AddAsync(Question($"{i}"), null, Token);
        (_, Outbox after) = await _outbox.TakeAsync(new Ack(3, 9, 1), Token);
        Assert.Equal(new Outbox(3, 12, 9, 4, 1), after);
        Assert.Equal(8, _file!.Database.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM items")));
        Assert.Equal(["10", "11", "12"], _outbox.Batch(10, 100, 1 << 20).Items.Select(item => item.Content));
        (_, Outbox foreign) = await _outbox.TakeAsync(new Ack(2, 12, 1), Token);
        Assert.Equal(after, foreign);
        await ReopenAsync();
        Assert.Equal(after, _outbox.State);
    }

    [Fact]
    public async Task A_new_epoch_numbers_what_is_here_from_1_and_people_keep_their_numbers()
    {
        await OpenAsync();
        await _outbox.TakeAsync(new EpochGrant(3, _outbox.Storage, 1), Token);
        for (int i = 1; i <= 12; i++)
            await _outbox.AddAsync(Question($"{i}"), null, Token);
        await _outbox.TakeAsync(new Ack(3, 9, 1), Token);
        Assert.False(await _outbox.TakeAsync(new EpochGrant(4, _outbox.Storage + 1, 1), Token));
        Assert.True(await _outbox.TakeAsync(new EpochGrant(4, _outbox.Storage, 1), Token));
        Assert.Equal(new Outbox(4, 8, 0, 0, 1), _outbox.State);
        Assert.Equal(["5", "6"], _outbox.Batch(1, 2, 1 << 20).Items.Select(item => item.Content));
        Assert.Equal(13, (await _outbox.AddAsync(Question("13"), null, Token)).Number);
        Assert.Equal(Enumerable.Range(5, 9).Select(n => (n, n <= 9)),
            _outbox.OfLesson("maths-3a", FeedbackKind.Question, null, 100).Select(held => ((int)held.Number, held.Sent)));
    }

    [Fact]
    public async Task An_item_whose_bytes_the_card_lost_is_counted_and_the_rest_goes_on()
    {
        await OpenAsync();
        for (int i = 1; i <= 3; i++)
            await _outbox.AddAsync(Question($"{i}"), null, Token);
        await _file!.Database.WriteAsync((connection, transaction) =>
        {
            byte[] body = connection.ExecuteScalar<byte[]>("SELECT body FROM items WHERE number = 2", transaction: transaction)!;
            body[^1] ^= 1;
            connection.Execute("UPDATE items SET body = @body WHERE number = 2", new { body }, transaction);
        }, Token);
        Assert.Equal([FeedbackKind.Question, FeedbackKind.Damaged, FeedbackKind.Question], _outbox.Batch(1, 10, 1 << 20).Items.Select(item => item.Kind));
    }

    [Fact]
    public async Task When_there_is_no_room_it_says_so_and_changes_nothing()
    {
        _options.MaxOutboxBytes = 20_000;
        await OpenAsync();
        await _outbox.TakeAsync(new EpochGrant(1, _outbox.Storage, 1), Token);
        KeptItem kept;
        do
        {
            kept = await _outbox.AddAsync(Question(new string('a', 1500)), null, Token);
        }
        while (kept.Outcome == KeepOutcome.Saved);
        Assert.Equal(new KeptItem(KeepOutcome.Full, 0, default), kept);
        long last = _outbox.State.Last;
        Assert.InRange(last, 10, 13);
        Assert.Equal(last, _file!.Database.Read(connection => connection.ExecuteScalar<long>("SELECT count(*) FROM items")));
        // Acked ones make room.
        await _outbox.TakeAsync(new Ack(1, last, 1), Token);
        Assert.Equal(KeepOutcome.Saved, (await _outbox.AddAsync(Question("again"), null, Token)).Outcome);
    }

    [Fact]
    public async Task When_the_outbox_is_full_what_is_refused_follows_the_stated_order()
    {
        _options.MaxOutboxBytes = 20_000;
        await OpenAsync();
        foreach (FeedbackKind kind in (FeedbackKind[])[FeedbackKind.Attendance, FeedbackKind.PollAnswer, FeedbackKind.Question, FeedbackKind.ExerciseAnswer])
        {
            FeedbackItem Item() => Question("2") with { Kind = kind, Subject = kind is FeedbackKind.PollAnswer or FeedbackKind.ExerciseAnswer ? "one" : null };
            long before = _outbox.State.Last;
            while ((await _outbox.AddAsync(Item(), null, Token)).Outcome == KeepOutcome.Saved)
            {
            }
            // What stands before it in the order is full; it still found room itself.
            Assert.True(_outbox.State.Last > before, $"{kind} found no room");
        }
        Assert.Equal(KeepOutcome.Full, (await _outbox.AddAsync(Question("2") with { Kind = FeedbackKind.Attendance }, null, Token)).Outcome);
    }

    /// <summary>A big school: 2 000 answers on each of 30 days, nothing acked, and the default room.</summary>
    [Fact]
    public async Task Thirty_days_offline_fit_in_64_MB_and_go_up_in_order()
    {
        const int Days = 30, ADay = 2000;
        _options.CommitItems = 1000;
        _options.CommitWait = TimeSpan.Zero;
        _options.MaxWaiting = ADay;
        await OpenAsync();
        for (int day = 0; day < Days; day++)
        {
            KeptItem[] kept = await Task.WhenAll(Enumerable.Range(0, ADay).Select(i => _outbox.AddAsync(
                i % 20 == 0 ? Question($"Day {day}: why is the answer to exercise {i} not the one on the board?")
                    : Question($"{i % 4}") with { Kind = FeedbackKind.PollAnswer, Subject = $"poll-{day}" }, null, Token)));
            Assert.All(kept, item => Assert.Equal(KeepOutcome.Saved, item.Outcome));
        }
        Assert.Equal(Days * ADay, _outbox.State.Unsent);
        long bytes = Directory.GetFiles(_folder.Path).Sum(file => new FileInfo(file).Length);
        Assert.InRange(bytes, 1 << 20, 64 << 20);
        var numbers = new List<ulong>();
        foreach ((byte[] envelope, _) in _outbox.Owed())
        {
            Assert.Equal(EnvelopeRead.Whole, Envelope.Read(envelope, out _, out var items));
            numbers.AddRange(items.Select(item => item.Id.Number));
        }
        Assert.Equal(Enumerable.Range(1, Days * ADay).Select(n => (ulong)n), numbers);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_moved_aside_and_the_box_goes_on_with_another_storage()
    {
        await OpenAsync();
        ulong storage = _outbox.Storage;
        await CloseAsync();
        _folder.Write("feedback.db", "this is no database, however long one reads in it"u8);
        await OpenAsync();
        Assert.True(_file!.Replaced);
        Assert.NotEqual(storage, _outbox.Storage);
        Assert.True(File.Exists(_folder["feedback.db.damaged-1"]));
        Assert.Equal(KeepOutcome.Saved, (await _outbox.AddAsync(Question("on"), null, Token)).Outcome);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Dispose();
    }

    private async Task OpenAsync()
    {
        _file = await FeedbackDatabase.OpenAsync(_folder["feedback.db"], Token);
        _outbox = new SqliteOutbox(_file, Options.Create(_options), TimeProvider.System);
    }

    private async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    private async Task CloseAsync()
    {
        if (_file is null)
            return;
        await _outbox.DisposeAsync();
        _file.Dispose();
        _file = null;
    }

    private byte[] Bytes(string name)
    {
        using var stream = new FileStream(_folder[name], FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private long WalBytes() => new FileInfo(_folder["feedback.db-wal"]).Length;

    private FeedbackItem Question(string text) => new(
        new ItemId(1, ++_number), FeedbackKind.Question, FeedbackPriority.Normal, "maths-3a", 12, new Seat("3A", 12, SeatRole.Pupil), null, text,
        new ItemTime(1, (long)_number, 0, TimeQuality.Unknown));
}
