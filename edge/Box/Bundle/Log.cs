using Edge.Core.Content;

namespace Edge.Box.Bundle;

internal static partial class Log
{
    [LoggerMessage(1171, LogLevel.Information, "Reading the stick at {Folder}")]
    public static partial void UsbReading(this ILogger log, string folder);

    [LoggerMessage(1172, LogLevel.Information, "Stick: {Outcome}; {Lists} lists and {Bytes} bytes came in, {Whole} of {Packs} packs are whole, {Damaged} parts were damaged")]
    public static partial void UsbTaken(this ILogger log, UsbOutcome outcome, int lists, long bytes, int whole, int packs, int damaged);

    [LoggerMessage(1173, LogLevel.Warning, "What the stick holds could not be kept: {Reason}")]
    public static partial void UsbFailed(this ILogger log, string reason);

    [LoggerMessage(1175, LogLevel.Information, "{Items} items were written onto the stick for the relay")]
    public static partial void ReturnWritten(this ILogger log, int items);

    [LoggerMessage(1176, LogLevel.Warning, "Nothing more could be written onto the stick: {Reason}")]
    public static partial void ReturnNotWritten(this ILogger log, string reason);

    [LoggerMessage(1177, LogLevel.Warning, "The plan names no sound key to seal a return for: {Reason}")]
    public static partial void ReturnKeyNotSound(this ILogger log, string reason);

    [LoggerMessage(1178, LogLevel.Warning, "The acks on the stick are not signed by the relay; they were not taken")]
    public static partial void AcksNotTrusted(this ILogger log);

    [LoggerMessage(1174, LogLevel.Warning, "No control socket: {Path} is longer than {Most} bytes; box import works when the box is stopped")]
    public static partial void NoControlSocket(this ILogger log, string path, int most);
}
