using System.CommandLine;
using System.Text.Json;
using TestKit;
using TestKit.Disk;
using TestKit.World;

namespace EdgeBench.Live;

/// <summary><c>./bench live</c>: a lesson of 1 Mbit/s from relay to box to 1, 20, 100 and 300 viewers, and nginx with the same files for the same viewers, turn by turn.
/// Box and nginx are measured from outside, by what Linux says of their processes.</summary>
internal static class LiveBenchmark
{
    private static readonly int[] Audiences = [1, 20, 100, 300];
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Saturation = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Bar Processor = Bar.Max(6);
    private static readonly Bar Memory = Bar.Max(180);

    public static Command Command()
    {
        Option<int> seconds = Options.Count("--seconds", "How long each measurement lasts, after the warm-up", 30, 5);
        Option<int> rounds = Options.Count("--rounds", "How often each is measured; the figure is the median", 3, 1);
        var command = new Command("live", "Processor and memory of the box with 1, 20, 100 and 300 viewers of a live lesson, beside nginx") { seconds, rounds };
        command.SetAction(async (parsed, cancellationToken) => Report.Print("live",
            await MeasureAsync(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(rounds), cancellationToken), parsed.GetValue(Options.Json)));
        return command;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureAsync(TimeSpan span, int rounds, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        // Box alone, twice; box and nginx for each audience; the box once more with whole pages; then four saturations for each round.
        TimeSpan whole = rounds * ((2 * Audiences.Length + 3) * (span + WarmUp) + 8 * Saturation) + Margin;
        Report.Say($"Making {whole.TotalSeconds:0} s of a lesson");
        await LessonMedia.MakeAsync(folder["lesson.ts"], (int)whole.TotalSeconds, cancellationToken);

        await using var relay = new RelayNode(folder["relay"]);
        await relay.StartAsync(cancellationToken);
        await using var box = new BoxNode(folder["box"], relay, program: Options.PublishedBox());
        await box.StartAsync(cancellationToken);
        await box.ClaimAsync(relay, "School", cancellationToken);
        await Eventually.Async(async () => (await box.StatusAsync(cancellationToken)).GetProperty("linkUp").GetBoolean(), "the box has its link", cancellationToken, Patience);

        const string Lesson = "/live/bench/";
        JsonElement planned = await relay.CliAsync(cancellationToken, "lesson", "schedule", "--id", "bench", "--title", "Bench", "--start", "now", "--minutes", "60");
        long before = box.Api.DownBytes + box.Mqtt.DownBytes;
        var figures = new List<Figure>();
        await using (new Encoder(new Uri(relay.Console, planned.GetProperty("ingest").GetString()), folder["lesson.ts"], whole))
        {
            await Eventually.Async(async () => (await box.Http.GetAsync(Lesson + "6.ts", cancellationToken)).IsSuccessStatusCode, "the lesson is on the box", cancellationToken, Patience, () => box.Output);
            await using var nginx = new NginxPeer(box.Port, Lesson);
            await nginx.StartAsync(cancellationToken);
            figures.AddRange(await new Turns(span, WarmUp, Lesson, cancellationToken).AudiencesAsync(relay, box, nginx, Audiences, rounds, Processor, Memory));
            figures.AddRange(await SaturateAsync(box, nginx, Lesson, rounds, cancellationToken));
        }
        Report.Say("Ending the lesson");
        await relay.CliAsync(cancellationToken, "lesson", "end", "bench");
        await Eventually.Async(async () => (await box.Http.GetStringAsync(Lesson + "state.json", cancellationToken)).Contains("ended", StringComparison.Ordinal), "the recording is complete", cancellationToken, Patience);
        using HttpResponseMessage recording = await box.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, Lesson + "recording.ts"), cancellationToken);
        long copy = recording.Content.Headers.ContentLength!.Value;
        figures.Add(new("bytes from the relay, of one copy", "×", [(double)(box.Api.DownBytes + box.Mqtt.DownBytes - before) / copy], Bar.Max(1.03)));
        figures.Add(new("media rate", "Mbit/s", [copy * 8 / 1e6 / EdgeSeconds(await box.Http.GetStringAsync(Lesson + "state.json", cancellationToken))]));
        return figures;
    }

    private static async Task<IReadOnlyList<Figure>> SaturateAsync(BoxNode box, NginxPeer nginx, string lesson, int rounds, CancellationToken cancellationToken)
    {
        Report.Say("Asking box and nginx for as much as they give, turn by turn");
        Dictionary<string, (List<double> Box, List<double> Nginx)> rates = new() { ["segments"] = ([], []), ["lists"] = ([], []) };
        for (int round = 0; round < rounds; round++)
        {
            await nginx.CatchUpAsync(cancellationToken);
            long newest = nginx.Newest;
            foreach ((string what, string name) in ((string, string)[])[("segments", $"{newest}.ts"), ("lists", "index.m3u8")])
            {
                rates[what].Box.Add(await Wrk.RateAsync(new Uri(box.Site, lesson + name), Saturation));
                rates[what].Nginx.Add(await Wrk.RateAsync(new Uri($"http://127.0.0.1:{nginx.Port}{lesson}{name}"), Saturation));
            }
        }
        return
        [
            .. rates.SelectMany(rate => (Figure[])
            [
                new($"{rate.Key}/s of the box", "1/s", rate.Value.Box),
                new($"{rate.Key}/s of nginx", "1/s", rate.Value.Nginx),
                new($"{rate.Key}/s, box to nginx", "×", rate.Value.Box.Zip(rate.Value.Nginx, (ours, theirs) => ours / theirs), Bar.Min(rate.Key == "lists" ? 1.5 : 0.5)),
            ]),
        ];
    }

    private static double EdgeSeconds(string state) => JsonElement.Parse(state).GetProperty("edgeSecond").GetDouble();
}
