namespace Relay.Identity;

internal static partial class Log
{
    [LoggerMessage(2501, LogLevel.Warning, "The session key {File} is damaged and was set aside; whoever signed in under it signs in again")]
    public static partial void SessionKeyDamaged(this ILogger log, string file);
}
