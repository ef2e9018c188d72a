using Edge.Core.Content;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>Ends running lessons that nobody ended: their time is over and no encoder sends any more.</summary>
internal sealed class LessonEndLoop(LessonStore lessons, IngestDesk desk, IOptions<LiveOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private readonly long _started = time.GetTimestamp();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            do
            {
                DateTimeOffset now = time.GetUtcNow();
                foreach (Lesson lesson in lessons.All().Where(lesson => lesson.Stage == LessonStage.Running))
                {
                    // After a restart an encoder gets its time to come back.
                    TimeSpan silence = desk.SilenceOf(lesson.Id) ?? time.GetElapsedTime(_started);
                    if (now > lesson.Start + lesson.Duration && silence >= options.Value.EndGrace)
                        await desk.EndAsync(lesson, stoppingToken);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }
}
