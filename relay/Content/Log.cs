namespace Relay.Content;

internal static partial class Log
{
    [LoggerMessage(2100, LogLevel.Information, "List {Name} is now at version {Version}, {Bytes} bytes")]
    public static partial void ListSigned(this ILogger log, string name, long version, int bytes);

    [LoggerMessage(2101, LogLevel.Information, "Pack {Pack} version {Version} was taken in: {Files} files, {Bytes} bytes")]
    public static partial void PackAdded(this ILogger log, string pack, long version, int files, long bytes);

    [LoggerMessage(2102, LogLevel.Warning, "A pack was refused: {Reason}")]
    public static partial void PackRefused(this ILogger log, string reason);

    [LoggerMessage(2103, LogLevel.Information, "Pack {Pack} version {Version} was published to {Schools}")]
    public static partial void PackPublished(this ILogger log, string pack, long version, string schools);

    [LoggerMessage(2104, LogLevel.Information, "Pack {Pack}: {Count} versions were withdrawn")]
    public static partial void PackWithdrawn(this ILogger log, string pack, int count);

    [LoggerMessage(2190, LogLevel.Information, "Pack {Pack}: update from version {From} to {To} is ready: description {Delta} bytes, bundle {Bundle} bytes against {Alone} in chunks; it took {Seconds} s")]
    public static partial void UpdateMade(this ILogger log, string pack, long from, long to, int delta, long bundle, long alone, double seconds);

    [LoggerMessage(2191, LogLevel.Warning, "Pack {Pack}: no update from version {From} to {To} could be made, boxes take chunks: {Reason}")]
    public static partial void UpdateFailed(this ILogger log, string pack, long from, long to, string reason);

    [LoggerMessage(2192, LogLevel.Warning, "Updates of packs are not looked after until something is published again: {Reason}")]
    public static partial void UpdatesTroubled(this ILogger log, string reason);

    [LoggerMessage(2160, LogLevel.Information, "Pack {Pack}, versions up to {Through}: erratum {Erratum}")]
    public static partial void ErratumMade(this ILogger log, string pack, long through, string erratum);
}
