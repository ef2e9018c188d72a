using TestKit.Link;

namespace EdgeBench.Link;

/// <summary>Cuts a link and joins it again on a schedule, and counts how long it was up.</summary>
internal sealed class Cuts : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _task;
    private readonly long _begun = TimeProvider.System.GetTimestamp();
    private readonly TimeSpan _up;
    private readonly TimeSpan _down;

    /// <param name="link">The link.</param>
    /// <param name="up">It begins so.</param>
    /// <param name="down">Zero: it is never cut.</param>
    public Cuts(EmulatedLink link, TimeSpan up, TimeSpan down)
    {
        (_up, _down) = (up, down);
        _task = down == TimeSpan.Zero ? Task.CompletedTask : RunAsync(link);
    }

    public int Count { get; private set; }

    /// <summary>Time that the link was up so far.</summary>
    public TimeSpan UpTime
    {
        get
        {
            TimeSpan passed = TimeProvider.System.GetElapsedTime(_begun);
            if (_down == TimeSpan.Zero)
                return passed;
            double rounds = Math.Floor(passed / (_up + _down));
            TimeSpan rest = passed - rounds * (_up + _down);
            return rounds * _up + (rest < _up ? rest : _up);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _task;
        _stop.Dispose();
    }

    private async Task RunAsync(EmulatedLink link)
    {
        try
        {
            for (int round = 0; ; round++)
            {
                await UntilAsync(round * (_up + _down) + _up);
                link.Cut();
                Count++;
                await UntilAsync((round + 1) * (_up + _down));
                link.Join();
            }
        }
        catch (OperationCanceledException)
        {
            link.Join();
        }
    }

    private Task UntilAsync(TimeSpan at)
    {
        TimeSpan wait = at - TimeProvider.System.GetElapsedTime(_begun);
        return Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, TimeProvider.System, _stop.Token);
    }
}
