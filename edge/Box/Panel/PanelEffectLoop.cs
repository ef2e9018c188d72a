using System.Data.Common;
using Edge.Core.Panel;
using Microsoft.Extensions.Options;

namespace Edge.Box.Panel;

/// <summary>Acts on effects one after the other, away from the buttons: a slow disk must not make a lamp late.</summary>
public sealed class PanelEffectLoop(PanelHub hub, PanelJoins joins, IOptions<PanelOptions> options, TimeProvider time, ILogger<PanelEffectLoop> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (PanelEffect effect in hub.Effects.ReadAllAsync(stoppingToken))
            await ActAsync(effect, stoppingToken);
    }

    private async Task ActAsync(PanelEffect effect, CancellationToken stoppingToken)
    {
        string name = effect.GetType().Name;
        log.Effect(name);
        using var patience = new CancellationTokenSource(options.Value.EffectTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, patience.Token);
        try
        {
            await joins.Act(effect, limit.Token);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or DbException or TimeoutException
            or OperationCanceledException && !stoppingToken.IsCancellationRequested)
        {
            log.EffectFailed(name, e);
        }
    }
}
