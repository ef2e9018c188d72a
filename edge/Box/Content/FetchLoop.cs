using Edge.Core.Sync;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>Runs <see cref="PackFetcher"/> for as long as the box does: at every list interval, at once when nudged, and after failures with growing waits.</summary>
public sealed class FetchLoop(
    PackFetcher fetcher, PackLibrary library, RelayContent relay, LinkGate gate, IOptions<ContentOptions> options, TimeProvider time, Func<double> draw, ILogger<FetchLoop> log) : BackgroundService
{
    private readonly SemaphoreSlim _nudge = new(0, 1);

    /// <summary>Says that there may be something new; the loop looks at once.</summary>
    public void Nudge()
    {
        try
        {
            _nudge.Release();
        }
        catch (SemaphoreFullException)
        {
            // Nudged already.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        library.Damaged += Nudge;
        Backoff backoff = default;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                bool whole = !relay.IsReady || await fetcher.RunAsync(stoppingToken);
                backoff = whole ? default : backoff.Next();
            }
            catch (LinkHeldException e)
            {
                // By rule, not by trouble: no growing waits.
                backoff = default;
                log.LinkHeld(e.Hold);
            }
            catch (StoreFullException e)
            {
                backoff = backoff.Next();
                log.StoreFull(e.RoomBytes, e.NeededBytes);
            }
            // A SQLite error here is the disk's: full, read-only or failing. What is shown goes on showing.
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException or SqliteException)
            {
                backoff = backoff.Next();
                log.FetchFailed(e.Message, backoff.Failures);
            }
            TimeSpan wait = backoff.Failures == 0 ? options.Value.ListInterval : backoff.Delay(draw(), options.Value.FirstWait, options.Value.LongestWait);
            await WaitAsync(wait, stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await gate.SettleAsync();
    }

    public override void Dispose()
    {
        library.Damaged -= Nudge;
        _nudge.Dispose();
        base.Dispose();
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(wait, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        try
        {
            await _nudge.WaitAsync(linked.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // The wait is over.
        }
    }
}
