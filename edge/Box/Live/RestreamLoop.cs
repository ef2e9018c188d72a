using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Live;
using Microsoft.Extensions.Options;

namespace Edge.Box.Live;

/// <summary>Keeps one restream going for each lesson that the plan and the store ask for.</summary>
internal sealed class RestreamLoop(LiveLessons lessons, LivePorts ports, IOptions<LiveOptions> options, TimeProvider time, Func<double> draw, ILogger<RestreamLoop> log)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, Running> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _restingSince = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                SitePlan? plan = ports.Plan();
                ImmutableArray<PlannedLesson> chosen = plan is null ? [] : RestreamChoice.For(plan, lessons.IsComplete, IsResting, time.GetUtcNow());
                await StopAsync(running => !chosen.Any(lesson => lesson.Id == running.Lesson.Id && IsSameRun(lesson, running.Lesson)) || running.Task.IsCompleted);
                foreach (PlannedLesson lesson in chosen.Where(lesson => !_running.ContainsKey(lesson.Id) && !IsResting(lesson.Id)))
                {
                    var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                    var restream = new LessonRestream(lesson, lessons, ports, options.Value, time, draw, log);
                    _running[lesson.Id] = new Running(lesson, stop, restream.RunAsync(stop.Token));
                }
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
        finally
        {
            await StopAsync(_ => true);
        }
    }

    private async Task StopAsync(Func<Running, bool> wanted)
    {
        foreach (Running running in _running.Values.Where(wanted).ToArray())
        {
            await running.Stop.CancelAsync();
            try
            {
                if (await running.Task == RestreamEnd.Unavailable)
                    _restingSince[running.Lesson.Id] = time.GetTimestamp();
            }
            catch (OperationCanceledException) when (running.Stop.IsCancellationRequested)
            {
                // Stopped in between; the journal knows where it stood.
            }
            _running.Remove(running.Lesson.Id);
            running.Stop.Dispose();
        }
    }

    private bool IsResting(string lesson) =>
        _restingSince.TryGetValue(lesson, out long since) && time.GetElapsedTime(since) < options.Value.RestAfterFailure;

    /// <summary>From planned to running nothing changes for the restream; that a lesson is over it must know, to give up what nobody has.</summary>
    private static bool IsSameRun(PlannedLesson now, PlannedLesson begun) => (now.Stage == LessonStage.Ended) == (begun.Stage == LessonStage.Ended);

    private sealed record Running(PlannedLesson Lesson, CancellationTokenSource Stop, Task<RestreamEnd> Task);
}
