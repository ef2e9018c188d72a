using Edge.Core.Content;
using Microsoft.Extensions.Options;

namespace Edge.Box.Bundle;

/// <summary>Looks for sticks that were plugged in. A look costs one listing of a folder in memory; watching for changes would miss mounts.</summary>
public sealed class UsbWatchLoop(UsbDesk desk, UsbState state, IOptions<UsbOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.MountRoot is not { Length: > 0 } root)
            return;
        // By folder: the head that was read, or will not be read again.
        var taken = new Dictionary<string, DateTime>();
        while (!stoppingToken.IsCancellationRequested)
        {
            Dictionary<string, DateTime> sticks = Sticks(root);
            foreach (string gone in taken.Keys.Except(sticks.Keys).ToArray())
                taken.Remove(gone);
            state.Present(sticks.Count > 0);
            foreach ((string folder, DateTime stamp) in sticks)
            {
                if (taken.TryGetValue(folder, out DateTime before) && before == stamp)
                    continue;
                UsbBundleReport report = await desk.TakeAsync(folder, null, stoppingToken);
                taken[folder] = stamp;
                // Still there, or there again: it goes on where it stopped.
                if (report.Outcome == UsbOutcome.Pulled)
                    taken.Remove(folder);
            }
            await Task.Delay(options.Value.WatchInterval, time, stoppingToken);
        }
    }

    /// <summary>Mounted sticks that hold something for us or others, each with the time of its newest head: a stick that was written anew in place is read anew.</summary>
    private static Dictionary<string, DateTime> Sticks(string root)
    {
        var sticks = new Dictionary<string, DateTime>();
        try
        {
            if (!Directory.Exists(root))
                return sticks;
            foreach (string folder in Directory.EnumerateDirectories(root))
            {
                // An empty mount point is no stick; anything else in it may be one, and says by itself what it is.
                if (!Directory.EnumerateFileSystemEntries(folder).Any())
                    continue;
                string bundle = Path.Combine(folder, UsbBundlePaths.Folder);
                sticks[folder] = !Directory.Exists(bundle) ? DateTime.MinValue
                    : Directory.EnumerateFiles(bundle, "school-*.head").Select(File.GetLastWriteTimeUtc).Append(DateTime.MinValue).Max();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was pulled at this very moment.
        }
        return sticks;
    }
}
