using Edge.Core.Content;
using Edge.Core.Live;

namespace Relay.Live;

internal static partial class Log
{
    [LoggerMessage(2201, LogLevel.Information, "Lesson {Lesson}: the encoder of camera {Camera} is connected")]
    public static partial void EncoderConnected(this ILogger log, string lesson, string camera);

    [LoggerMessage(2202, LogLevel.Information, "Lesson {Lesson}: the encoder of camera {Camera} is gone ({End})")]
    public static partial void EncoderGone(this ILogger log, string lesson, string camera, IngestEnd end);

    [LoggerMessage(2203, LogLevel.Information, "Lesson {Lesson} has begun")]
    public static partial void LessonBegan(this ILogger log, string lesson);

    [LoggerMessage(2204, LogLevel.Information, "Lesson {Lesson} is over ({Stage}) with {Segments} segments")]
    public static partial void LessonEnded(this ILogger log, string lesson, LessonStage stage, long segments);

    [LoggerMessage(2205, LogLevel.Warning, "Lesson {Lesson}: a segment of {Duration} is too long for its playlist and was left out; does the encoder send key frames and steady time stamps?")]
    public static partial void SegmentRefused(this ILogger log, string lesson, TimeSpan duration);

    [LoggerMessage(2206, LogLevel.Information, "Lesson {Lesson}: classes now see camera {Camera} instead of {Former}")]
    public static partial void CameraOnAir(this ILogger log, string lesson, string former, string camera);

    [LoggerMessage(2207, LogLevel.Information, "A sender at {Address} was turned away: {Why}")]
    public static partial void SenderRefused(this ILogger log, System.Net.EndPoint? address, string why);

    [LoggerMessage(2209, LogLevel.Warning, "The process for SRT failed ({End} after {Ran}); trying again in {Pause}. {Said}")]
    public static partial void SrtGateFailed(this ILogger log, Edge.Core.Live.ChildEnd end, TimeSpan ran, TimeSpan pause, string said);

    [LoggerMessage(2208, LogLevel.Warning, "Lesson {Lesson}, camera {Camera}: {Source} gives nothing of use ({End} after {Ran}); trying again in {Pause}. {Said}")]
    public static partial void SourceFailed(this ILogger log, string lesson, string camera, string source, Edge.Core.Live.ChildEnd end, TimeSpan ran, TimeSpan pause, string said);

    [LoggerMessage(2210, LogLevel.Warning, "Lesson {Lesson}: sound {Change}; classes now hear camera {Camera}")]
    public static partial void SoundChanged(this ILogger log, string lesson, SoundChange change, string camera);

    [LoggerMessage(2221, LogLevel.Warning, "Lesson {Lesson}: the encoder of its lower rungs ended ({End}) and is begun again; the source's rung goes on. It said: {Said}")]
    public static partial void LadderFailed(this ILogger log, string lesson, ChildEnd end, string said);

    [LoggerMessage(2222, LogLevel.Warning, "Lesson {Lesson}: nothing can be made of segment {Sequence}; its lower rungs go on without it")]
    public static partial void LadderGivesUp(this ILogger log, string lesson, long sequence);

    [LoggerMessage(2223, LogLevel.Warning, "Lesson {Lesson}: its lower rungs are too far behind and leave out {Segments} segments; is this machine too busy?")]
    public static partial void LadderLeavesOut(this ILogger log, string lesson, long segments);

    [LoggerMessage(2224, LogLevel.Warning, "Lesson {Lesson} has no lower rungs: this machine makes {Most} ladders at once (Ladder:AtOnce)")]
    public static partial void LadderTooMany(this ILogger log, string lesson, int most);

    [LoggerMessage(2225, LogLevel.Warning, "No lower rungs of lessons are made yet: ffmpeg has no encoder that works here (Ladder:Encoder {Wanted}); it is looked for again")]
    public static partial void NoEncoder(this ILogger log, string wanted);
}
