namespace Edge.Box.Feedback;

internal static partial class Log
{
    [LoggerMessage(1301, LogLevel.Error, "The outbox is full: an answer was refused. It empties when the link to the relay is back")]
    public static partial void OutboxFull(this ILogger log);

    [LoggerMessage(1302, LogLevel.Error, "An answer could not be kept; the sender was told")]
    public static partial void NotKept(this ILogger log, Exception reason);

    [LoggerMessage(1303, LogLevel.Warning, "There is no room for photos and sounds; a question was taken without")]
    public static partial void AttachmentsFull(this ILogger log);

    [LoggerMessage(1304, LogLevel.Information, "A photo or sound waits for the link ({Reason})")]
    public static partial void AttachmentWaits(this ILogger log, string reason);

    [LoggerMessage(1305, LogLevel.Information, "The relay does not take a photo or sound now (HTTP {Status}); it is tried again")]
    public static partial void AttachmentNotTaken(this ILogger log, int status);
}
