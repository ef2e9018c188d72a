using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using EndToEnd.World;
using TestKit;
using TestKit.Disk;
using TestKit.Live;
using Xunit;

namespace EndToEnd.Kill;

/// <summary>A school day on which box and relay are killed at random instants while pupils give, staff answer and publish, and a lesson runs. Then all is healed and left
/// until it is quiet. The tests look at what came of it. The same seed gives the same blows, though not the same instants: set <c>EDGE_SEED</c>.</summary>
public sealed class KillCampaign : IAsyncLifetime
{
    public const string Lesson = "lesson-1";
    private const string Poll = "poll-1";
    private const int Phones = 4;

    /// <summary>Segments after which the lesson says something; a slow machine needs more time than the blows take.</summary>
    public const int LeastSegments = 10;

    private static readonly bool Long = Fuzz.IsLong;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<Promise> _promises = new();
    private readonly CancellationTokenSource _stop = new();

    public KillCampaign()
    {
        Relay = new RelayNode(_folder["relay"], Quick.Relay);
        Box = new BoxNode(_folder["box"], Relay, Quick.Box);
        Press = new PackPress(Relay, _folder, Seed);
        Reader = new PackReader(Box, Press);
    }

    public int Seed { get; } = int.TryParse(Environment.GetEnvironmentVariable("EDGE_SEED"), out int seed) ? seed : RandomNumberGenerator.GetInt32(1_000_000);

    /// <summary>Blows that the campaign deals.</summary>
    public int Wanted { get; } = Long ? 300 : 30;

    public int Kills { get; private set; }

    public RelayNode Relay { get; }

    public BoxNode Box { get; }

    public PackPress Press { get; }

    public PackReader Reader { get; }

    /// <summary>What the box said it has saved, in the order in which the phones were told.</summary>
    public IReadOnlyCollection<Promise> Promises => _promises;

    /// <summary>All items of the box in the relay's database, in its order.</summary>
    public IReadOnlyList<JsonElement> Arrived { get; private set; } = [];

    /// <summary>Questions with their answers as the box shows them, by id.</summary>
    public IReadOnlyDictionary<string, JsonElement> Questions { get; private set; } = new Dictionary<string, JsonElement>();

    public string Summary => $"EDGE_SEED={Seed}: {Kills} kills, {_promises.Count} answers, {Press.Versions.Count} versions, {Reader.Reads} files read";

    /// <summary>For the message of a failed test.</summary>
    public string Evidence => $"{Summary}\n--- box\n{Box.Output}\n--- relay\n{Relay.Output}";

    public async ValueTask InitializeAsync()
    {
        try
        {
            await RunAsync(TestContext.Current.CancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new InvalidOperationException($"{e.Message}\n{Evidence}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Box.DisposeAsync();
        await Relay.DisposeAsync();
        _stop.Dispose();
        _folder.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        byte[] stream = await TestVideo.MakeAsync(seconds: 60, keyFrameEvery: 25);
        await Relay.StartAsync(cancellationToken);
        await Box.StartAsync(cancellationToken);
        await Box.ClaimAsync(Relay, "Kill School", cancellationToken);
        JsonElement lesson = await Relay.CliAsync(cancellationToken, "lesson", "schedule", "--id", Lesson, "--title", "Fractions", "--class", "3A", "--poll", "Ready?|yes|no");
        await Press.PublishAsync(cancellationToken);
        await Eventually.Async(async () => await Reader.ShownAsync(cancellationToken) is not null, "the first version shows", cancellationToken, Patience, () => Evidence);

        using var trouble = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var feed = new TsFeed(new Uri(Relay.Console, lesson.GetProperty("ingest").GetString()), stream, TimeSpan.FromSeconds(60));
        Task feeding = feed.RunAsync(_stop.Token, trouble.Token);
        Task[] work = [.. Enumerable.Range(1, Phones).Select(seat => PhoneAsync(seat, trouble.Token)), PublishAsync(trouble.Token), ReadAsync(trouble.Token), AnswerAsync(trouble.Token), KillAsync(trouble.Token)];
        // Whoever fails first ends the day.
        await foreach (Task done in Task.WhenEach(work))
        {
            if (done.IsFaulted)
                await trouble.CancelAsync();
            await done;
        }

        await HealAsync(cancellationToken);
        await feeding;
        await QuietAsync(cancellationToken);
    }

    /// <summary>Deals the blows; the last one ends the day.</summary>
    private async Task KillAsync(CancellationToken cancellationToken)
    {
        var draw = new Random(Seed);
        try
        {
            while (Kills < Wanted)
            {
                // Mostly both are at work; sometimes the blow falls while one is still starting.
                if (draw.NextDouble() < 0.75)
                    await BothAnswerAsync(cancellationToken);
                await PauseAsync(draw.Next(0, 1500), cancellationToken);
                int victims = draw.Next(100);
                (bool box, bool relay) = (victims < 65, victims >= 35);
                if (box)
                    await KillAsync("box", Box.Running, Box.KillAsync);
                if (relay)
                    await KillAsync("relay", Relay.Running, Relay.KillAsync);
                await PauseAsync(draw.Next(0, 200), cancellationToken);
                if (relay)
                    await Relay.LaunchAsync(cancellationToken);
                if (box)
                    await Box.LaunchAsync(cancellationToken);
            }
            await Eventually.Async(async () => (await Relay.GetAsync($"/api/lessons/{Lesson}", cancellationToken)).GetProperty("segments").GetInt64() > LeastSegments,
                $"the lesson has more than {LeastSegments} segments", cancellationToken, Patience, () => Evidence);
        }
        finally
        {
            await _stop.CancelAsync();
        }
    }

    private async Task KillAsync(string who, bool running, Func<Task> kill)
    {
        if (!running)
            throw new InvalidOperationException($"the {who} ended by itself");
        await kill();
        Kills++;
    }

    private async Task BothAnswerAsync(CancellationToken cancellationToken)
    {
        await Eventually.Async(async () => !Box.Running || (await Box.Http.GetAsync("/healthz", cancellationToken)).IsSuccessStatusCode, "the box answers", cancellationToken, Patience);
        await Eventually.Async(async () => !Relay.Running || (await Relay.Staff.GetAsync("/healthz", cancellationToken)).IsSuccessStatusCode, "the relay answers", cancellationToken, Patience);
    }

    private async Task PhoneAsync(int seat, CancellationToken cancellationToken)
    {
        using var phone = new Phone(Box, Lesson, seat);
        var draw = new Random(Seed + seat);
        for (int n = 1; !_stop.IsCancellationRequested; n++)
        {
            _promises.Enqueue(draw.Next(2) == 0
                ? await phone.AskAsync($"question {n} of seat {seat}", cancellationToken)
                : await phone.VoteAsync(Poll, draw.Next(2), cancellationToken));
            await PauseAsync(draw.Next(20, 250), cancellationToken);
        }
    }

    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        var draw = new Random(Seed + 100);
        while (!_stop.IsCancellationRequested)
        {
            await PauseAsync(draw.Next(1000, 6000), cancellationToken);
            await Press.PublishAsync(cancellationToken);
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (!_stop.IsCancellationRequested)
        {
            await TryAsync(() => Reader.ReadAsync(cancellationToken), cancellationToken);
            await PauseAsync(300, cancellationToken);
        }
    }

    /// <summary>Staff answer the newest question, again and again.</summary>
    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        while (!_stop.IsCancellationRequested)
        {
            await TryAsync(async () =>
            {
                JsonElement open = await Relay.GetAsync("/api/feedback?kind=Question&state=Open&most=1", cancellationToken);
                foreach (JsonElement question in open.EnumerateArray())
                    (await Relay.Staff.PostAsJsonAsync($"/api/feedback/{question.GetProperty("number").GetInt64()}/answer", new { text = $"About {question.GetProperty("content").GetString()}" }, cancellationToken)).Dispose();
            }, cancellationToken);
            await PauseAsync(1000, cancellationToken);
        }
    }

    private async Task HealAsync(CancellationToken cancellationToken)
    {
        await BothAnswerAsync(cancellationToken);
        if (!Relay.Running || !Box.Running)
            throw new InvalidOperationException($"the {(Box.Running ? "relay" : "box")} ended by itself");
    }

    private async Task QuietAsync(CancellationToken cancellationToken)
    {
        await Relay.CliAsync(cancellationToken, "lesson", "end", Lesson);
        await Eventually.Async(async () =>
        {
            JsonElement status = await Box.StatusAsync(cancellationToken);
            return status.GetProperty("linkUp").GetBoolean() && status.GetProperty("unsentItems").GetInt64() == 0;
        }, "all is sent", cancellationToken, Patience, () => Evidence);
        await Eventually.Async(async () => await Reader.ShownAsync(cancellationToken) == Press.Published, $"version {Press.Published} shows", cancellationToken, Patience, () => Evidence);
        await Eventually.Async(async () => (await Box.Http.GetFromJsonAsync<JsonElement>($"/live/{Lesson}/state.json", cancellationToken)).GetProperty("stage").GetString() == "ended",
            "the recording is complete", cancellationToken, Patience, () => Evidence);
        Arrived = await ArrivedAsync(cancellationToken);
        HashSet<string> replied = [.. Arrived.Where(item => item.GetProperty("state").GetString() == "Answered").Select(item => item.GetProperty("id").GetString()!)];
        await Eventually.Async(async () =>
        {
            JsonElement questions = await Box.Http.GetFromJsonAsync<JsonElement>($"/lesson/{Lesson}/questions.json", cancellationToken);
            Questions = questions.EnumerateArray().ToDictionary(question => question.GetProperty("id").GetString()!);
            return replied.All(id => Questions.TryGetValue(id, out JsonElement question) && question.GetProperty("answers").GetArrayLength() > 0);
        }, $"{replied.Count} answers of staff are at the box", cancellationToken, Patience, () => Evidence);
    }

    private async Task<IReadOnlyList<JsonElement>> ArrivedAsync(CancellationToken cancellationToken)
    {
        var items = new List<JsonElement>();
        long before = long.MaxValue;
        while (true)
        {
            JsonElement page = await Relay.GetAsync($"/api/feedback?most=1000&before={before}", cancellationToken);
            if (page.GetArrayLength() == 0)
                break;
            items.AddRange(page.EnumerateArray());
            before = items[^1].GetProperty("number").GetInt64();
        }
        items.Reverse();
        return items;
    }

    /// <summary>One thing that may fail because box or relay is away.</summary>
    private static async Task TryAsync(Func<Task> act, CancellationToken cancellationToken)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is HttpRequestException or IOException || e is TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Next time.
        }
    }

    private static Task PauseAsync(int milliseconds, CancellationToken cancellationToken) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, cancellationToken);
}
