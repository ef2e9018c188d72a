using Edge.Core.Content;

namespace Edge.Box.Neighbours;

internal static partial class Log
{
    [LoggerMessage(1181, LogLevel.Information, "Neighbour {Name} at {Host}:{Port}")]
    public static partial void NeighbourFound(this ILogger log, string name, string host, int port);

    [LoggerMessage(1182, LogLevel.Information, "Neighbour {Name} is gone")]
    public static partial void NeighbourGone(this ILogger log, string name);

    [LoggerMessage(1183, LogLevel.Warning, "Neighbour {Name}: {Deed} ({Reason}); strike {Strikes}")]
    public static partial void NeighbourStruck(this ILogger log, string name, NeighbourDeed deed, string reason, int strikes);

    [LoggerMessage(1184, LogLevel.Information, "Neighbour {Name} gave {Chunks} chunks, {Bytes} bytes")]
    public static partial void NeighbourGave(this ILogger log, string name, int chunks, long bytes);

    [LoggerMessage(1185, LogLevel.Information, "{Tool} is not running ({Reason}); boxes on this network are not found by themselves. Trying again by itself")]
    public static partial void NoDiscovery(this ILogger log, string tool, string reason);
}
