namespace TestKit.Processes;

/// <summary>Waits for what other processes do: asks again and again, with an end.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until the answer is true. Trouble of a connection counts as "not yet".</summary>
    /// <exception cref="TimeoutException">Not true within <paramref name="patience"/> (default 60 s: the machine may be slow and shared).</exception>
    public static async Task Async(
        Func<Task<bool>> isSo, string what, CancellationToken cancellationToken, TimeSpan? patience = null, Func<string>? evidence = null)
    {
        long started = TimeProvider.System.GetTimestamp();
        TimeSpan limit = patience ?? TimeSpan.FromSeconds(60);
        Exception? last = null;
        while (TimeProvider.System.GetElapsedTime(started) < limit)
        {
            try
            {
                if (await isSo())
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException || e is TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                last = e;
            }
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
        throw new TimeoutException($"not within {limit.TotalSeconds:0} s: {what}. {last?.Message}\n{evidence?.Invoke()}");
    }

    /// <summary>Asks until there is an answer that is not null.</summary>
    public static async Task<T> GetAsync<T>(
        Func<Task<T?>> get, string what, CancellationToken cancellationToken, TimeSpan? patience = null, Func<string>? evidence = null) where T : class
    {
        T? got = null;
        await Async(async () => (got = await get()) is not null, what, cancellationToken, patience, evidence);
        return got!;
    }
}
