using Edge.Core.Live;
using Edge.Media;
using Microsoft.Extensions.Options;

namespace Relay.Live.Pull;

/// <summary>Fetches the streams of cameras that have a source, around the time of their lesson: ffmpeg processes for most, a socket for datagrams.</summary>
internal sealed class PullLoop(LessonStore lessons, CameraStore cameras, IngestDesk desk, IOptions<IngestOptions> options, IOptions<LiveOptions> live, TimeProvider time, ILogger<PullLoop> log)
    : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(string Lesson, string Camera, string Source), (CancellationTokenSource Stop, Task Pulling)> _running = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        try
        {
            do
            {
                await FollowAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            foreach ((CancellationTokenSource stop, Task pulling) in _running.Values)
                await StopAsync(stop, pulling);
        }
    }

    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        DateTimeOffset now = time.GetUtcNow();
        var wanted = cameras.Fetched().Select(camera => (Camera: camera, Lesson: lessons.Find(camera.Lesson)!))
            .Where(pair => pair.Lesson.Live && now >= pair.Lesson.Start - options.Value.SourceLead && now < pair.Lesson.Start + pair.Lesson.Duration + live.Value.EndGrace)
            .ToDictionary(pair => (pair.Camera.Lesson, pair.Camera.Id, pair.Camera.Source!));
        foreach (var gone in _running.Keys.Except(wanted.Keys).ToArray())
        {
            _running.Remove(gone, out (CancellationTokenSource Stop, Task Pulling) pull);
            await StopAsync(pull.Stop, pull.Pulling);
        }
        foreach (var (key, (camera, lesson)) in wanted.Where(pair => !_running.ContainsKey(pair.Key)))
        {
            var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            _running[key] = (stop, PullAsync(lesson, camera, stop.Token));
        }
    }

    private static async Task StopAsync(CancellationTokenSource stop, Task pulling)
    {
        await stop.CancelAsync();
        await pulling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private Task PullAsync(Lesson lesson, Camera camera, CancellationToken cancellationToken)
    {
        if (!MediaSource.TryParse(camera.Source, out MediaSource source))
            return Task.CompletedTask;
        var fetch = new SourceFetch(source, ChildRules.Default with { Patience = live.Value.EncoderSilence }, time,
            report => log.SourceFailed(lesson.Id, camera.Id, source.Shown, report.End, report.Ran, report.Pause, report.Said));
        return fetch.RunAsync((stream, useful) => desk.ReceiveAsync(lesson, camera, stream, useful), cancellationToken);
    }
}
