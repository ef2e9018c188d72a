namespace Edge.Box.Sync;

internal static partial class Log
{
    [LoggerMessage(1401, LogLevel.Information, "The link to {Host}:{Port} is up")]
    public static partial void LinkUp(this ILogger log, string host, int port);

    [LoggerMessage(1402, LogLevel.Information, "The link is lost ({Reason}); the box goes on and sends later")]
    public static partial void LinkLost(this ILogger log, string reason);

    [LoggerMessage(1403, LogLevel.Information, "The broker is not reached ({Reason}); the box goes on and tries again")]
    public static partial void NotReached(this ILogger log, string reason);

    [LoggerMessage(1408, LogLevel.Warning, "Another box connected under this box's name: its card was copied. Claim one of them anew; until then they take turns")]
    public static partial void TakenOver(this ILogger log);

    [LoggerMessage(1409, LogLevel.Information, "The broker's port is closed to us; feedback goes over HTTPS")]
    public static partial void OverHttps(this ILogger log);

    [LoggerMessage(1404, LogLevel.Warning, "A message from the relay could not be understood; is the relay newer than this box?")]
    public static partial void MessageNotSound(this ILogger log);

    [LoggerMessage(1405, LogLevel.Information, "The relay issued feedback epoch {Epoch}; what is still here goes up under it")]
    public static partial void EpochGranted(this ILogger log, long epoch);

    [LoggerMessage(1406, LogLevel.Warning, "Feedback epoch {Epoch} is over: relay or card were restored from an older copy; asking for a new one")]
    public static partial void EpochEnded(this ILogger log, long epoch);

    [LoggerMessage(1407, LogLevel.Warning, "Something from the relay before {Sequence} is missing; the relay sends again")]
    public static partial void DownGap(this ILogger log, long sequence);
}
