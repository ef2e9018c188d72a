using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>Looks after the store in the background: hashes all of it again about once in <see cref="ContentOptions.CheckRound"/>, and rewrites files of which much is dead.
/// It uses the disk for a small part of the time only, and goes on where it was after a restart.</summary>
public sealed class StoreCareLoop(DiskChunkStore store, IOptions<ContentOptions> options, TimeProvider time, ILogger<StoreCareLoop> log) : BackgroundService
{
    private const long StretchBytes = 1 << 20;

    /// <summary>Stretches after which the position is kept: what a restart checks twice.</summary>
    private const int KeptEvery = 64;

    /// <summary>Rests at least so many times as long as it worked: a tenth of the disk's time.</summary>
    private const int RestFactor = 9;

    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        int stretches = 0;
        StorePosition at = default;
        bool begun = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            TimeSpan rest = LongestRest;
            try
            {
                if (!begun)
                    (at, begun) = (store.Checked, true);
                long started = time.GetTimestamp();
                CheckedStretch stretch = await store.CheckAsync(at, StretchBytes, stoppingToken);
                at = stretch.Next;
                if (stretch.AtEnd || ++stretches % KeptEvery == 0)
                {
                    await store.SetCheckedAsync(at, stoppingToken);
                    await store.TidyAsync(stoppingToken);
                }
                rest = RestAfter(stretch, time.GetElapsedTime(started));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or SqliteException)
            {
                log.CareFailed(e.Message);
            }
            await Task.Delay(rest, time, stoppingToken);
        }
    }

    /// <summary>So that the whole store takes one round, the disk is not used for more than its part, and an empty store is looked at now and then.</summary>
    private TimeSpan RestAfter(CheckedStretch stretch, TimeSpan worked)
    {
        if (stretch.Chunks == 0)
            return LongestRest;
        TimeSpan share = options.Value.CheckRound * ((double)stretch.Bytes / Math.Max(stretch.Bytes, store.UsedBytes));
        TimeSpan rest = share > worked * RestFactor ? share : worked * RestFactor;
        return rest < LongestRest ? rest : LongestRest;
    }
}
