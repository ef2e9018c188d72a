using Edge.Durable;
using Microsoft.Extensions.Options;

namespace Edge.Box.Panel;

/// <summary>Keeps language and lesson on disk, at most once in <see cref="PanelOptions.RememberEvery"/> and once more at the end.</summary>
public sealed class PanelMemoryLoop(PanelHub hub, PanelJoins joins, IOptions<PanelOptions> options, TimeProvider time, ILogger<PanelMemoryLoop> log) : BackgroundService
{
    private PanelMemory _kept = hub.Memory;

    /// <summary>The file of the panel's memory.</summary>
    public static string PathIn(string dataFolder) => Path.Combine(dataFolder, "panel.json");

    /// <summary>What was kept; null if there is none. Damage is told to <paramref name="log"/> and costs only the memory.</summary>
    public static PanelMemory? Restore(string dataFolder, ILogger log)
    {
        string path = PathIn(dataFolder);
        try
        {
            if (!File.Exists(path))
                return null;
            PanelMemory? memory = PanelMemory.Read(File.ReadAllBytes(path));
            if (memory is null)
                log.MemoryDamaged(path);
            return memory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.MemoryUnreadable(path, e);
            return null;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await KeepAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.RememberEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await KeepAsync(stoppingToken);
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        PanelMemory memory = hub.Memory;
        if (memory == _kept)
            return;
        try
        {
            await DurableFile.WriteAsync(PathIn(joins.DataFolder), memory.ToBytes(), cancellationToken);
            _kept = memory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Tried again at the next tick; the panel works without.
            log.MemoryNotKept(e);
        }
    }
}
