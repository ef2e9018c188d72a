using Edge.Core.Live;

namespace Edge.Media;

/// <summary>How a run of a child ended, for the log.</summary>
/// <param name="Said">The last it said.</param>
public readonly record struct ChildReport(ChildEnd End, TimeSpan Ran, TimeSpan Pause, string Said);

/// <summary>Keeps a child going: starts it, watches its progress, ends it when there is none, and starts it again after a wait that grows with its failures.</summary>
/// <param name="command">Asked at each start.</param>
/// <param name="ended">Told after each end that was not asked for.</param>
public sealed class ChildSupervisor(Func<ChildCommand> command, ChildRules rules, TimeProvider time, Action<ChildReport> ended)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.25);

    private readonly Lock _gate = new();
    private ChildState _state;
    private ChildRun? _run;

    public ChildState State
    {
        get
        {
            lock (_gate)
                return _state;
        }
    }

    /// <summary>Process id of the child that runs now; for whoever looks at the machine.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_gate)
                return _run?.Id;
        }
    }

    /// <summary>Runs the child again and again until it is told to stop.</summary>
    /// <param name="use">Works with one run: reads its output to the end, feeds it if need be. Its token ends with the run.</param>
    /// <exception cref="OperationCanceledException">It was told to stop; the child is gone.</exception>
    public async Task RunAsync(Func<ChildRun, CancellationToken, Task> use, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ChildReport report = await RunOnceAsync(use, cancellationToken);
                ended(report);
                await Task.Delay(report.Pause, time, cancellationToken);
            }
        }
        finally
        {
            Change(null, state => state.Stopped());
        }
    }

    private async Task<ChildReport> RunOnceAsync(Func<ChildRun, CancellationToken, Task> use, CancellationToken cancellationToken)
    {
        ChildRun run;
        try
        {
            run = await ChildRun.StartAsync(command(), time);
        }
        catch (IOException e)
        {
            return Ended(ChildEnd.Exited, TimeSpan.Zero, e.Message);
        }
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Change(run, state => state.Started());
        Task work = use(run, over.Token);
        ChildEnd end;
        await using (run)
        {
            end = await WatchAsync(run, work, over.Token);
        }
        await over.CancelAsync();
        try
        {
            await work;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // Its pipes broke with it.
        }
        cancellationToken.ThrowIfCancellationRequested();
        return Ended(end, run.Age, run.Said);
    }

    /// <summary>Returns when the run is to be ended.</summary>
    private async Task<ChildEnd> WatchAsync(ChildRun run, Task use, CancellationToken cancellationToken)
    {
        Task over = Task.WhenAny(use, run.Exited);
        while (true)
        {
            Task look = Task.Delay(Look, time, cancellationToken);
            if (await Task.WhenAny(over, look) == over || cancellationToken.IsCancellationRequested)
            {
                // What it gave before it went is still in the pipe.
                if (!use.IsCompleted && !cancellationToken.IsCancellationRequested)
                    await Task.WhenAny(use, Task.Delay(rules.Patience, time, cancellationToken));
                return ChildEnd.Exited;
            }
            if (run.Judge(rules) is { } end)
                return end;
        }
    }

    private ChildReport Ended(ChildEnd end, TimeSpan ran, string said)
    {
        Change(null, state => state.Ended(end, ran, rules));
        return new ChildReport(end, ran, State.Delay(rules), said);
    }

    private void Change(ChildRun? run, Func<ChildState, ChildState> change)
    {
        lock (_gate)
            (_run, _state) = (run, change(_state));
    }
}
