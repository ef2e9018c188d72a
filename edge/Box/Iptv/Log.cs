using System.Net.Sockets;

namespace Edge.Box.Iptv;

internal static partial class Log
{
    [LoggerMessage(1251, LogLevel.Information, "Lesson {Lesson}: multicast to {Group}:{Port} on {Interface}")]
    public static partial void MulticastBegins(this ILogger log, string lesson, string group, int port, string @interface);

    [LoggerMessage(1252, LogLevel.Information, "Lesson {Lesson}: multicast ends")]
    public static partial void MulticastEnds(this ILogger log, string lesson);

    [LoggerMessage(1253, LogLevel.Warning, "No network interface for multicast (set: \"{Named}\"); it begins when there is one")]
    public static partial void NoLan(this ILogger log, string named);

    [LoggerMessage(1254, LogLevel.Warning, "Multicast cannot go out on {Interface} ({Error}); trying again by itself")]
    public static partial void CannotSend(this ILogger log, string @interface, SocketError error);

    [LoggerMessage(1255, LogLevel.Warning, "Lesson {Lesson}: multicast is not sent ({Error}); it goes on when the network does")]
    public static partial void SendFailed(this ILogger log, string lesson, SocketError error);

    [LoggerMessage(1256, LogLevel.Warning, "Lesson {Lesson}: segment {Sequence} is no transport stream and is left out of the multicast")]
    public static partial void SegmentNotSent(this ILogger log, string lesson, long sequence);

    [LoggerMessage(1257, LogLevel.Error, "Lesson {Lesson}: segment {Sequence} cannot be read and is left out of the multicast")]
    public static partial void SegmentUnreadable(this ILogger log, string lesson, long sequence, Exception exception);

    [LoggerMessage(1258, LogLevel.Warning, "Lesson {Lesson}: comes as fragmented MP4 and has no multicast group; sets take it as HLS")]
    public static partial void NoTransportStream(this ILogger log, string lesson);
}
