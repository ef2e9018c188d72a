using Edge.Core.Content;
using Microsoft.Extensions.Options;

namespace Edge.Box.Live;

/// <summary>Completes recordings while nothing else needs the link, the newest lesson first, one at a time.</summary>
internal sealed class RecordingFillLoop(LiveLessons lessons, LivePorts ports, IOptions<LiveOptions> options, TimeProvider time, ILogger<RecordingFillLoop> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, long> _restingSince = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (Next() is { } shown)
                {
                    try
                    {
                        if (!await new RecordingFill(shown, lessons, ports, options.Value, time, log).RunAsync(stoppingToken))
                            _restingSince[shown.Lesson.Id] = time.GetTimestamp();
                    }
                    catch (IOException e)
                    {
                        log.DiskFailed(shown.Lesson.Id, e);
                        _restingSince[shown.Lesson.Id] = time.GetTimestamp();
                    }
                }
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops; what came is on disk.
        }
    }

    /// <summary>What the plan still names, the relay still has.</summary>
    private LessonRecording? Next() => ports.Plan() is { } plan && lessons.Recordings.LastOrDefault(recording => recording is { Complete: true, Filled: false }
            && plan.Lesson(recording.Lesson.Id) is { Stage: LessonStage.Ended } && !IsResting(recording.Lesson.Id)) is { } chosen
        ? lessons.Recording(chosen.Lesson.Id) : null;

    private bool IsResting(string lesson) => _restingSince.TryGetValue(lesson, out long since) && time.GetElapsedTime(since) < options.Value.RestAfterFailure;
}
