namespace Edge.Box.Feedback;

internal static partial class Log
{
    [LoggerMessage(1301, LogLevel.Error, "The outbox is full: an answer was refused. It empties when the link to the relay is back")]
    public static partial void OutboxFull(this ILogger log);

    [LoggerMessage(1302, LogLevel.Error, "An answer could not be kept; the sender was told")]
    public static partial void NotKept(this ILogger log, Exception reason);
}
