using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Edge.Core.Live;
using TestKit.Disk;
using TestKit.Link;
using TestKit.Processes;

namespace TestKit.World;

/// <summary>A relay at the far end of an emulated link and a claimed box at the near end, both as processes.</summary>
public sealed partial class LinkWorld : IAsyncDisposable
{
    /// <summary>Id of what <see cref="BeginLessonAsync"/> schedules.</summary>
    public const string Lesson = "lesson";

    private const int BoxPort = 8080;
    private const int ConsolePort = 9000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly ServerProcess _relay;
    private readonly ServerProcess _box;
    private readonly Dictionary<string, string> _relaySettings;
    private int _packs;

    private LinkWorld(string? box, IReadOnlyDictionary<string, string> settings, IReadOnlyDictionary<string, string> relaySettings)
    {
        Link = EmulatedLink.Create($"edge{Environment.ProcessId}", LinkShape.Perfect, seed: 1);
        _relaySettings = new Dictionary<string, string>(relaySettings)
        {
            ["Relay__DataFolder"] = _folder["relay"],
            ["Relay__PublicNames"] = EmulatedLink.FarName,
        };
        Phone = EmulatedLink.HttpAt(Link.Near, new Uri($"http://{IPAddress.Loopback}:{BoxPort}/"));
        _relay = At(Link.Far, "dotnet", [Repository.Program("relay", "relay"), "serve"], _relaySettings);
        var boxSettings = new Dictionary<string, string>(settings)
        {
            ["Box__DataFolder"] = _folder["box"],
            ["Identity__RelayUrl"] = $"https://{EmulatedLink.FarName}:9443",
            ["Identity__AuthorityFile"] = _folder["relay/keys/ca.pem"],
            ["Identity__ClaimPollInterval"] = "00:00:00.300",
        };
        _box = box is null ? At(Link.Near, "dotnet", [Repository.Program("edge/Box", "box"), "run"], boxSettings) : At(Link.Near, box, ["run"], boxSettings);
    }

    public EmulatedLink Link { get; }

    public TempFolder Folder => _folder;

    /// <param name="box">A published box; null: the one built with this program.</param>
    /// <param name="settings">Of the box, beyond those that join it to the relay.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <param name="relaySettings">Of the relay.</param>
    public static async Task<LinkWorld> StartAsync(string? box, IReadOnlyDictionary<string, string>? settings, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? relaySettings = null)
    {
        var world = new LinkWorld(box, settings ?? new Dictionary<string, string>(), relaySettings ?? new Dictionary<string, string>());
        try
        {
            await world._relay.StartAsync(null, cancellationToken);
            await Eventually.Async(async () => (await world.RelayAsync(cancellationToken, "box", "list")).ValueKind == JsonValueKind.Array, "the relay answers", cancellationToken, Patience, () => world._relay.Output);
            await world.StartBoxAsync(cancellationToken);
            await Eventually.Async(async () => (await world.StatusAsync(cancellationToken)).GetProperty("claimCode").ValueKind == JsonValueKind.String, "the box shows a code", cancellationToken, Patience, () => world._box.Output);
            string code = (await world.StatusAsync(cancellationToken)).GetProperty("claimCode").GetString()!;
            await Eventually.Async(async () => (await world.RelayAsync(cancellationToken, "box", "claim", code, "--school", "Hill")).ValueKind == JsonValueKind.Object, "the box is claimed", cancellationToken, Patience, () => world._box.Output);
            await Eventually.Async(async () => (await world.StatusAsync(cancellationToken)).GetProperty("linkUp").GetBoolean(), "the box is connected", cancellationToken, Patience, () => world._box.Output);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public static ServerProcess At(string end, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        (string file, string[] all) = EmulatedLink.At(end, program, [.. arguments]);
        return new ServerProcess(file, all, environment);
    }

    /// <summary>Builds a pack that does not compress and publishes it for the school.</summary>
    /// <returns>Its id.</returns>
    public async Task<string> PublishAsync(int bytes, Action beforePublishing, CancellationToken cancellationToken)
    {
        string id = $"pack-{++_packs}";
        _folder.Write($"{id}/pack.json", $$"""{ "id": "{{id}}", "title": { "en": "Bench" }, "stage": "primary", "grade": "3", "subject": "mathematics", "licence": "Apache-2.0", "supplier": "bench", "languages": ["en"], "files": {} }""");
        _folder.Write($"{id}/video.mp4", Noise.Of(bytes, _packs));
        await RelayAsync(cancellationToken, "pack", "build", _folder[id]);
        beforePublishing();
        await RelayAsync(cancellationToken, "pack", "publish", id, "--to", "all");
        return id;
    }

    /// <summary>What the box has of a pack, and whether it shows.</summary>
    public async Task<(long HaveBytes, bool Shown)> HoldingAsync(string pack, CancellationToken cancellationToken)
    {
        JsonElement found = (await StatusAsync(cancellationToken)).GetProperty("packs").EnumerateArray().FirstOrDefault(item => item.GetProperty("pack").GetString() == pack);
        return found.ValueKind == JsonValueKind.Undefined ? (0, false) : (found.GetProperty("haveBytes").GetInt64(), found.GetProperty("state").GetString() == "Verified");
    }

    /// <summary>Schedules <see cref="Lesson"/> to begin now and waits until the box knows it.</summary>
    /// <returns>Where its encoder sends to, at the far end.</returns>
    public async Task<Uri> BeginLessonAsync(CancellationToken cancellationToken)
    {
        JsonElement scheduled = await RelayAsync(cancellationToken, "lesson", "schedule", "--id", Lesson, "--title", "Fractions", "--class", "3A", "--start", "now", "--minutes", "60");
        await Eventually.Async(async () => (await StatusAsync(cancellationToken)).GetProperty("lessons").EnumerateArray().Any(known => known.GetProperty("id").GetString() == Lesson),
            "the box knows the lesson", cancellationToken, Patience, () => Output);
        return new Uri(new Uri($"http://{IPAddress.Loopback}:{ConsolePort}/"), scheduled.GetProperty("ingest").GetString());
    }

    public Task EndLessonAsync(CancellationToken cancellationToken) => RelayAsync(cancellationToken, "lesson", "end", Lesson);

    /// <summary>What the relay has of the lesson's best rung, one segment behind the other.</summary>
    public byte[] OriginBytes() => [.. Enumerable.Range(0, int.MaxValue).Select(n => _folder[$"relay/live/{Lesson}/{n}.ts"]).TakeWhile(File.Exists).SelectMany(File.ReadAllBytes)];

    /// <summary>The box's folder of the lesson.</summary>
    public string Recording => _folder[$"box/live/{Lesson}"];

    /// <summary>What of the lesson the box has shown, from its own journal.</summary>
    public ImmutableArray<JournalEntry> Shown() => Path.Combine(Recording, "index") is var index && File.Exists(index) ? RecordingJournal.Read(File.ReadAllBytes(index))?.Entries ?? [] : [];

    public Task StartBoxAsync(CancellationToken cancellationToken) => _box.StartAsync(null, cancellationToken);

    public Task KillBoxAsync() => _box.KillAsync();

    /// <summary>Each time the box began to fetch a pack, over all its starts: the bytes that it found missing.</summary>
    public IReadOnlyList<long> MissingBytes(string pack) =>
        [.. Missing().Matches(_box.Output).Where(match => match.Groups["pack"].Value == pack).Select(match => long.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture))];

    public string Output => _box.Output;

    /// <summary>What the relay said.</summary>
    public string RelayOutput => _relay.Output;

    /// <summary>A phone in the school.</summary>
    public HttpClient Phone { get; }

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await _relay.DisposeAsync();
        Phone.Dispose();
        Link.Dispose();
        _folder.Dispose();
    }

    private async Task<JsonElement> StatusAsync(CancellationToken cancellationToken) => JsonElement.Parse(await Phone.GetStringAsync("status.json", cancellationToken));

    private async Task<JsonElement> RelayAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        (int exitCode, string output) = await RunAsync("dotnet", [Repository.Program("relay", "relay"), .. arguments, "--json"], cancellationToken);
        return exitCode == 0 ? JsonElement.Parse(output) : throw new HttpRequestException($"relay {string.Join(' ', arguments)} ended with {exitCode}: {output}");
    }

    private async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        (string file, string[] all) = EmulatedLink.At(Link.Far, program, arguments);
        var start = new ProcessStartInfo(file, all) { RedirectStandardOutput = true };
        foreach ((string name, string value) in _relaySettings)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, output);
    }

    [GeneratedRegex(@"Fetching pack (?<pack>\S+) version \d+: (?<bytes>\d+) of \d+ bytes are missing")]
    private static partial Regex Missing();
}
