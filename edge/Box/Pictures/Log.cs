namespace Edge.Box.Pictures;

internal static partial class Log
{
    [LoggerMessage(1271, LogLevel.Information, "ffmpeg is not installed; lessons have no pictures")]
    public static partial void NoFfmpeg(this ILogger log);

    [LoggerMessage(1272, LogLevel.Information, "Lesson {Lesson}, minute {Minute}: ffmpeg made no picture of it (exit code {Exit})")]
    public static partial void NoPicture(this ILogger log, string lesson, int minute, int exit);

    [LoggerMessage(1273, LogLevel.Warning, "Lesson {Lesson}, minute {Minute}: no picture ({Reason})")]
    public static partial void PictureFailed(this ILogger log, string lesson, int minute, string reason);
}
