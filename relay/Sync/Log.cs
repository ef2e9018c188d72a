using Edge.Core.Identity;

namespace Relay.Sync;

internal static partial class Log
{
    [LoggerMessage(2401, LogLevel.Warning, "A connection was refused: {Box}, {Reason}")]
    public static partial void ConnectionRefused(this ILogger log, string box, string reason);

    [LoggerMessage(2402, LogLevel.Warning, "Box {Box} tried to publish where it may not; refused")]
    public static partial void PublishRefused(this ILogger log, string box);

    [LoggerMessage(2403, LogLevel.Warning, "Box {Box} tried to subscribe what it may not; refused")]
    public static partial void SubscriptionRefused(this ILogger log, string box);

    [LoggerMessage(2404, LogLevel.Warning, "A message of box {Box} was left: the box is unknown or revoked")]
    public static partial void UnknownBox(this ILogger log, BoxId box);

    [LoggerMessage(2405, LogLevel.Warning, "Box {Box} sent {Bytes} bytes that are no envelope; is it newer than this relay?")]
    public static partial void EnvelopeForeign(this ILogger log, BoxId box, int bytes);

    [LoggerMessage(2406, LogLevel.Warning, "Box {Box}: {Count} items could not be read and were set aside; the rest goes on")]
    public static partial void SetAside(this ILogger log, BoxId box, int count);

    [LoggerMessage(2407, LogLevel.Warning, "Box {Box} gave other items under numbers of epoch {Epoch} that are taken: its card was restored or cloned; it goes on under a new epoch")]
    public static partial void Clash(this ILogger log, BoxId box, long epoch);

    [LoggerMessage(2413, LogLevel.Warning, "Box {Box} asks for one feedback epoch after the other: two boxes go by this name, with copies of one card. They take turns; claim one of them anew")]
    public static partial void TwoOfOneName(this ILogger log, BoxId box);

    [LoggerMessage(2408, LogLevel.Information, "Box {Box} got feedback epoch {Epoch}")]
    public static partial void EpochIssued(this ILogger log, BoxId box, long epoch);

    [LoggerMessage(2409, LogLevel.Warning, "Box {Box} sent a status report of {Bytes} bytes that could not be understood")]
    public static partial void ReportNotSound(this ILogger log, BoxId box, int bytes);

    [LoggerMessage(2410, LogLevel.Information, "Nothing can be sent to box {Box} now ({Reason}); it waits")]
    public static partial void NotSent(this ILogger log, BoxId box, string reason);

    [LoggerMessage(2411, LogLevel.Warning, "The broker at {Host}:{Port} is not reached ({Reason}); trying again")]
    public static partial void BrokerNotReached(this ILogger log, string host, int port, string reason);

    [LoggerMessage(2412, LogLevel.Information, "The broker at {Host}:{Port} is reached")]
    public static partial void BrokerReached(this ILogger log, string host, int port);
}
