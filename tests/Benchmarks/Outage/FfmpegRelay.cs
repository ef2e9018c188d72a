using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Core.Live;
using TestKit;
using TestKit.Disk;
using TestKit.Link;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Outage;

/// <summary>What a technician would build instead: ffmpeg that copies an HLS source into a list of its own, begun again whenever it ends, and nginx on both ends of a link like the box's.
/// Its source keeps ten minutes and is the same stream.</summary>
internal sealed partial class FfmpegRelay : IAsyncDisposable
{
    private const int Port = 8090;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempFolder _folder = new();
    private readonly ServerProcess _source;
    private readonly ServerProcess _origin;
    private readonly ServerProcess _relay;
    private readonly ServerProcess _site;

    /// <param name="media">File with the lesson.</param>
    public FfmpegRelay(LinkShape shape, string media)
    {
        Link = EmulatedLink.Create($"peer{Environment.ProcessId}", shape, seed: 3);
        foreach (string name in (ReadOnlySpan<string>)["source", "out", "far", "near"])
            Directory.CreateDirectory(_folder[name]);
        File.Copy(Path.Combine(Repository.Root, "artifacts", "box", "wwwroot", "lib", "hls.light.min.js"), _folder["out/hls.js"]);
        // The manners of the box's own page: three targets behind the edge, asks for ever, begins afresh after what it cannot mend.
        _folder.Write("out/page.html", """
            <!doctype html><video autoplay muted playsinline></video><script src="hls.js"></script><script>
            const video = document.querySelector('video'), forever = { maxNumRetry: 1e6, retryDelayMs: 500, maxRetryDelayMs: 2000, backoff: 'linear' };
            const policy = { default: { maxTimeToFirstByteMs: 5000, maxLoadTimeMs: 30000, timeoutRetry: forever, errorRetry: forever } };
            (function start() {
              const hls = new Hls({ liveSyncDuration: 6, maxBufferLength: 30, manifestLoadPolicy: policy, playlistLoadPolicy: policy, fragLoadPolicy: policy });
              hls.on(Hls.Events.ERROR, (_, data) => { if (data.fatal) { hls.destroy(); setTimeout(start, 1000); } });
              hls.attachMedia(video);
              hls.loadSource('index.m3u8');
              video.play();
            })();
            </script>
            """);
        _source = new ServerProcess("ffmpeg", ["-nostdin", "-loglevel", "error", "-re", "-i", media, "-copyts", "-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_list_size", "300",
            "-hls_flags", "delete_segments", "-hls_ts_options", "mpegts_copyts=1", _folder["source/index.m3u8"]]);
        _origin = Nginx("far", Link.Far, EmulatedLink.FarAddress, "source");
        _site = Nginx("near", Link.Near, "127.0.0.1", "out");
        string list = $"http://{EmulatedLink.FarAddress}:{Port}/index.m3u8";
        _relay = LinkWorld.At(Link.Near, "bash", ["-c",
            $"cd {_folder["out"]}; trap 'kill $!; exit' TERM; while true; do ffmpeg -nostdin -loglevel error -rw_timeout 10000000 -copyts -i {list} -c copy -f hls -hls_time 2 -hls_list_size 0 -hls_flags append_list -hls_ts_options mpegts_copyts=1 index.m3u8 & wait $!; sleep 1; done"]);
    }

    public EmulatedLink Link { get; }

    public static Uri Site { get; } = new($"http://127.0.0.1:{Port}/");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _origin.StartAsync(null, cancellationToken);
        await _site.StartAsync(null, cancellationToken);
        await _source.StartAsync(null, cancellationToken);
        await Eventually.Async(() => Task.FromResult(File.Exists(_folder["source/index.m3u8"])), "the peer's source is there", cancellationToken, Patience, () => _source.Output);
        await _relay.StartAsync(null, cancellationToken);
    }

    /// <summary>It has a first list.</summary>
    public bool Begun => Newest is not null;

    /// <summary>The last segment listed.</summary>
    public string? Newest => Segments() is [.., var last] ? last.Name : null;

    /// <summary>Seconds of the source that its list passes over, by the time stamps of what it kept.</summary>
    public double PassedOver()
    {
        (string Name, double Seconds)[] segments = Segments();
        return segments.Length == 0 ? double.NaN : Start(segments[^1].Name) - Start(segments[0].Name) - segments[..^1].Sum(segment => segment.Seconds);
    }

    /// <summary>Seconds of media that it kept.</summary>
    public double Kept() => Segments().Sum(segment => segment.Seconds);

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        await _source.DisposeAsync();
        await _site.DisposeAsync();
        await _origin.DisposeAsync();
        Link.Dispose();
        _folder.Dispose();
    }

    private double Start(string name) => (TsSegmentHead.Read(File.ReadAllBytes(_folder["out/" + name]))?.StartTime ?? 0) / 90_000.0;

    private (string Name, double Seconds)[] Segments() => !File.Exists(_folder["out/index.m3u8"]) ? []
        : [.. Listed().Matches(File.ReadAllText(_folder["out/index.m3u8"])).Select(match => (match.Groups["name"].Value, double.Parse(match.Groups["seconds"].ValueSpan, CultureInfo.InvariantCulture)))];

    private ServerProcess Nginx(string name, string end, string address, string served)
    {
        _folder.Write($"{name}/nginx.conf", $$"""
            user root;
            daemon off;
            pid nginx.pid;
            error_log stderr;
            events { worker_connections 64; }
            http {
              access_log off;
              types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; text/html html; text/javascript js; }
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              server { listen {{address}}:{{Port}}; root {{_folder[served]}}; }
            }
            """);
        return LinkWorld.At(end, "nginx", ["-p", _folder[name], "-c", _folder[$"{name}/nginx.conf"], "-e", "stderr"]);
    }

    [GeneratedRegex(@"#EXTINF:(?<seconds>-?[0-9.]+),[^\n]*\n(#[^\n]*\n)*(?<name>[^#\n]+\.ts)")]
    private static partial Regex Listed();
}
