using System.Net;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Start;

/// <summary>Boxes that are alike. Starts are measured one after another, on one box each; idling of all at once, since idle boxes do not disturb each other.</summary>
/// <param name="boxes">None of them runs between the measurements.</param>
/// <param name="program">What they run, to make the system forget it.</param>
/// <param name="firstStartOnly">Each start is to be the first one: what a box stored is deleted before.</param>
internal sealed class BoxGroup(BoxNode[] boxes, string program, bool firstStartOnly) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(2);

    /// <summary>Seconds from the process's start to the whole of its first page.</summary>
    public async Task<double[]> StartsAsync(bool cold, CancellationToken cancellationToken)
    {
        var seconds = new List<double>();
        foreach (BoxNode box in boxes)
        {
            Forget(box, cold);
            long began = TimeProvider.System.GetTimestamp();
            await box.LaunchAsync(cancellationToken);
            await FirstPageAsync(box, cancellationToken);
            seconds.Add(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            await box.StopAsync();
        }
        return [.. seconds];
    }

    /// <summary>Usage of each box at two times after its first page.</summary>
    public async Task<(ProcessUsage[] Early, ProcessUsage[] Late)> IdleAsync(TimeSpan early, TimeSpan late, CancellationToken cancellationToken)
    {
        foreach (BoxNode box in boxes)
        {
            Forget(box, cold: false);
            await box.LaunchAsync(cancellationToken);
        }
        await Task.WhenAll(boxes.Select(box => FirstPageAsync(box, cancellationToken)));
        await Task.Delay(early, TimeProvider.System, cancellationToken);
        ProcessUsage[] first = [.. boxes.Select(box => ProcessUsage.Of(box.ProcessId))];
        await Task.Delay(late - early, TimeProvider.System, cancellationToken);
        ProcessUsage[] second = [.. boxes.Select(box => ProcessUsage.Of(box.ProcessId))];
        foreach (BoxNode box in boxes)
            await box.StopAsync();
        return (first, second);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (BoxNode box in boxes)
            await box.DisposeAsync();
    }

    private void Forget(BoxNode box, bool cold)
    {
        if (firstStartOnly && Directory.Exists(box.Folder))
            Directory.Delete(box.Folder, recursive: true);
        if (!cold)
            return;
        FileCache.Forget(Path.GetDirectoryName(program)!);
        if (Directory.Exists(box.Folder))
            FileCache.Forget(box.Folder);
    }

    private static async Task FirstPageAsync(BoxNode box, CancellationToken cancellationToken)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                using HttpResponseMessage page = await box.Http.GetAsync("/", cancellationToken);
                if (page.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException) when (TimeProvider.System.GetElapsedTime(began) < Patience)
            {
                // Not listening yet.
            }
            if (TimeProvider.System.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"no first page:\n{box.Output}");
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }
    }
}
