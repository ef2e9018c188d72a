using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using EndToEnd.World;
using TestKit;
using TestKit.Live;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.BadInput;

/// <summary>Somebody with the relay's certificate changes what goes down to the box.</summary>
public sealed class TamperTests : IAsyncLifetime
{
    private readonly int _port = FreePort.Take();
    private readonly School _school = new();
    private BoxNode _box = null!;
    private Tamperer _tamperer = null!;
    private X509Certificate2? _certificate;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _school.StartAsync(Token);
        await _school.Box.StopAsync();
        _certificate = await _school.BoxCertificateAsync(Token);
        _tamperer = await Tamperer.StartAsync(_port, Authority.Issue(_school.Relay, "localhost", Authority.ServerUse), _school.BoxApi(_certificate), Token);
        // The same box, led astray.
        Dictionary<string, string> settings = Quick.Box;
        settings["Identity__RelayUrl"] = $"https://localhost:{_port}";
        _box = new BoxNode(_school.Box.Folder, _school.Relay, settings);
        await _box.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_box is not null)
            await _box.DisposeAsync();
        if (_tamperer is not null)
            await _tamperer.DisposeAsync();
        _certificate?.Dispose();
        await _school.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_and_nothing_old_replaces_new_whoever_holds_the_line()
    {
        await ScheduleAsync("lesson-1");
        await KnowsAsync("lesson-1");
        byte[] former = [];
        _tamperer.Change("/lists/plan", bytes => former = bytes);
        await Eventually.Async(() => Task.FromResult(former.Length > 0), "the plan passed by", Token);

        var attacks = new (string Name, string Told, Func<byte[], byte[]> Change)[]
        {
            ("cut short", "Untrusted", list => list[..^1]),
            ("cut in its head", "Malformed", list => list[..20]),
            ("empty", "Malformed", _ => []),
            ("without signature", "Untrusted", list => WithoutSignature(list)),
            ("one letter changed", "Untrusted", list => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(list).Replace("lesson-2", "lesson-9", StringComparison.Ordinal))),
            ("the former one", "Older", _ => former),
        };
        _tamperer.Change("/lists/plan", list => list[..(list.Length / 3)]);
        await ScheduleAsync("lesson-2");
        foreach ((string name, string told, Func<byte[], byte[]> change) in attacks)
        {
            _tamperer.Change("/lists/plan", change);
            int said = Said(told);
            // More than once: the first may still be about the attack before. And the former plan is the one in force, so there the box has nothing to complain of.
            if (name != "the former one")
                await Eventually.Async(() => Task.FromResult(Said(told) > said + 1), $"the box says that a plan {name} is {told}", Token, evidence: () => _box.Output);
            Assert.Equal(["lesson-1"], await LessonsAsync());
        }
        _tamperer.BeHonest();
        await KnowsAsync("lesson-2");
        _tamperer.Change("/lists/plan", _ => former);
        await Eventually.Async(() => Task.FromResult(Said("Older") > 0), "the box says that the plan is an older one", Token, evidence: () => _box.Output);
        Assert.Equal(["lesson-1", "lesson-2"], await LessonsAsync());
    }

    [Fact]
    public async Task A_playlist_of_garbage_and_segments_of_garbage_reach_no_viewer()
    {
        Uri ingest = await ScheduleAsync("lesson-1");
        byte[] stream = await TestVideo.Lesson20sAsync();
        using var camera = new HttpClient();
        await SendAsync(camera, ingest, stream[..(stream.Length / 188 / 2 * 188)]);
        await Eventually.Async(async () => await SegmentsAsync() > 3, "the box has segments", Token, evidence: () => _box.Output);
        long segments = await SegmentsAsync();
        string former = await PlaylistAsync();

        var random = new Random(5);
        _tamperer.Change("/live/lesson-1", bytes => bytes.AsSpan().StartsWith("#EXTM3U"u8) ? Garbage(random, bytes) : bytes);
        await SendAsync(camera, ingest, stream);
        // Many looks, each with other garbage.
        await Eventually.Async(() => Task.FromResult(_looks > 10), "the box looked ten times", Token);
        Assert.Equal(former, await PlaylistAsync());
        Assert.True(_box.Running);

        _tamperer.BeHonest();
        await Eventually.Async(async () => await SegmentsAsync() > segments + 5, "the lesson goes on", Token, evidence: () => _box.Output);
        Assert.StartsWith(former[..former.LastIndexOf("#EXTINF", StringComparison.Ordinal)], await PlaylistAsync(), StringComparison.Ordinal);
    }

    private int _looks;

    private byte[] Garbage(Random random, byte[] list)
    {
        switch (_looks++ % 4)
        {
            case 0:
                byte[] noise = new byte[3000];
                random.NextBytes(noise);
                return noise;
            case 1:
                return list[..random.Next(1, list.Length)];
            case 2:
                return Encoding.UTF8.GetBytes("#EXTM3U\n#EXTINF:NaN,\n../../../identity/box.key\n#EXT-X-ENDLIST\n");
            default:
                return [];
        }
    }

    private static byte[] WithoutSignature(byte[] list)
    {
        string[] lines = Encoding.UTF8.GetString(list).Split('\n');
        return Encoding.UTF8.GetBytes(string.Join('\n', lines.Where(line => !line.StartsWith("sig ", StringComparison.Ordinal))));
    }

    private async Task<Uri> ScheduleAsync(string lesson)
    {
        JsonElement scheduled = await _school.Relay.CliAsync(Token, "lesson", "schedule", "--id", lesson, "--title", "Fractions", "--class", "3A");
        return new Uri(_school.Relay.Console, scheduled.GetProperty("ingest").GetString());
    }

    private static async Task SendAsync(HttpClient camera, Uri ingest, byte[] stream)
    {
        using HttpResponseMessage answer = await camera.PostAsync(ingest, new ByteArrayContent(stream), Token);
        Assert.True(answer.IsSuccessStatusCode);
    }

    private Task KnowsAsync(string lesson) =>
        Eventually.Async(async () => (await LessonsAsync()).Contains(lesson), $"the box knows {lesson}", Token, evidence: () => _box.Output);

    private async Task<string[]> LessonsAsync() =>
        [.. (await _box.StatusAsync(Token)).GetProperty("lessons").EnumerateArray().Select(lesson => lesson.GetProperty("id").GetString()!).Order(StringComparer.Ordinal)];

    private Task<string> PlaylistAsync() => _box.Http.GetStringAsync("/live/lesson-1/index.m3u8", Token);

    private async Task<int> SegmentsAsync() => (await PlaylistAsync()).Split('\n').Count(line => line.EndsWith(".ts", StringComparison.Ordinal));

    private int Said(string verdict) => _box.Output.Split('\n').Count(line => line.Contains($"A Plan list was not taken: {verdict}", StringComparison.Ordinal));
}
