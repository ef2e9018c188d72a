using Relay.Live;

namespace Relay.Console;

/// <summary>Addresses that encoders send to, without the key; null: this road is closed.</summary>
public sealed record EncoderHosts(string Http, string? Rtmp, string? Srt)
{
    public static EncoderHosts Of(HttpRequest request, IngestOptions options) => new(
        $"{request.Scheme}://{request.Host}",
        options.RtmpPort == 0 ? null : $"rtmp://{request.Host.Host}:{options.RtmpPort}/live",
        options.SrtPort == 0 ? null : $"srt://{request.Host.Host}:{options.SrtPort}");
}
