namespace Edge.Box.Content;

/// <summary>Judges a transfer by progress, never by total time: it is stalled when a whole span brought too few bytes.</summary>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly CancellationToken _outer;
    private readonly ITimer _timer;
    private readonly int _leastBytes;
    private long _bytes;

    public StallGuard(TimeSpan span, int leastBytes, TimeProvider time, CancellationToken outer)
    {
        _outer = outer;
        _leastBytes = leastBytes;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _timer = time.CreateTimer(_ => Look(), null, span, span);
    }

    /// <summary>Ends when the transfer stalls, or when the caller wants to stop.</summary>
    public CancellationToken Token => _stop.Token;

    public void Progress(int bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>True for the cancellation that a stall caused.</summary>
    public bool IsStall(Exception e) => e is OperationCanceledException && !_outer.IsCancellationRequested;

    public void Dispose()
    {
        _timer.Dispose();
        _stop.Dispose();
    }

    private void Look()
    {
        if (Interlocked.Exchange(ref _bytes, 0) >= _leastBytes)
            return;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The transfer ended at this very moment.
        }
    }
}
