using Microsoft.Extensions.Options;

namespace Edge.Box.Panel;

/// <summary>Looks at the facts again and again, so that lamps, display and screen follow them without a press.</summary>
public sealed class PanelLoop(PanelHub hub, IOptions<PanelOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Evaluate, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            hub.Evaluate();
    }
}
