using System.Collections.Immutable;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>Keeps a ladder going for each lesson that runs, as many as this machine is meant to carry.</summary>
internal sealed class LadderLoop(LiveOrigin origin, IOptions<LadderOptions> options, TimeProvider time, ILogger<LadderLoop> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    /// <summary>Between looks for an encoder: one that fails may have been killed, or had no turn on a busy machine.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, Task> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _without = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ImmutableArray<LadderRung> rungs = LadderRung.Read(options.Value.Rungs);
        if (rungs.IsEmpty)
            return;
        int most = options.Value.AtOnce > 0 ? options.Value.AtOnce : 2 * Environment.ProcessorCount;
        LadderEncoder? encoder = null;
        try
        {
            while (true)
            {
                foreach ((string lesson, Task task) in _running.Where(running => running.Value.IsCompleted).ToArray())
                {
                    _running.Remove(lesson);
                    await task;
                }
                foreach (Lesson lesson in origin.Unfinished.Where(lesson => !_running.ContainsKey(lesson.Id)))
                {
                    encoder ??= await FindEncoderAsync(stoppingToken);
                    if (_running.Count < most)
                        _running[lesson.Id] = new LessonLadder(lesson, origin, rungs, encoder, options.Value, time, log).RunAsync(stoppingToken);
                    else if (_without.Add(lesson.Id))
                        log.LadderTooMany(lesson.Id, most);
                }
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops; boxes' lists go on where they stand.
        }
        finally
        {
            await Task.WhenAll(_running.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<LadderEncoder> FindEncoderAsync(CancellationToken cancellationToken)
    {
        for (bool told = false; ; told = true)
        {
            if (await LadderEncoder.FindAsync(options.Value.Encoder, options.Value.Patience, time, cancellationToken) is { } encoder)
                return encoder;
            if (!told)
                log.NoEncoder(options.Value.Encoder);
            await Task.Delay(LookAgain, time, cancellationToken);
        }
    }
}
