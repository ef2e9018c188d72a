using System.Collections.Immutable;
using System.Diagnostics;
using Edge.Core.Content;
using Edge.Core.Live;
using Microsoft.Extensions.Options;

namespace Edge.Box.Live;

/// <summary>Keeps one restream going for each lesson that the plan and the store ask for, or takes it in from the school's own source.</summary>
internal sealed class RestreamLoop(LiveLessons lessons, LivePorts ports, IOptions<LiveOptions> options, IOptions<InputOptions> input, TimeProvider time, Func<double> draw, ILogger<RestreamLoop> log)
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
                SitePlan? plan = ports.Plan() is { } told ? told with { Lessons = [.. told.Lessons.Select(Sources.For)] } : null;
                DateTimeOffset? now = ports.Now();
                ImmutableArray<PlannedLesson> chosen = plan is null ? [] : RestreamChoice.For(plan, lessons.IsComplete, IsResting, now);
                await StopAsync(running => !chosen.Any(lesson => lesson.Id == running.Lesson.Id && IsSameRun(lesson, running.Lesson)) || running.Task.IsCompleted);
                if (plan is not null)
                    await EndOwnAsync(plan, now);
                foreach (PlannedLesson lesson in chosen.Where(lesson => !_running.ContainsKey(lesson.Id) && !IsResting(lesson.Id)))
                {
                    var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                    _running[lesson.Id] = new Running(lesson, stop, RunAsync(lesson, stop.Token));
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

    private LessonSources Sources { get; } = LessonSources.TryParse(input.Value.Sources, out LessonSources sources) ? sources : throw new UnreachableException();

    private async Task<RestreamEnd> RunAsync(PlannedLesson lesson, CancellationToken cancellationToken)
    {
        // What is over has to come from where it still is, and what comes in segments needs none of ours.
        if (lesson.Stage == LessonStage.Ended || lesson.Hls is not null || !MediaSource.TryParse(lesson.Source, out MediaSource source))
            return await Restream(lesson).RunAsync(cancellationToken);
        using var own = new LessonInput(lesson, source, lessons, ports, input.Value, options.Value, time, () => Restream(lesson), log);
        return await own.RunAsync(cancellationToken);
    }

    private LessonRestream Restream(PlannedLesson lesson) => new(lesson, lessons, ports, options.Value, time, draw, log);

    /// <summary>Ends recordings of the school's own sources: nobody else says that such a lesson is over.</summary>
    private async Task EndOwnAsync(SitePlan plan, DateTimeOffset? now)
    {
        foreach (RecordingSummary summary in lessons.Recordings.Where(summary => summary is { Complete: false, Lesson.Source: not null } && (summary.Lesson.Hls is null || plan.Lesson(summary.Lesson.Id) is null) && !_running.ContainsKey(summary.Lesson.Id)))
        {
            if (!RestreamChoice.IsOver(plan.Lesson(summary.Lesson.Id), now) || lessons.Recording(summary.Lesson.Id) is not { } recording)
                continue;
            try
            {
                await recording.EndAsync();
                lessons.Grown(recording);
                log.RecordingComplete(summary.Lesson.Id, recording.Window.Next);
            }
            catch (IOException e)
            {
                log.DiskFailed(summary.Lesson.Id, e);
            }
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
    private static bool IsSameRun(PlannedLesson now, PlannedLesson begun) => (now.Stage == LessonStage.Ended) == (begun.Stage == LessonStage.Ended) && now.Source == begun.Source;

    private sealed record Running(PlannedLesson Lesson, CancellationTokenSource Stop, Task<RestreamEnd> Task);
}
