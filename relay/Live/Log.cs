using Edge.Core.Content;

namespace Relay.Live;

internal static partial class Log
{
    [LoggerMessage(2201, LogLevel.Information, "Lesson {Lesson}: its encoder is connected")]
    public static partial void EncoderConnected(this ILogger log, string lesson);

    [LoggerMessage(2202, LogLevel.Information, "Lesson {Lesson}: its encoder is gone ({End})")]
    public static partial void EncoderGone(this ILogger log, string lesson, IngestEnd end);

    [LoggerMessage(2203, LogLevel.Information, "Lesson {Lesson} has begun")]
    public static partial void LessonBegan(this ILogger log, string lesson);

    [LoggerMessage(2204, LogLevel.Information, "Lesson {Lesson} is over ({Stage}) with {Segments} segments")]
    public static partial void LessonEnded(this ILogger log, string lesson, LessonStage stage, long segments);

    [LoggerMessage(2205, LogLevel.Warning, "Lesson {Lesson}: a segment of {Duration} is too long for its playlist and was left out; does the encoder send key frames and steady time stamps?")]
    public static partial void SegmentRefused(this ILogger log, string lesson, TimeSpan duration);
}
