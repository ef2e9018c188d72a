using TestKit.Disk;
using TestKit.Link;
using TestKit.Processes;
using TestKit.World;

namespace EdgeBench.Link;

/// <summary>What a technician would use instead: curl that resumes and rsync that keeps partial files, each in a loop until it is done.</summary>
internal sealed class Peers : IAsyncDisposable
{
    private const int HttpPort = 8090;
    private const int RsyncPort = 8873;

    private readonly EmulatedLink _link;
    private readonly TempFolder _folder;
    private readonly ServerProcess _nginx;
    private readonly ServerProcess _rsync;

    /// <param name="link">Servers are at its far end.</param>
    /// <param name="folder">Of this run.</param>
    /// <param name="bytes">Size of the file they serve: more than any of them gets through.</param>
    public Peers(EmulatedLink link, TempFolder folder, int bytes)
    {
        (_link, _folder) = (link, folder);
        folder.Write("served/file", TestKit.Noise.Of(bytes, 99));
        Directory.CreateDirectory(folder["nginx"]);
        folder.Write("nginx/nginx.conf", $$"""
            user root;
            daemon off;
            pid nginx.pid;
            error_log stderr;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              server { listen {{EmulatedLink.FarAddress}}:{{HttpPort}}; root {{folder["served"]}}; }
            }
            """);
        folder.Write("rsyncd.conf", $"uid = root\ngid = root\nuse chroot = no\npid file = {folder["rsyncd.pid"]}\n[served]\npath = {folder["served"]}\nread only = yes\n");
        _nginx = LinkWorld.At(link.Far, "nginx", ["-p", folder["nginx"], "-c", folder["nginx/nginx.conf"], "-e", "stderr"]);
        _rsync = LinkWorld.At(link.Far, "rsync", ["--daemon", "--no-detach", $"--port={RsyncPort}", $"--address={EmulatedLink.FarAddress}", $"--config={folder["rsyncd.conf"]}"]);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _nginx.StartAsync(null, cancellationToken);
        await _rsync.StartAsync(null, cancellationToken);
    }

    /// <returns>Bytes of the file that were there at the end.</returns>
    public Task<long> CurlAsync(TimeSpan span, CancellationToken cancellationToken) =>
        LoopAsync($"curl -s -C - --speed-limit 100 --speed-time 10 --connect-timeout 10 -o out http://{EmulatedLink.FarAddress}:{HttpPort}/file", span, cancellationToken);

    /// <inheritdoc cref="CurlAsync"/>
    public Task<long> RsyncAsync(TimeSpan span, CancellationToken cancellationToken) =>
        LoopAsync($"rsync -q --partial --timeout=10 --contimeout=10 rsync://{EmulatedLink.FarAddress}:{RsyncPort}/served/file out", span, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _nginx.DisposeAsync();
        await _rsync.DisposeAsync();
    }

    private async Task<long> LoopAsync(string command, TimeSpan span, CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        // The program gets the stop itself, so that rsync gives its partial file its name.
        await using ServerProcess loop = LinkWorld.At(_link.Near, "bash",
            ["-c", $"cd {folder.Path}; trap 'kill $!; wait $!; exit' TERM; while true; do {command} 2>/dev/null & wait $! && break; sleep 1; done"]);
        await loop.StartAsync(null, cancellationToken);
        await Task.Delay(span, TimeProvider.System, cancellationToken);
        await loop.StopAsync();
        return File.Exists(folder["out"]) ? new FileInfo(folder["out"]).Length : 0;
    }
}
