using Edge.Core.Panel;

namespace Edge.Box.Panel;

/// <summary>Event ids 1500 to 1599.</summary>
internal static partial class Log
{
    [LoggerMessage(1500, LogLevel.Information, "Panel: {Effect}")]
    public static partial void Effect(this ILogger log, string effect);

    [LoggerMessage(1501, LogLevel.Warning, "Panel: {Effect} could not be carried out")]
    public static partial void EffectFailed(this ILogger log, string effect, Exception exception);

    [LoggerMessage(1502, LogLevel.Warning, "Panel: {Path} is damaged; language and lesson on the screen start afresh")]
    public static partial void MemoryDamaged(this ILogger log, string path);

    [LoggerMessage(1503, LogLevel.Warning, "Panel: {Path} cannot be read; language and lesson on the screen start afresh")]
    public static partial void MemoryUnreadable(this ILogger log, string path, Exception exception);

    [LoggerMessage(1504, LogLevel.Warning, "Panel: language and lesson on the screen could not be written to disk; trying again")]
    public static partial void MemoryNotKept(this ILogger log, Exception exception);

    [LoggerMessage(1505, LogLevel.Information, "Panel: lamps and buttons on GPIO pins are ready")]
    public static partial void PinsReady(this ILogger log);

    [LoggerMessage(1506, LogLevel.Error, "Panel: the GPIO pins cannot be reached; next try in {RetryAfter}. The panel page works")]
    public static partial void PinsOutOfReach(this ILogger log, TimeSpan retryAfter, Exception exception);

    [LoggerMessage(1507, LogLevel.Warning, "Panel: {Button} refused, the box is still busy with earlier presses")]
    public static partial void PressRefused(this ILogger log, PanelButton button);
}
