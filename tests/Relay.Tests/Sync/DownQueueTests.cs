using System.Collections.Immutable;
using Dapper;
using Edge.Box.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Relay.Sync;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Sync;

/// <summary>The way down in fake time: the relay's queue and the box's inbox, both real and on disk, and a link of so many bytes a second between them.</summary>
public sealed class DownQueueTests : IAsyncLifetime
{
    private const int Most = 8;
    private const string Lesson = "maths-3a";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TempFolder _folder = new();
    private readonly BoxId _box = BoxId.New();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 9, 1, 8, 0, 0, TimeSpan.Zero));
    private DurableDatabase _database = null!;
    private DownQueue _queue = null!;
    private FeedbackDatabase _file = null!;
    private DownInbox _inbox = null!;
    private int _cards;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = new DurableDatabase(_folder["relay.db"], SyncTables.Schema);
        _queue = new DownQueue(_database, _time);
        await NewCardAsync();
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        _database.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_is_urgent_goes_before_what_was_not_sent_and_the_rest_stays_in_order()
    {
        await AddAsync([.. Enumerable.Range(1, 20).Select(Notice), Note("to the teacher"), Urgent("school closes at noon")]);
        DownStep first = await NextAsync();
        Assert.Equal(["school closes at noon", "to the teacher", .. Enumerable.Range(1, 6).Select(i => $"notice {i}")], first.Items.Select(item => item.Text));
        Assert.Empty(first.Ahead);
        await ContactAsync(TimeSpan.FromHours(1), bytesPerSecond: 800);
        Assert.Equal(["school closes at noon", "to the teacher", .. Enumerable.Range(1, 20).Select(i => $"notice {i}")], Shown());
        Assert.All(_queue.OfBox(_box, 100), state => Assert.Equal(DownProgress.Arrived, state.Progress));
    }

    [Fact]
    public async Task What_expires_unsent_costs_no_place_and_is_told()
    {
        await AddAsync(Notice(1) with { Expires = _time.GetUtcNow().AddHours(1) }, Notice(2) with { Expires = _time.GetUtcNow().AddHours(3) });
        _time.Advance(TimeSpan.FromHours(1));
        await ContactAsync(TimeSpan.FromHours(1), bytesPerSecond: 800);
        Assert.Equal(["notice 2"], Shown());
        Assert.Equal(1, _inbox.Through);
        Assert.Equal([DownProgress.ExpiredUnsent, DownProgress.Arrived], _queue.OfBox(_box, 100).Select(state => state.Progress));
    }

    [Fact]
    public async Task What_expires_after_it_was_sent_keeps_its_place_without_its_text()
    {
        await AddAsync(Notice(1) with { Expires = _time.GetUtcNow().AddHours(1) }, Notice(2));
        // Sent, and lost with the link.
        Assert.Equal(["notice 1", "notice 2"], (await NextAsync()).Items.Select(item => item.Text));
        Assert.Equal([DownProgress.Sent, DownProgress.Sent], _queue.OfBox(_box, 100).Select(state => state.Progress));
        _time.Advance(TimeSpan.FromHours(1));
        await ContactAsync(TimeSpan.FromHours(1), bytesPerSecond: 800);
        Assert.Equal(["notice 2"], Shown());
        Assert.Equal(2, _inbox.Through);
        Assert.Equal([DownProgress.ExpiredSent, DownProgress.Arrived], _queue.OfBox(_box, 100).Select(state => state.Progress));
        Assert.Empty(_queue.Delivered([(_box.ToString(), "1")]));
    }

    [Fact]
    public async Task A_box_hides_what_expired_by_the_relays_word_also_after_a_restart_whatever_its_own_clock_says()
    {
        await AddAsync(Notice(1) with { Expires = _time.GetUtcNow().AddHours(1) }, Notice(2));
        await ContactAsync(TimeSpan.FromMinutes(1), bytesPerSecond: 800);
        Assert.Equal(["notice 1", "notice 2"], Shown());
        _time.Advance(TimeSpan.FromMinutes(58));
        Assert.Equal(["notice 1", "notice 2"], Shown());
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(["notice 2"], Shown());
        // Nothing but the relay's word counts: after a start the time is not earlier than the last of it.
        Reopen();
        Assert.Equal(["notice 1", "notice 2"], Shown());
        await AddAsync(Notice(3) with { Expires = _time.GetUtcNow().AddHours(1) });
        await ContactAsync(TimeSpan.FromMinutes(1), bytesPerSecond: 800);
        Reopen();
        Assert.Equal(["notice 2", "notice 3"], Shown());
    }

    /// <summary>A thin link, 64 kbit/s, nine tenths of it busy with a pack and recordings; three minutes of contact once a day.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)] // the box lost its card: all of a year comes again first
    public async Task What_is_urgent_is_there_a_minute_into_the_first_contact_behind_thirty_days_of_notices(bool lostCard)
    {
        if (lostCard)
        {
            await AddAsync([.. Enumerable.Range(1000, 400).Select(i => Notice(i) with { Text = new string('y', DownItem.MaxTextBytes) })]);
            await ContactAsync(TimeSpan.FromDays(1), bytesPerSecond: 8000);
            Assert.Equal(400, _inbox.Through);
            await NewCardAsync();
        }
        for (int day = 0; day < 30; day++)
        {
            await AddAsync([.. Enumerable.Range(day * 4, 4).Select(i => Notice(i) with { Text = new string('x', DownItem.MaxTextBytes) })]);
            _time.Advance(TimeSpan.FromDays(1));
        }
        await AddAsync(Urgent(new string('!', DownItem.MaxShortBytes)));
        long began = _time.GetTimestamp();
        TimeSpan? there = null;
        await ContactAsync(TimeSpan.FromMinutes(3), bytesPerSecond: 800, () => there ??= Shown().Any(text => text.StartsWith('!')) ? _time.GetElapsedTime(began) : null);
        Assert.NotNull(there);
        Assert.InRange(there.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        TestContext.Current.TestOutputHelper?.WriteLine($"there after {there.Value.TotalSeconds:0.0} s");
        // And the rest arrives in the contacts of the days to come, once and in order.
        while (_queue.OfBox(_box, 1000).Any(state => state.Progress != DownProgress.Arrived))
        {
            _time.Advance(TimeSpan.FromDays(1));
            await ContactAsync(TimeSpan.FromMinutes(3), bytesPerSecond: 8000);
        }
        Assert.Equal(lostCard ? 521 : 121, Shown().Length);
    }

    [Fact]
    public async Task A_relay_older_than_what_the_box_has_seen_gives_new_places()
    {
        await AddAsync(Notice(1), Notice(2));
        await NextAsync();
        await ReportAsync(through: 40);
        Assert.Equal([41L, 42L], (await NextAsync()).Items.Select(item => item.Sequence));
    }

    [Fact]
    public async Task A_database_of_before_keeps_its_places_and_what_was_never_sent_loses_them()
    {
        string path = _folder["before.db"];
        using (var before = new DurableDatabase(path, SyncTables.Schema with { Steps = SyncTables.Schema.Steps[..3] }))
        {
            await before.WriteAsync((connection, transaction) =>
            {
                connection.Execute("INSERT INTO cursors VALUES (@box, 3, 7, 5, 100, 10)", new { box = _box.ToString() }, transaction);
                for (int i = 1; i <= 100; i++)
                {
                    connection.Execute("INSERT INTO down_items (box, sequence, id, kind, text, queued, delivered) VALUES (@box, @i, @i, @kind, @text, @i, @delivered)",
                        new { box = _box.ToString(), i, kind = i == 100 ? DownKind.Note : DownKind.Notice, text = $"notice {i}", delivered = i <= 10 ? 5 : (int?)null }, transaction);
                }
            }, Token);
        }
        using var database = new DurableDatabase(path, SyncTables.Schema);
        var queue = new DownQueue(database, _time);
        ImmutableArray<DownState> states = queue.OfBox(_box, 1000);
        Assert.Equal(100, states.Length);
        Assert.Equal((10, 64, 26), (Count(DownProgress.Arrived), Count(DownProgress.Sent), Count(DownProgress.Written)));
        var came = new List<string>();
        for (long through = 10; through < 100; through = await LastAsync())
        {
            await database.WriteAsync((connection, transaction) =>
            {
                long last = connection.ExecuteScalar<long>("SELECT down_last FROM cursors", transaction: transaction);
                DownQueue.Reported(connection, transaction, _box.ToString(), through, last, 1);
            }, Token);
        }
        Assert.Equal([.. Enumerable.Range(11, 64).Select(i => $"notice {i}"), "notice 100", .. Enumerable.Range(75, 25).Select(i => $"notice {i}")], came);

        int Count(DownProgress progress) => states.Count(state => state.Progress == progress);

        async Task<long> LastAsync()
        {
            DownStep step = await queue.NextAsync(_box, 0, Most, Patience, Token);
            came.AddRange(step.Items.Select(item => item.Text));
            return step.Items[^1].Sequence;
        }
    }

    private static DownItem Notice(int i) => new(0, $"{i}", DownKind.Notice, null, Lesson, $"notice {i}");

    private static DownItem Note(string text) => new(0, text, DownKind.Note, null, Lesson, text);

    private static DownItem Urgent(string text) => new(0, "urgent", DownKind.Notice, null, Lesson, text, Urgent: true);

    private Task AddAsync(params DownItem[] items) => _database.WriteAsync((connection, transaction) =>
    {
        foreach (DownItem item in items)
            _queue.Add(connection, transaction, _box, item);
    }, Token);

    private Task<DownStep> NextAsync(long after = 0) => _queue.NextAsync(_box, after, Most, Patience, Token);

    private Task ReportAsync(long through) => _database.WriteAsync((connection, transaction) =>
    {
        long last = connection.ExecuteScalar<long>("SELECT down_last FROM cursors WHERE box = @box", new { box = _box.ToString() }, transaction);
        DownQueue.Reported(connection, transaction, _box.ToString(), through, last, _time.GetUtcNow().ToUnixTimeMilliseconds());
    }, Token);

    /// <summary>A contact: the box reports, the relay sends the next, until the time is over or all is there. What does not get through before the end is lost.</summary>
    private async Task ContactAsync(TimeSpan length, int bytesPerSecond, Action? looked = null)
    {
        long began = _time.GetTimestamp();
        await ReportAsync(_inbox.Through);
        while (true)
        {
            DownStep step = await NextAsync();
            if (step.Items.IsEmpty)
                return;
            foreach (DownItem item in step.Ahead.AddRange(step.Items))
            {
                byte[] bytes = new DownMessage(Item: item).ToJson();
                _time.Advance(TimeSpan.FromSeconds((double)bytes.Length / bytesPerSecond));
                if (_time.GetElapsedTime(began) > length)
                    return;
                await _inbox.TakeAsync(DownMessage.Read(bytes)!.Item!, Token);
                looked?.Invoke();
            }
            _time.Advance(TimeSpan.FromMilliseconds(600));
            await ReportAsync(_inbox.Through);
        }
    }

    private string[] Shown() => [.. _inbox.OfLesson(Lesson).Select(item => item.Text)];

    private void Reopen() => _inbox = new DownInbox(_file, Options.Create(new FeedbackOptions()), _time);

    private async Task NewCardAsync()
    {
        _file?.Dispose();
        _file = await FeedbackDatabase.OpenAsync(_folder[$"card-{++_cards}.db"], Token);
        Reopen();
    }
}
