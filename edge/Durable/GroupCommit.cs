using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Edge.Durable;

/// <summary>How entries are gathered into one commit.</summary>
/// <param name="MaxEntries">Most entries in one commit.</param>
/// <param name="MaxWait">Longest an entry waits for company. A card's flush costs 5 to 50 ms however much it holds.</param>
/// <param name="MaxWaiting">Most entries that wait; further callers wait for a place.</param>
public sealed record GroupCommitLimits(int MaxEntries, TimeSpan MaxWait, int MaxWaiting);

/// <summary>Writes what many callers bring in one transaction and answers each after the one commit.</summary>
public sealed class GroupCommit<TEntry, TResult> : IAsyncDisposable
{
    private readonly DurableDatabase _database;
    private readonly GroupCommitLimits _limits;
    private readonly TimeProvider _time;
    private readonly Func<SqliteConnection, SqliteTransaction, IReadOnlyList<TEntry>, IReadOnlyList<TResult>> _write;
    private readonly Channel<Waiting> _queue;
    private readonly Task _loop;

    /// <param name="database">Where to.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="time">For the wait.</param>
    /// <param name="write">Writes entries in order and gives a result for each. It may run again with fewer entries after it threw, so it keeps nothing in memory.</param>
    public GroupCommit(DurableDatabase database, GroupCommitLimits limits, TimeProvider time,
        Func<SqliteConnection, SqliteTransaction, IReadOnlyList<TEntry>, IReadOnlyList<TResult>> write)
    {
        _database = database;
        _limits = limits;
        _time = time;
        _write = write;
        _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(limits.MaxWaiting) { SingleReader = true });
        _loop = Task.Run(RunAsync);
    }

    /// <summary>How many entries wait for a commit.</summary>
    public int Backlog => _queue.Reader.Count;

    /// <summary>Completes when the entry is on disk.</summary>
    /// <param name="entry">What to write.</param>
    /// <param name="cancellationToken">Ends the wait; an entry that has its place in the queue is written all the same.</param>
    /// <exception cref="SqliteException">Disk full or broken: nothing of the entry was kept.</exception>
    /// <exception cref="ObjectDisposedException">The program ends: nothing of the entry was kept.</exception>
    public async Task<TResult> AddAsync(TEntry entry, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(entry, new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await _queue.Writer.WriteAsync(waiting, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(GroupCommit<TEntry, TResult>));
        }
        return await waiting.Done.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Writes what waits, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
    }

    private async Task RunAsync()
    {
        var group = new List<Waiting>(_limits.MaxEntries);
        while (await _queue.Reader.WaitToReadAsync())
        {
            if (_queue.Reader.Count < _limits.MaxEntries && _limits.MaxWait > TimeSpan.Zero && !_queue.Reader.Completion.IsCompleted)
                await Task.Delay(_limits.MaxWait, _time, CancellationToken.None);
            while (group.Count < _limits.MaxEntries && _queue.Reader.TryRead(out Waiting? waiting))
                group.Add(waiting);
            await CommitAsync(group);
            group.Clear();
        }
    }

    private async Task CommitAsync(IReadOnlyList<Waiting> group)
    {
        try
        {
            IReadOnlyList<TResult> results = await _database.WriteAsync(
                (connection, transaction) => _write(connection, transaction, [.. group.Select(waiting => waiting.Entry)]), CancellationToken.None);
            for (int i = 0; i < group.Count; i++)
                group[i].Done.SetResult(results[i]);
        }
        // Whatever it is belongs to the callers; the loop serves the next ones. One bad entry must not fail its neighbours: each goes alone.
#pragma warning disable CA1031
        catch (Exception) when (group.Count > 1)
        {
            foreach (Waiting waiting in group)
                await CommitAsync([waiting]);
        }
        catch (Exception e)
        {
            group[0].Done.SetException(e);
        }
#pragma warning restore CA1031
    }

    private sealed record Waiting(TEntry Entry, TaskCompletionSource<TResult> Done);
}
