namespace Relay.Console;

internal static partial class Log
{
    [LoggerMessage(2801, LogLevel.Warning, "Somebody at {Address} tried to sign in with a wrong staff key")]
    public static partial void SignInRefused(this ILogger log, System.Net.IPAddress? address);
}
