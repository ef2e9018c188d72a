using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using TestKit;
using TestKit.Disk;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Outbox;

/// <summary>A hall votes: a hundred phones on connections of their own at the published box, first all in one instant, then as a class does, spread over ten seconds.</summary>
internal static class ClassVotes
{
    private const int Phones = 100;
    private const int Rounds = 20;
    private const string Lesson = "votes";
    private static readonly TimeSpan Spread = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(CancellationToken cancellationToken)
    {
        Report.Say("votes");
        using var folder = new TempFolder();
        await using var relay = new RelayNode(folder["relay"]);
        await relay.StartAsync(cancellationToken);
        await using var box = new BoxNode(folder["box"], relay, program: Options.PublishedBox());
        await box.StartAsync(cancellationToken);
        await box.ClaimAsync(relay, "School", cancellationToken);
        await relay.CliAsync(cancellationToken, "lesson", "schedule", "--id", Lesson, "--title", "Votes", "--class", "3A", "--start", "now", "--minutes", "60", "--poll", "Ready?|yes|no");
        await Eventually.Async(async () => (await box.Http.GetAsync($"/lesson/{Lesson}", cancellationToken)).IsSuccessStatusCode, "the lesson is on the box", cancellationToken, Patience, () => box.Output);
        HttpClient[] phones = [.. Enumerable.Range(0, Phones).Select(_ => new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1 }, true)
        {
            BaseAddress = box.Site,
            DefaultRequestHeaders = { Accept = { new MediaTypeWithQualityHeaderValue("application/json") } },
        })];
        try
        {
            // Connections stand and the box's code is warm, as in the middle of a lesson.
            await RoundAsync(phones, TimeSpan.Zero, cancellationToken);
            var burst = new List<double>();
            for (int round = 0; round < Rounds; round++)
                burst.AddRange(await RoundAsync(phones, TimeSpan.Zero, cancellationToken));
            ProcessUsage before = ProcessUsage.Of(box.ProcessId);
            long began = TimeProvider.System.GetTimestamp();
            double[] spread = await RoundAsync(phones, Spread, cancellationToken);
            double processor = (ProcessUsage.Of(box.ProcessId).Cpu - before.Cpu) / TimeProvider.System.GetElapsedTime(began);
            return
            [
                new("100 phones vote in one instant: saved, p50", "ms", [Figure.Quantile(burst, 0.5)]),
                new("100 phones vote in one instant: saved, p99", "ms", [Figure.Quantile(burst, 0.99)], Bar.Max(300)),
                new("100 phones vote within 10 s: saved, p99", "ms", [Figure.Quantile(spread, 0.99)], Bar.Max(300)),
                new("box while they do: processor, of one core", "%", [processor * 100]),
                new("box after 2 200 votes: memory", "MB", [ProcessUsage.Of(box.ProcessId).ResidentBytes / 1e6]),
            ];
        }
        finally
        {
            foreach (HttpClient phone in phones)
                phone.Dispose();
        }
    }

    /// <returns>Milliseconds from the tap to "saved", of each phone.</returns>
    private static async Task<double[]> RoundAsync(HttpClient[] phones, TimeSpan over, CancellationToken cancellationToken)
    {
        var took = new ConcurrentBag<double>();
        await Task.WhenAll(phones.Select((phone, i) => Task.Run(async () =>
        {
            await Task.Delay(over * i / phones.Length, TimeProvider.System, cancellationToken);
            using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["option"] = $"{i % 2}", ["class"] = "3A", ["seat"] = $"{i + 1}", ["nonce"] = Guid.NewGuid().ToString("N") });
            long began = TimeProvider.System.GetTimestamp();
            using HttpResponseMessage answer = await phone.PostAsync(new Uri($"/lesson/{Lesson}/poll/poll-1", UriKind.Relative), form, cancellationToken);
            JsonElement said = JsonElement.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            took.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            if (answer.StatusCode != HttpStatusCode.Created || said.GetProperty("number").GetInt64() < 1)
                throw new InvalidOperationException($"a vote was answered {(int)answer.StatusCode}");
        }, cancellationToken)));
        return [.. took];
    }
}
