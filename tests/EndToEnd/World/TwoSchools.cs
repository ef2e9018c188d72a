using System.Text.Json;
using TestKit;
using TestKit.Disk;
using TestKit.Processes;

namespace EndToEnd.World;

/// <summary>A relay and the boxes of two schools, each step of the demo as one call.</summary>
public sealed class TwoSchools : IAsyncDisposable
{
    public const string Lesson = "maths-3a";

    private TwoSchools(TempFolder folder, RelayNode relay)
    {
        Folder = folder;
        Relay = relay;
        // Here a teacher begins each lesson with START; in the other school the bell does.
        Baiyun = new BoxNode(folder["baiyun"], relay, new Dictionary<string, string>(Quick.Box) { ["Panel__StartsAtBell"] = "false" });
        Xueshan = new BoxNode(folder["xueshan"], relay, Quick.Box);
    }

    public TempFolder Folder { get; }

    public RelayNode Relay { get; }

    public BoxNode Baiyun { get; }

    public BoxNode Xueshan { get; }

    public IReadOnlyList<BoxNode> Boxes => [Baiyun, Xueshan];

    /// <summary>Folder of the demo pack, once <see cref="PublishPackAsync"/> was called.</summary>
    public string PackFolder => Folder["pack"];

    /// <summary>The relay runs; the boxes are made but not started.</summary>
    public static async Task<TwoSchools> StartRelayAsync(CancellationToken cancellationToken)
    {
        var folder = new TempFolder();
        var relay = new RelayNode(folder["relay"]);
        await relay.StartAsync(cancellationToken);
        return new TwoSchools(folder, relay);
    }

    public async Task ClaimAsync(CancellationToken cancellationToken)
    {
        await Baiyun.ClaimAsync(Relay, "白云小学", cancellationToken);
        await Xueshan.ClaimAsync(Relay, "雪山小学", cancellationToken);
    }

    /// <summary>Makes the demo pack, builds and publishes it, and waits until both boxes show it whole.</summary>
    public async Task PublishPackAsync(int videoSeconds, CancellationToken cancellationToken)
    {
        var make = new ServerProcess(Path.Combine(Repository.Root, "demo", "make-pack.sh"), [PackFolder, $"{videoSeconds}"]);
        await make.StartAsync(null, cancellationToken);
        await Eventually.Async(() => Task.FromResult(!make.Running), "the pack's video is made", cancellationToken, TimeSpan.FromMinutes(3), () => make.Output);
        await Relay.CliAsync(cancellationToken, "pack", "build", PackFolder);
        await Relay.CliAsync(cancellationToken, "pack", "publish", "fractions", "--to", "all", "--due", "tomorrow 08:00");
        foreach (BoxNode box in Boxes)
        {
            await Eventually.Async(async () => (await box.StatusAsync(cancellationToken)).GetProperty("packs").EnumerateArray().Any(p => p.GetProperty("state").GetString() == "Verified"),
                "the pack is whole", cancellationToken, TimeSpan.FromSeconds(90), () => box.Output);
        }
    }

    /// <summary>Schedules the lesson, starts its camera, and waits until it plays at both schools.</summary>
    public async Task<Camera> StartLessonAsync(CancellationToken cancellationToken)
    {
        JsonElement scheduled = await Relay.CliAsync(cancellationToken, "lesson", "schedule", "--id", Lesson, "--title", "zh-Hans=分数", "--title", "en=Fractions",
            "--class", "3A", "--subject", "数学", "--start", "now", "--minutes", "30", "--kit", "fractions", "--poll", "3/4 和 1/2，哪个大？|3/4|1/2|一样大");
        Camera camera = await Camera.StartAsync(new Uri(Relay.Console, scheduled.GetProperty("ingest").GetString()), cancellationToken);
        foreach (BoxNode box in Boxes)
        {
            await Eventually.Async(async () => (await box.Http.GetAsync($"/live/{Lesson}/index.m3u8", cancellationToken)).IsSuccessStatusCode,
                "the lesson reaches the box", cancellationToken, TimeSpan.FromSeconds(60), () => box.Output + camera.Output);
        }
        return camera;
    }

    public async ValueTask DisposeAsync()
    {
        await Xueshan.DisposeAsync();
        await Baiyun.DisposeAsync();
        await Relay.DisposeAsync();
        Folder.Dispose();
    }
}
