using Edge.Core.Identity;

namespace Relay.Bundle;

internal static partial class Log
{
    [LoggerMessage(2171, LogLevel.Information, "A stick brought {Envelopes} envelopes of box {Box}; {Items} items were new")]
    public static partial void ReturnTaken(this ILogger log, BoxId box, int envelopes, int items);

    [LoggerMessage(2172, LogLevel.Warning, "A return on a stick was not taken: {Reason}")]
    public static partial void ReturnRefused(this ILogger log, string reason);
}
