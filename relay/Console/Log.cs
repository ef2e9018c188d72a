namespace Relay.Console;

internal static partial class Log
{
    [LoggerMessage(2801, LogLevel.Warning, "Somebody at {Address} tried to sign in with a wrong staff key")]
    public static partial void SignInRefused(this ILogger log, System.Net.IPAddress? address);

    [LoggerMessage(2802, LogLevel.Warning, "{Address} has shown too many wrong staff keys and has to wait")]
    public static partial void SignInHeldBack(this ILogger log, System.Net.IPAddress? address);
}
