using System.Runtime.CompilerServices;

namespace TestKit;

/// <summary>Waits for what other threads and processes do.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Longer than anything should take: the machine may be slow and shared.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <inheritdoc cref="Async"/>
    public static Task TrueAsync(Func<bool> isSo, TimeSpan? patience = null, [CallerArgumentExpression(nameof(isSo))] string what = "") =>
        Async(() => Task.FromResult(isSo()), what, CancellationToken.None, patience);

    /// <inheritdoc cref="Async"/>
    public static Task TrueAsync(Func<Task<bool>> isSo, TimeSpan? patience = null, [CallerArgumentExpression(nameof(isSo))] string what = "") =>
        Async(isSo, what, CancellationToken.None, patience);

    /// <summary>Asks until the answer is true. Trouble of a connection counts as "not yet".</summary>
    /// <exception cref="TimeoutException">Not true within <paramref name="patience"/> (default 60 s).</exception>
    public static async Task Async(Func<Task<bool>> isSo, string what, CancellationToken cancellationToken, TimeSpan? patience = null, Func<string>? evidence = null)
    {
        long started = TimeProvider.System.GetTimestamp();
        TimeSpan limit = patience ?? Patience;
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
}
