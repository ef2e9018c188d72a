using EndToEnd.World;
using TestKit;
using TestKit.Disk;
using TestKit.Live;
using Xunit;

namespace EndToEnd;

/// <summary>A relay whose ffmpeg fails when it is first looked at, as it does when killed or kept from the processor.</summary>
public sealed class EncoderSoughtAgainTests : IAsyncDisposable
{
    private const string Lesson = "lesson-1";
    private const string Rung = "slides";

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Lower_rungs_come_though_the_first_look_for_an_encoder_failed()
    {
        string tools = _folder["tools"];
        string asked = _folder["asked"];
        string path = Environment.GetEnvironmentVariable("PATH")!;
        // A look makes a test picture; what else the relay asks of ffmpeg goes well.
        string ffmpeg = _folder.Write("tools/ffmpeg", $"#!/bin/sh\ncase \"$*\" in *testsrc2*) mkdir '{asked}' 2>/dev/null && exit 1 ;; esac\nPATH='{path}' exec ffmpeg \"$@\"\n");
        File.SetUnixFileMode(ffmpeg, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var relay = new RelayNode(_folder["relay"], new Dictionary<string, string>(Quick.Relay)
        {
            ["Ladder__Rungs"] = Rung,
            ["Ladder__Encoder"] = "libx264",
            ["PATH"] = $"{tools}:{path}",
        });
        await relay.StartAsync(Token);
        var scheduled = await relay.CliAsync(Token, "lesson", "schedule", "--id", Lesson, "--title", "Fractions", "--class", "3A");
        var ingest = new Uri(relay.Console, scheduled.GetProperty("ingest").GetString());
        using var stop = new CancellationTokenSource();
        Task feeding = new TsFeed(ingest, await TestVideo.MakeAsync(seconds: 60, keyFrameEvery: 25), TimeSpan.FromSeconds(60)).RunAsync(stop.Token, Token);
        await Eventually.TrueAsync(() => File.Exists(_folder[$"relay/live/{Lesson}/{Rung}/0.ts"]), TimeSpan.FromMinutes(1));
        Assert.True(Directory.Exists(asked), "the first look did not fail");
        Assert.Contains("looked for again", relay.Output);
        await stop.CancelAsync();
        await feeding;
    }
}
