namespace Edge.Core.Sync;

/// <summary>How the relay asks a box to go about the link, beside an ack.</summary>
/// <param name="SpreadSeconds">When the relay or the power comes back, wait a random part of this before the first attempt: jitter after failures alone lets a fleet drown a relay. Kept by the box across starts.</param>
/// <param name="WaitMs">Send no further items for so long: others wait at the relay's disk.</param>
public readonly record struct LinkPace(int SpreadSeconds, int WaitMs = 0)
{
    public const int MaxSpreadSeconds = 30 * 60;
    public const int MaxWaitMs = 30_000;

    // Simulated: under 1.2 times what the relay needs to take them all, some give up and come again.
    private const double Reserve = 1.2;
    private const int MsPerCommit = 250;

    public bool IsSound => SpreadSeconds is >= 0 and <= MaxSpreadSeconds && WaitMs is >= 0 and <= MaxWaitMs;

    /// <summary>The spread that lets a fleet in without anybody being turned away.</summary>
    public static int SpreadFor(int boxes, int connectsPerSecond) => (int)Math.Min(MaxSpreadSeconds, Math.Floor(Reserve * boxes / connectsPerSecond));

    /// <summary>The wait when so many batches stand before the disk: none while two commits take them.</summary>
    public static int WaitFor(int waitingBatches, int batchesPerCommit) => Math.Clamp((waitingBatches / batchesPerCommit - 1) * MsPerCommit, 0, MaxWaitMs);
}
