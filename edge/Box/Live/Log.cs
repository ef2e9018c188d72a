using Edge.Core.Live;

namespace Edge.Box.Live;

internal static partial class Log
{
    [LoggerMessage(1201, LogLevel.Information, "Lesson {Lesson}: restream begins at second {Second}")]
    public static partial void RestreamBegins(this ILogger log, string lesson, double second);

    [LoggerMessage(1202, LogLevel.Information, "Lesson {Lesson}: recording is complete, {Segments} segments")]
    public static partial void RecordingComplete(this ILogger log, string lesson, long segments);

    [LoggerMessage(1203, LogLevel.Warning, "Lesson {Lesson}: the relay's playlist is unusable ({Fault}); the school keeps what it has")]
    public static partial void PlaylistUnusable(this ILogger log, string lesson, PlaylistFault fault);

    [LoggerMessage(1204, LogLevel.Warning, "Lesson {Lesson}: segment {Sequence} arrived damaged ({Fault}); fetching it again")]
    public static partial void SegmentDamaged(this ILogger log, string lesson, long sequence, string fault);

    [LoggerMessage(1205, LogLevel.Warning, "Lesson {Lesson}: segment {Sequence} cannot be had ({End}); the lesson goes on without it")]
    public static partial void SegmentGivenUp(this ILogger log, string lesson, long sequence, FetchEnd end);

    [LoggerMessage(1206, LogLevel.Warning, "Lesson {Lesson}: the relay no longer has {Segments} segments; the lesson goes on without them")]
    public static partial void SegmentsLost(this ILogger log, string lesson, long segments);

    [LoggerMessage(1207, LogLevel.Warning, "Lesson {Lesson}: the relay began a new numbering; the lesson goes on after a break")]
    public static partial void UpstreamRestarted(this ILogger log, string lesson);

    [LoggerMessage(1208, LogLevel.Warning, "Lesson {Lesson}: only {FreeBytes} bytes are free; nothing more is fetched until there is room")]
    public static partial void DiskReserveReached(this ILogger log, string lesson, long freeBytes);

    [LoggerMessage(1209, LogLevel.Error, "Lesson {Lesson}: the disk does not take the recording; trying again")]
    public static partial void DiskFailed(this ILogger log, string lesson, Exception exception);

    [LoggerMessage(1210, LogLevel.Information, "Lesson {Lesson}: the live picture is back after {Outage}")]
    public static partial void LiveIsBack(this ILogger log, string lesson, TimeSpan outage);

    [LoggerMessage(1211, LogLevel.Information, "Lesson {Lesson}: rung {Rung} from here on ({BitsPerSecond} bit/s came, {Behind} behind)")]
    public static partial void RungChanged(this ILogger log, string lesson, string rung, double? bitsPerSecond, TimeSpan behind);

    [LoggerMessage(1212, LogLevel.Warning, "Lesson {Lesson}: {Segments} segments are passed over to be live again; they are fetched afterwards for the recording")]
    public static partial void SegmentsPassed(this ILogger log, string lesson, long segments);

    [LoggerMessage(1213, LogLevel.Information, "Lesson {Lesson}: its recording is complete, {Segments} segments with {Holes} holes that can no longer be filled")]
    public static partial void RecordingFilled(this ILogger log, string lesson, long segments, int holes);

    [LoggerMessage(1214, LogLevel.Information, "Lesson {Lesson}: taken in from {Source}")]
    public static partial void InputBegins(this ILogger log, string lesson, string source);

    [LoggerMessage(1215, LogLevel.Warning, "Lesson {Lesson}: {Source} gives nothing of use ({End} after {Ran}); trying again in {Pause}. {Said}")]
    public static partial void SourceFailed(this ILogger log, string lesson, string source, ChildEnd end, TimeSpan ran, TimeSpan pause, string said);

    [LoggerMessage(1216, LogLevel.Warning, "Lesson {Lesson}: the picture of {Source} is of a kind that browsers cannot show (stream types {Types}); it must be H.264 or H.265")]
    public static partial void SourceUnplayable(this ILogger log, string lesson, string source, string types);

    [LoggerMessage(1217, LogLevel.Warning, "Lesson {Lesson}: {Source} is dead; the relay's copy stands in")]
    public static partial void RelayStandsIn(this ILogger log, string lesson, string source);

    [LoggerMessage(1218, LogLevel.Information, "Lesson {Lesson}: {Source} is good again and taken instead of the relay's copy")]
    public static partial void SourceIsBack(this ILogger log, string lesson, string source);

    [LoggerMessage(1219, LogLevel.Warning, "Lesson {Lesson}: its sound lies in playlists of its own at the other house, which are not fetched; the class sees it without sound")]
    public static partial void SoundElsewhere(this ILogger log, string lesson);

    [LoggerMessage(1220, LogLevel.Warning, "Lesson {Lesson}: what the relay gave as captions is none; asking again")]
    public static partial void CaptionsUnusable(this ILogger log, string lesson);

    [LoggerMessage(1221, LogLevel.Debug, "Lesson {Lesson}: captions could not be brought now")]
    public static partial void CaptionsLater(this ILogger log, string lesson, Exception e);
}
