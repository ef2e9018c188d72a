using System.Collections.Immutable;
using System.Text.Json;
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
public sealed record PackReport(string Pack, long Version, PackHolding State, long HaveBytes, long TotalBytes);

/// <summary>Which signed lists a box goes by; 0: none yet.</summary>
public sealed record ListVersions(long Root, long Catalogue, long Plan);

/// <summary>What a box tells of itself. The latest wins; nothing is owed by it.</summary>
/// <param name="Storage">As in <see cref="EnvelopeHeader.Storage"/>, 16 hex digits.</param>
/// <param name="Counter">Grows with each report of this storage, also across restarts.</param>
/// <param name="Software">Version of the box's program.</param>
/// <param name="Uptime">Since the program started.</param>
/// <param name="Packs">What it holds or fetches.</param>
/// <param name="LiveLessons">Lessons whose live picture it has now.</param>
/// <param name="UnsentItems">Items in the outbox that the relay has not acked.</param>
/// <param name="FreeBytes">Room left on the disk.</param>
/// <param name="Lists">Which signed lists it goes by.</param>
public sealed record StatusReport(
    string Storage,
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

    /// <summary>False for a late report of the same storage.</summary>
    public bool Supersedes(StatusReport? former) => former is null || former.Storage != Storage || Counter > former.Counter;

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SyncJson.Default.StatusReport);

    /// <summary>Null when the bytes are no sound report.</summary>
    public static StatusReport? Read(ReadOnlySpan<byte> json) =>
        json.Length <= MaxBytes
            && SyncJson.Read(json, SyncJson.Default.StatusReport) is { Packs.IsDefault: false, LiveLessons.IsDefault: false, Storage.Length: 16, Software.Length: <= 64 } report
            && report.Packs.All(pack => Slug.IsValid(pack.Pack) && Enum.IsDefined(pack.State))
            && report.LiveLessons.All(Slug.IsValid) ? report : null;
}
