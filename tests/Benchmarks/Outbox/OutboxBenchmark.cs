using System.CommandLine;
using System.Diagnostics;
using Edge.Box.Feedback;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Durable;
using Microsoft.Data.Sqlite;
using Relay.Feedback;
using Relay.Sync;
using TestKit.Disk;
using TestKit.Link;
using TestKit.World;

namespace EdgeBench.Outbox;

/// <summary><c>./bench outbox</c>: durable accepts on the box, a hall that votes, a backlog over a thin and slow link, bytes per answer, and what a relay takes in on SQLite.</summary>
internal static class OutboxBenchmark
{
    private const int Pupils = 64;
    private const int BatchItems = 100;
    private const int Boxes = 50;
    private const ulong Storage = 7;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static Command Command()
    {
        Option<int> answers = Options.Count("--answers", "How many answers are drained over the thin link", 6000, 1000);
        Option<int> seconds = Options.Count("--seconds", "How long accepts and ingest are measured, each time", 5, 1);
        Option<int> rounds = Options.Count("--rounds", "How often accepts and ingest are measured", 3, 1);
        var command = new Command("outbox", "Durable accepts, 100 phones that vote, drain over 64 kbit/s and 600 ms, bytes an answer, ingest on SQLite. Needs root") { answers, seconds, rounds };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var figures = new List<Figure>();
            figures.AddRange(await AcceptAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds), cancellationToken));
            figures.AddRange(await IngestAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds), cancellationToken));
            figures.AddRange(await ClassVotes.MeasureAsync(cancellationToken));
            figures.AddRange(await DrainAsync(parsed.GetValue(answers), cancellationToken));
            return Report.Print("outbox", figures, parsed.GetValue(Options.Json));
        });
        return command;
    }

    private static async Task<IReadOnlyList<Figure>> AcceptAsync(TimeSpan span, int rounds, CancellationToken cancellationToken)
    {
        List<double> rates = [], perFlush = [];
        for (int round = 0; round < rounds; round++)
        {
            Report.Say("accepts");
            using var folder = new TempFolder();
            using FeedbackDatabase file = await FeedbackDatabase.OpenAsync(folder["feedback.db"], cancellationToken);
            await using var outbox = new SqliteOutbox(file, Microsoft.Extensions.Options.Options.Create(new FeedbackOptions { CommitWait = TimeSpan.FromMilliseconds(1) }), TimeProvider.System);
            long commits = file.Database.Commits, started = TimeProvider.System.GetTimestamp();
            int given = 0;
            await Task.WhenAll(Enumerable.Range(1, Pupils).Select(seat => Task.Run(async () =>
            {
                while (TimeProvider.System.GetElapsedTime(started) < span)
                    await outbox.AddAsync(Answer(Interlocked.Increment(ref given), seat), null, cancellationToken);
            }, cancellationToken)));
            rates.Add(given / TimeProvider.System.GetElapsedTime(started).TotalSeconds);
            // WAL with synchronous=FULL flushes once a commit.
            perFlush.Add(given / (double)(file.Database.Commits - commits));
        }
        return [new("box: durable accepts, 64 pupils at once", "1/s", rates), new("box: answers per flush of the disk", "", perFlush)];
    }

    private static async Task<IReadOnlyList<Figure>> IngestAsync(TimeSpan span, int rounds, CancellationToken cancellationToken)
    {
        List<double> rates = [], memory = [], envelopes = [];
        for (int round = 0; round < rounds; round++)
        {
            Report.Say("ingest");
            using var folder = new TempFolder();
            using var database = new DurableDatabase(folder["relay.db"], SyncTables.Schema, FeedbackTables.Schema);
            var ports = new SyncPorts(null!, null!, null!, null!, null!, null!, null!, (connection, transaction, arrived) =>
                FeedbackStore.Add(connection, transaction, arrived.Box, arrived.School, arrived.Epoch, arrived.Sequence, arrived.Item, TimeProvider.System.GetUtcNow()));
            await using var writer = new IngestWriter(database, ports, new RelayGeneration(1), Microsoft.Extensions.Options.Options.Create(new SyncOptions()), TimeProvider.System);
            long started = TimeProvider.System.GetTimestamp();
            long stored = 0, bytes = 0;
            await Task.WhenAll(Enumerable.Range(0, Boxes).Select(_ => Task.Run(async () =>
            {
                BoxId box = BoxId.New();
                async Task<IngestResult> TakeAsync(long epoch, long first, int count)
                {
                    byte[] envelope = Envelope.Write(new EnvelopeHeader(epoch, Storage, first, 0, count, 0), [.. Enumerable.Range((int)first, count).Select(n => Answer(n, 1 + n % 45))]);
                    Interlocked.Add(ref bytes, count == 0 ? 0 : envelope.Length);
                    EnvelopeRead read = Envelope.Read(envelope, out EnvelopeHeader header, out var items);
                    return await writer.TakeAsync(new ArrivedBatch(box, "school", read, header, items, envelope), cancellationToken);
                }
                long epoch = (await TakeAsync(0, 1, 0)).Reply!.Epoch!.Value.Epoch;
                for (long next = 1; TimeProvider.System.GetElapsedTime(started) < span; next += BatchItems)
                    Interlocked.Add(ref stored, (await TakeAsync(epoch, next, BatchItems)).Stored);
            }, cancellationToken)));
            rates.Add(stored / TimeProvider.System.GetElapsedTime(started).TotalSeconds);
            envelopes.Add(bytes / (double)stored);
            using var self = Process.GetCurrentProcess();
            memory.Add(self.WorkingSet64 / 1e6);
        }
        return
        [
            new("relay: items stored durably on SQLite, 50 boxes, batches of 100 coded and read in the same process", "1/s", rates, Bar.Min(5000)),
            new("an answer in its envelope", "bytes", envelopes),
            new("memory of that process", "MB", memory),
        ];
    }

    private static async Task<IReadOnlyList<Figure>> DrainAsync(int answers, CancellationToken cancellationToken)
    {
        Report.Say("drain");
        await using LinkWorld world = await LinkWorld.StartAsync(null, new Dictionary<string, string> { ["Sync__FirstRetry"] = "00:00:01", ["Sync__MaxRetry"] = "00:00:02", ["Sync__Patience"] = "00:00:20" }, cancellationToken);
        await world.BeginLessonAsync(cancellationToken);
        await world.KillBoxAsync();
        world.Link.Shape = new LinkShape(64_000, Delay, 0, 64_000);
        world.Link.Cut();
        await world.StartBoxAsync(cancellationToken);
        await TestKit.Eventually.Async(async () => (await world.Phone.GetAsync(new Uri("status", UriKind.Relative), cancellationToken)).IsSuccessStatusCode, "the box answers", cancellationToken);
        int given = 0;
        await Task.WhenAll(Enumerable.Range(1, Pupils).Select(async seat =>
        {
            while (Interlocked.Increment(ref given) is var number && number <= answers)
            {
                using var form = new FormUrlEncodedContent(new Dictionary<string, string>
                {
                    ["kind"] = nameof(FeedbackKind.ExerciseAnswer),
                    ["lesson"] = LinkWorld.Lesson,
                    ["subject"] = $"exercise-{number / 200}",
                    ["class"] = "3A",
                    ["seat"] = $"{1 + number % 45}",
                    ["second"] = $"{number / 4}",
                    ["text"] = $"{number * 7 % 4}",
                });
                using HttpResponseMessage said = await world.Phone.PostAsync(new Uri("feedback", UriKind.Relative), form, cancellationToken);
                if (said.StatusCode != System.Net.HttpStatusCode.SeeOther && !said.IsSuccessStatusCode)
                    throw new InvalidOperationException($"an answer was refused: {said.StatusCode} {await said.Content.ReadAsStringAsync(cancellationToken)}");
            }
        }));
        long before = world.Link.Up.IpBytes + world.Link.Down.IpBytes;
        long began = TimeProvider.System.GetTimestamp();
        world.Link.Join();
        using var reader = new SqliteConnection($"Data Source={world.Folder["relay/relay.db"]};Mode=ReadOnly;Pooling=False");
        reader.Open();
        using SqliteCommand count = reader.CreateCommand();
        count.CommandText = "SELECT count(*) FROM feedback";
        (long At, long Stored)? first = null;
        long stored;
        do
        {
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
            stored = (long)count.ExecuteScalar()!;
            if (stored > 0 && first is null)
                first = (TimeProvider.System.GetTimestamp(), stored);
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"{stored} of {answers} answers came:\n{world.Output}");
        }
        while (stored < answers);
        double seconds = TimeProvider.System.GetElapsedTime(first!.Value.At).TotalSeconds;
        return
        [
            new("answers drained over 64 kbit/s, 600 ms round trip, from the first that came", "1/s", [(stored - first.Value.Stored) / Math.Max(seconds, Look.TotalSeconds)], Bar.Min(200)),
            new("from the moment the link was back, connecting included", "1/s", [stored / TimeProvider.System.GetElapsedTime(began).TotalSeconds]),
            new("IP bytes an answer, all that crossed the link meanwhile, batches of 100", "bytes", [(world.Link.Up.IpBytes + world.Link.Down.IpBytes - before) / (double)stored], Bar.Max(40)),
        ];
    }

    private static FeedbackItem Answer(int number, int seat) => new(
        new ItemId(1, (ulong)number), FeedbackKind.ExerciseAnswer, FeedbackPriority.Normal, "maths-3a", number / 4, new Seat("3A", seat, SeatRole.Pupil), "exercise-1", $"{number * 7 % 4}",
        new ItemTime(1, 250L * number + number * 7919L % 250, 0, TimeQuality.Unknown));
}
