using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using EndToEnd.World;
using TestKit;
using TestKit.Live;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Kill;

/// <summary>A lesson with lower rungs during which box, relay and their encoders are killed at random instants, over a link that is now and then thin.
/// The same seed gives the same blows, though not the same instants: set <c>EDGE_SEED</c>.</summary>
public sealed partial class LessonKillTests : IAsyncDisposable
{
    private const string Lesson = "lesson-1";
    private const string Rung = "slides";

    /// <summary>Of each of the connections that the box fetches over: less than the source needs, more than the slides.</summary>
    private const int ThinBytesPerSecond = 10_000;

    /// <summary>As the box has it by default.</summary>
    private const int ParallelFetches = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly int _seed = int.TryParse(Environment.GetEnvironmentVariable("EDGE_SEED"), out int seed) ? seed : RandomNumberGenerator.GetInt32(1_000_000);
    private readonly int _wanted = Fuzz.IsLong ? 100 : 4;
    private readonly ConcurrentQueue<(int Life, string Segment)> _asked = new();
    private readonly School _school = new(new Dictionary<string, string> { ["Ladder__Rungs"] = Rung, ["Logging__LogLevel__Microsoft.AspNetCore.Hosting.Diagnostics"] = "Information" });
    private readonly List<string> _blows = [];
    private int _life;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Evidence => $"EDGE_SEED={_seed}: {string.Join(", ", _blows)}; asked for again after each kill of the box: {string.Join(' ', AskedAgain)}\n{_school.Evidence}";

    public ValueTask DisposeAsync() => _school.DisposeAsync();

    [Fact]
    public async Task Unplug_at_any_instant_the_class_goes_on_and_the_recording_is_whole()
    {
        var draw = new Random(_seed);
        _school.Relay.Heard = Hear;
        byte[] stream = await TestVideo.MakeAsync(seconds: 60, keyFrameEvery: 25);
        await _school.StartAsync(Token);
        Uri ingest = await _school.ScheduleAsync(Lesson, Token);
        using var stop = new CancellationTokenSource();
        var viewer = new LessonViewer(_school.Box.Http, Lesson);
        Task feeding = new TsFeed(ingest, stream, TimeSpan.FromSeconds(60)).RunAsync(stop.Token, Token);
        Task watching = viewer.WatchAsync(Token);
        Victim[] blows = [.. Enumerable.Range(0, _wanted).Select(blow => (Victim)(1 + blow % 4))];
        draw.Shuffle(blows);
        foreach (Victim blow in blows)
        {
            await GoesOnAsync();
            if (Fuzz.IsLong)
                _school.Box.Api.RateBytesPerSecond = draw.Next(4) == 0 ? ThinBytesPerSecond : 0;
            await KillAsync(blow, draw);
        }
        await GoesOnAsync();
        // What is made whole afterwards takes up what was left for a lower rung: that is no kill's doing.
        int[] askedAgain = AskedAgain;
        _school.Box.Api.RateBytesPerSecond = 0;
        await stop.CancelAsync();
        await feeding;
        await _school.Relay.CliAsync(Token, "lesson", "end", Lesson);
        // Once more while the lesson is ended and made whole.
        await KillAsync(Victim.Box, draw);
        await watching.WaitAsync(Patience, TimeProvider.System, Token);

        JsonElement lesson = await _school.Relay.GetAsync($"/api/lessons/{Lesson}", Token);
        byte[][] origin = [.. Enumerable.Range(0, lesson.GetProperty("segments").GetInt32()).Select(n => File.ReadAllBytes(_school.Folder[$"relay/live/{Lesson}/{n}.ts"]))];
        byte[] whole = [.. origin.SelectMany(bytes => bytes)];
        await Eventually.Async(async () => (await _school.Box.Http.GetByteArrayAsync($"/live/{Lesson}/recording.ts", Token)).AsSpan().SequenceEqual(whole),
            "the recording is what the relay has, byte for byte", Token, Patience, () => Evidence);
        TestContext.Current.TestOutputHelper?.WriteLine($"{origin.Length} segments, {viewer.Lists} lists, {Evidence.Split('\n')[0]}");
        Assert.Empty(viewer.Violations);
        byte[] shown = await File.ReadAllBytesAsync(_school.Folder[$"box/live/{Lesson}/media.ts"], Token);
        Assert.True(shown.AsSpan().EndsWith(viewer.Seen) && viewer.Segments > _wanted, $"the viewer saw {viewer.Segments} segments of {viewer.Seen.Length} bytes, other ones than the box keeps. {Evidence}");
        // Where an encoder died the lower rung may lack a segment for good: its list says GAP there.
        Assert.Contains(Enumerable.Range(0, origin.Length), n => File.Exists(_school.Folder[$"relay/live/{Lesson}/{Rung}/{n}.ts"]));
        Assert.True(_asked.Count > _wanted, $"only {_asked.Count} requests were heard of. {Evidence}");
        // On the way are the segments that are fetched at once, but mostly one or none; a few kills tell no mean.
        Assert.True(askedAgain.Max() <= ParallelFetches && (!Fuzz.IsLong || askedAgain.Sum() <= askedAgain.Length), $"paid twice for more than a segment for each kill. {Evidence}");
    }

    /// <summary>Since each kill of the box: segments that it had begun to fetch before.</summary>
    private int[] AskedAgain => [.. Enumerable.Range(1, _life).Select(life => _asked.Where(asked => asked.Life == life).Select(asked => asked.Segment)
        .Intersect(_asked.Where(asked => asked.Life < life).Select(asked => asked.Segment)).Count())];

    /// <summary>The lesson grows on the box and its lower rung at the relay.</summary>
    private async Task GoesOnAsync()
    {
        long before = Grown();
        await Eventually.Async(() => Task.FromResult(Grown() > before && ProcessUsage.ChildrenOf(_school.Relay.ProcessId).Count > 0), "the lesson goes on", Token, Patience, () => Evidence);
    }

    private long Grown() => _school.Folder[$"box/live/{Lesson}/index"] is var index && File.Exists(index) ? new FileInfo(index).Length : 0;

    private async Task KillAsync(Victim victim, Random draw)
    {
        await PauseAsync(draw.Next(0, 1500));
        if (victim.HasFlag(Victim.Box) && !_school.Box.Running || !_school.Relay.Running)
            throw new InvalidOperationException($"somebody ended by himself. {Evidence}");
        _blows.Add(victim.ToString());
        IReadOnlyList<int> children = [.. ProcessUsage.ChildrenOf(_school.Relay.ProcessId), .. ProcessUsage.ChildrenOf(_school.Box.ProcessId)];
        if (victim == Victim.Encoders)
        {
            foreach (int child in children)
                Kill(child);
            return;
        }
        if (victim.HasFlag(Victim.Box))
            await _school.Box.KillAsync();
        if (victim.HasFlag(Victim.Relay))
            await _school.Relay.KillAsync();
        await PauseAsync(draw.Next(100, 400));
        if (victim.HasFlag(Victim.Relay))
            await _school.Relay.LaunchAsync(Token);
        if (victim.HasFlag(Victim.Box))
        {
            Interlocked.Increment(ref _life);
            await _school.Box.LaunchAsync(Token);
        }
    }

    private void Hear(string line)
    {
        if (SegmentRequest().Match(line) is { Success: true } match)
            _asked.Enqueue((Volatile.Read(ref _life), match.Groups["segment"].Value));
    }

    private static void Kill(int process)
    {
        try
        {
            using Process found = Process.GetProcessById(process);
            found.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It ended by itself just now.
        }
    }

    private static Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, Token);

    [GeneratedRegex(@"Request starting \S+ GET \S+/live/lesson-1/(?<segment>([a-z0-9]+/)?\d+)\.ts")]
    private static partial Regex SegmentRequest();

    /// <summary>Box and relay may fall together.</summary>
    [Flags]
    private enum Victim { None = 0, Box = 1, Relay = 2, BoxAndRelay = Box | Relay, Encoders = 4 }
}
