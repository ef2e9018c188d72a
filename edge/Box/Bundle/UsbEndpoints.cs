using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Content;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Edge.Box.Bundle;

/// <summary>The technician's own way into the running box: a socket file in the data folder, which only the box's user can enter. The school's network cannot.</summary>
public static class UsbEndpoints
{
    /// <summary>Longest name of a socket file that Linux takes.</summary>
    public const int MaxSocketPathBytes = 107;

    private const string Mark = "edge.control";

    /// <summary>The control socket of the box with this data folder.</summary>
    public static string SocketOf(string dataFolder) => Path.Combine(Path.GetFullPath(dataFolder), "control.sock");

    /// <summary>Whether the socket's name fits.</summary>
    public static bool Fits(string dataFolder) => System.Text.Encoding.UTF8.GetByteCount(SocketOf(dataFolder)) <= MaxSocketPathBytes;

    /// <summary>Says of every connection of this listener that it came by the control socket.</summary>
    public static void MarkAsControl(this ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Items[Mark] = true;
        return next(connection);
    });

    public static void MapUsb(this IEndpointRouteBuilder routes) => routes.MapPost("/control/import", async (HttpContext context, string path, UsbDesk desk) =>
    {
        if (context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) != true)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        context.Response.ContentType = "application/x-ndjson";
        // One line whenever the percent changes, and one at the end; a reader that is slow sees fewer.
        var lines = System.Threading.Channels.Channel.CreateBounded<UsbBundleReport>(
            new System.Threading.Channels.BoundedChannelOptions(1) { FullMode = System.Threading.Channels.BoundedChannelFullMode.DropOldest });
        Task<UsbBundleReport> taking = TakeAsync();
        await foreach (UsbBundleReport report in lines.Reader.ReadAllAsync(context.RequestAborted))
            await WriteAsync(report);
        await WriteAsync(await taking);

        async Task<UsbBundleReport> TakeAsync()
        {
            try
            {
                return await desk.TakeAsync(path, new Progress(lines.Writer), context.RequestAborted);
            }
            finally
            {
                lines.Writer.TryComplete();
            }
        }

        async Task WriteAsync(UsbBundleReport report)
        {
            await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(report, UsbJson.Default.UsbBundleReport), context.RequestAborted);
            await context.Response.Body.WriteAsync("\n"u8.ToArray(), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    });

    private sealed class Progress(System.Threading.Channels.ChannelWriter<UsbBundleReport> writer) : IProgress<UsbBundleReport>
    {
        private int _percent = -1;

        public void Report(UsbBundleReport value)
        {
            if (value.Outcome != UsbOutcome.Reading || value.Percent == _percent)
                return;
            _percent = value.Percent;
            writer.TryWrite(value);
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(UsbBundleReport))]
internal sealed partial class UsbJson : JsonSerializerContext;
