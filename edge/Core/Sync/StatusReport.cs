using System.Collections.Immutable;
using System.Text.Json;
using Edge.Core.Content;
using Edge.Core.Identity;

namespace Edge.Core.Sync;

/// <summary>How far a pack version has come at a box: the funnel of the console.</summary>
public enum PackHolding
{
    /// <summary>On its way.</summary>
    Fetching,
    /// <summary>All bytes are here.</summary>
    Delivered,
    /// <summary>Every byte is verified and the version shows in the library.</summary>
    Verified,
}

/// <summary>One pack version at a box.</summary>
/// <param name="Pack">Its id.</param>
/// <param name="Version">Its version.</param>
/// <param name="State">How far it has come.</param>
/// <param name="HaveBytes">What is here.</param>
/// <param name="TotalBytes">What makes it whole.</param>
/// <param name="Outlook">When it will be whole; null once it is.</param>
public sealed record PackReport(string Pack, long Version, PackHolding State, long HaveBytes, long TotalBytes, PackOutlook? Outlook = null);

/// <summary>A forecast in a report. <paramref name="Ready"/> is null when it is not known, or far away.</summary>
public sealed record PackOutlook(ForecastWord Word, DateTimeOffset? Due = null, DateTimeOffset? Ready = null);

/// <summary>Which signed lists a box goes by, 0: none yet; and how old they are by the box's clock, which may lie.</summary>
public sealed record ListVersions(long Root, long Catalogue, long Plan, ListFreshness Freshness = ListFreshness.Fresh);

/// <summary>What a box tells of itself. The latest wins; nothing is owed by it.</summary>
/// <param name="Counter">Grows with each report of a box, also across restarts and new storages: epoch, start and number in one (<see cref="CounterOf"/>).</param>
/// <param name="Software">Version of the box's program.</param>
/// <param name="Uptime">Since the program started.</param>
/// <param name="Packs">What it holds or fetches.</param>
/// <param name="LiveLessons">Lessons whose live picture it has now.</param>
/// <param name="UnsentItems">Items in the outbox that the relay has not acked.</param>
/// <param name="FreeBytes">Room left on the disk.</param>
/// <param name="Lists">Which signed lists it goes by.</param>
public sealed record StatusReport(
    long Counter,
    string Software,
    TimeSpan Uptime,
    ImmutableArray<PackReport> Packs,
    ImmutableArray<string> LiveLessons,
    long UnsentItems,
    long FreeBytes,
    ListVersions Lists)
{
    /// <summary>Longest report in bytes; a box with more packs than fit leaves verified ones out.</summary>
    public const int MaxBytes = 64 << 10;

    /// <summary>The counter of the <paramref name="number"/>th report since the program's <paramref name="start"/>th start on storage of this epoch.</summary>
    public static long CounterOf(long epoch, long start, int number) => (epoch << 44) | (start << 22) | (uint)number;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SyncJson.Default.StatusReport);

    /// <summary>Null when the bytes are no sound report.</summary>
    public static StatusReport? Read(ReadOnlySpan<byte> json) =>
        json.Length <= MaxBytes
            && SyncJson.Read(json, SyncJson.Default.StatusReport) is { Packs.IsDefault: false, LiveLessons.IsDefault: false, Software.Length: <= 64 } report
            && report.Packs.All(pack => Slug.IsValid(pack.Pack) && Enum.IsDefined(pack.State) && (pack.Outlook is null || Enum.IsDefined(pack.Outlook.Word)))
            && report.LiveLessons.All(Slug.IsValid) && Enum.IsDefined(report.Lists.Freshness) ? report : null;
}
