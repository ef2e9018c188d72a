using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Sync;

namespace Edge.Box.Content;

internal static partial class Log
{
    [LoggerMessage(1100, LogLevel.Information, "List {Kind} is now at version {Version}")]
    public static partial void ListAccepted(this ILogger log, ListKind kind, long version);

    [LoggerMessage(1101, LogLevel.Warning, "Chunk {Chunk} is damaged on disk; it is fetched again")]
    public static partial void ChunkDamaged(this ILogger log, ChunkId chunk);

    [LoggerMessage(1102, LogLevel.Warning, "A {Kind} list was not taken: {Verdict}")]
    public static partial void ListRefused(this ILogger log, ListKind kind, ListVerdict verdict);

    [LoggerMessage(1103, LogLevel.Information, "Pack {Pack} version {Version} is whole and shows in the library")]
    public static partial void PackShown(this ILogger log, string pack, long version);

    [LoggerMessage(1104, LogLevel.Warning, "Pack {Pack} version {Version} was withdrawn and no longer shows")]
    public static partial void PackWithdrawn(this ILogger log, string pack, long version);

    [LoggerMessage(1105, LogLevel.Warning, "Pack {Pack} version {Version} cannot be completed now: {Reason}")]
    public static partial void PackBroken(this ILogger log, string pack, long version, string reason);

    [LoggerMessage(1106, LogLevel.Information, "Fetching stopped ({Reason}); trying again by itself, failure {Failures} in a row")]
    public static partial void FetchFailed(this ILogger log, string reason, int failures);

    [LoggerMessage(1107, LogLevel.Warning, "A store file had {Count} chunks that its index did not know; they were checked and taken in")]
    public static partial void ChunksRecovered(this ILogger log, int count);

    [LoggerMessage(1108, LogLevel.Warning, "No room for packs: {Room} bytes are left to them, {Needed} are needed. All that is less wanted has gone")]
    public static partial void StoreFull(this ILogger log, long room, long needed);

    [LoggerMessage(1109, LogLevel.Information, "Fetching pack {Pack} version {Version}: {Missing} of {Total} bytes are missing")]
    public static partial void PackFetching(this ILogger log, string pack, long version, long missing, long total);

    [LoggerMessage(1170, LogLevel.Information, "The stick went while it was read ({Reason}); what had come is kept")]
    public static partial void UsbPulled(this ILogger log, string reason);

    [LoggerMessage(1110, LogLevel.Error, "The index of the store is damaged ({Reason}); it is made anew from the store files")]
    public static partial void IndexDamaged(this ILogger log, string reason);

    [LoggerMessage(1140, LogLevel.Information, "Packs wait for the link: {Hold}")]
    public static partial void LinkHeld(this ILogger log, LinkHold hold);

    [LoggerMessage(1120, LogLevel.Information, "The library's search differed from what shows in {Count} packs; they were entered")]
    public static partial void SearchCompared(this ILogger log, int count);

    [LoggerMessage(1121, LogLevel.Warning, "The library's search index is damaged ({Reason}); it is made anew")]
    public static partial void SearchDamaged(this ILogger log, string reason);

    [LoggerMessage(1122, LogLevel.Warning, "The library's search index cannot be written ({Reason}); packs show all the same")]
    public static partial void SearchFailed(this ILogger log, string reason);

    [LoggerMessage(1123, LogLevel.Warning, "Pack {Pack} version {Version} was dropped to make room for {For}")]
    public static partial void PackDropped(this ILogger log, string pack, long version, string @for);

    [LoggerMessage(1124, LogLevel.Warning, "The store cannot be looked after now ({Reason}); trying again by itself")]
    public static partial void CareFailed(this ILogger log, string reason);

    [LoggerMessage(1190, LogLevel.Information, "Pack {Pack} version {Version} comes by {Way}: the bundle is {Bundle} bytes, the chunks by themselves are {Alone}")]
    public static partial void WayChosen(this ILogger log, string pack, long version, string way, long bundle, long alone);

    [LoggerMessage(1191, LogLevel.Warning, "Pack {Pack} version {Version}: the delta of its description is of no use here; the whole description is fetched")]
    public static partial void DeltaUseless(this ILogger log, string pack, long version);

    [LoggerMessage(1192, LogLevel.Warning, "Pack {Pack} version {Version}: a window of its bundle is of no use here; its chunks are fetched by themselves")]
    public static partial void WindowUseless(this ILogger log, string pack, long version);

    [LoggerMessage(1111, LogLevel.Warning, "Pack {Pack} version {Version} lacks signatures of those who answer for it ({Verdict}); it is not fetched and not shown")]
    public static partial void PackNotAnsweredFor(this ILogger log, string pack, long version, PublishVerdict verdict);

    [LoggerMessage(1160, LogLevel.Information, "Pack {Pack}: erratum {Erratum} is here, number {Number}")]
    public static partial void ErratumAccepted(this ILogger log, string pack, string erratum, long number);

    [LoggerMessage(1161, LogLevel.Warning, "An erratum was not taken: {Verdict}")]
    public static partial void ErratumRefused(this ILogger log, ListVerdict verdict);

    [LoggerMessage(1162, LogLevel.Information, "Pack {Pack} at this school: {Kind} {Path}")]
    public static partial void LayerChanged(this ILogger log, string pack, LocalChangeKind kind, string path);
}
