using System.Collections.Immutable;
using Edge.Core.Live;

namespace Edge.Media;

/// <summary>How ffmpeg is called to make a transport stream of something. It may open the network for that, and nothing else: no file, no other protocol that a playlist names.</summary>
public static class Ffmpeg
{
    private static readonly ImmutableArray<string> Quiet = ["-nostdin", "-hide_banner", "-loglevel", "warning"];

    // It looks for tracks no longer than a second: by itself it would hold a thin stream back for six.
    private static readonly ImmutableArray<string> Begin = [.. Quiet, "-probesize", "1000000", "-analyzeduration", "1000000", "-fpsprobesize", "0"];

    // Headers again and again and no waiting for full buffers: a segment begins as soon as the first key frame is here.
    private static readonly ImmutableArray<string> ToStream = ["-map", "0:v:0?", "-map", "0:a?", "-muxdelay", "0", "-muxpreload", "0", "-flush_packets", "1", "-f", "mpegts", "pipe:1"];

    /// <summary>From what RTMP carries, given on its input. Packets stay as they are.</summary>
    public static ChildCommand FromFlv { get; } = Command(["-protocol_whitelist", "pipe", "-f", "flv", "-i", "pipe:0"], Copy);

    private static ImmutableArray<string> Copy => ["-c", "copy"];

    /// <summary>From an address.</summary>
    /// <param name="silence">It gives up by itself when nothing comes for so long.</param>
    /// <exception cref="ArgumentOutOfRangeException">One that ffmpeg is not asked to fetch.</exception>
    public static ChildCommand From(MediaSource source, TimeSpan silence)
    {
        string microseconds = $"{(long)silence.TotalMicroseconds}";
        string address = source.Address.AbsoluteUri;
        return source.Kind switch
        {
            // Cameras send G.711 or worse; the picture is left alone.
            SourceKind.Rtsp => Command(["-protocol_whitelist", "rtsp,rtp,tcp,udp", "-rtsp_flags", "prefer_tcp", "-timeout", microseconds, "-i", address], ["-c:v", "copy", "-c:a", "aac", "-b:a", "64k"]),
            SourceKind.Rtmp => Command(["-protocol_whitelist", "rtmp,tcp", "-rw_timeout", microseconds, "-i", address], Copy),
            // What it carries is a transport stream already: passed on byte for byte, with all that ffmpeg would leave out.
            SourceKind.Srt => new ChildCommand("ffmpeg", [.. Quiet, "-protocol_whitelist", "srt,udp", "-f", "data", "-i", WithLatency(address), "-map", "0:0", "-c", "copy", "-flush_packets", "1", "-f", "data", "pipe:1"]),
            SourceKind.SatIp => Command(["-protocol_whitelist", "satip,rtsp,rtp,tcp,udp", "-timeout", microseconds, "-i", address], Copy),
            SourceKind.Http => Command(["-protocol_whitelist", "http,https,tcp,tls,crypto", "-rw_timeout", microseconds, "-i", address], Copy),
            _ => throw new ArgumentOutOfRangeException(nameof(source), source.Kind, "not fetched by ffmpeg"),
        };
    }

    private static ChildCommand Command(ImmutableArray<string> input, ImmutableArray<string> codecs) => new("ffmpeg", [.. Begin, .. input, .. codecs, .. ToStream]);

    private static string WithLatency(string address) => address.Contains("latency=", StringComparison.Ordinal)
        ? address
        : $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}latency={(long)SrtLatency.Least.TotalMicroseconds}";
}
