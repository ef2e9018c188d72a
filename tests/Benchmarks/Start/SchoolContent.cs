using System.Text.Json;
using TestKit;
using TestKit.Disk;
using TestKit.World;

namespace EdgeBench.Start;

/// <summary>What a box of a school has after some weeks, in small: packs of many files, a recorded lesson.</summary>
internal static class SchoolContent
{
    private const int VideoBytes = 24 << 20;
    private const int SmallFiles = 200;
    private const int SmallBytes = 20_000;
    private const int LessonSeconds = 600;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>Claims each box for a school of its own and waits until all of it is there; then the boxes are stopped.</summary>
    public static async Task GiveAsync(RelayNode relay, BoxNode[] boxes, TempFolder scratch, CancellationToken cancellationToken)
    {
        foreach (BoxNode box in boxes)
            await box.StartAsync(cancellationToken);
        for (int i = 0; i < boxes.Length; i++)
            await boxes[i].ClaimAsync(relay, $"School {i + 1}", cancellationToken);

        MakePack(scratch);
        await relay.CliAsync(cancellationToken, "pack", "build", scratch["pack"]);
        await relay.CliAsync(cancellationToken, "pack", "publish", "weeks", "--to", "all");
        JsonElement lesson = await relay.CliAsync(cancellationToken, "lesson", "schedule", "--id", "recorded", "--title", "Recorded", "--start", "now", "--minutes", "10");
        string media = scratch["recorded.ts"];
        await LessonMedia.MakeAsync(media, LessonSeconds, cancellationToken);
        using (var http = new HttpClient { Timeout = Patience })
        using (HttpResponseMessage answer = await http.PostAsync(new Uri(relay.Console, lesson.GetProperty("ingest").GetString()), new StreamContent(File.OpenRead(media)), cancellationToken))
            answer.EnsureSuccessStatusCode();
        await relay.CliAsync(cancellationToken, "lesson", "end", "recorded");

        foreach (BoxNode box in boxes)
        {
            await Eventually.Async(async () => Has(await box.StatusAsync(cancellationToken)), "pack and recording are on the box", cancellationToken, Patience, () => box.Output);
            await box.StopAsync();
        }
    }

    private static bool Has(JsonElement status) =>
        status.GetProperty("packs").EnumerateArray().Any(pack => pack.GetProperty("state").ToString() == "Verified")
        && status.GetProperty("lessons").EnumerateArray().Any(lesson => lesson.GetProperty("shows").ToString() == "Recording");

    private static void MakePack(TempFolder scratch)
    {
        scratch.Write("pack/pack.json", """
            { "id": "weeks", "title": { "en": "Some weeks" }, "stage": "primary", "grade": "3", "subject": "mathematics", "licence": "Apache-2.0", "supplier": "bench", "languages": ["en"], "files": {} }
            """);
        scratch.Write("pack/video.mp4", Noise.Of(VideoBytes, 1));
        for (int i = 0; i < SmallFiles; i++)
            scratch.Write($"pack/page-{i}.jpg", Noise.Of(SmallBytes, i + 2));
    }
}
