using System.Globalization;
using TestKit;
using TestKit.Disk;
using TestKit.Link;
using TestKit.Processes;

namespace EdgeBench.Delta;

/// <summary>The same update by rsync, zsync and casync, each from version 1 in a folder of its own, over loopback through a proxy that counts. Each result is compared with version 2.</summary>
/// <param name="folder">Has <c>v1</c>, <c>v2</c>, <c>v1.tar</c> and <c>v2.tar</c>.</param>
internal sealed class Peers(TempFolder folder)
{
    public async Task<IReadOnlyList<(string Name, Cost Cost)>> MeasureAsync(CancellationToken cancellationToken)
    {
        var costs = new List<(string, Cost)>();
        int rsyncPort = FreePort.Take();
        folder.Write("rsyncd.conf", $"""
            port = {rsyncPort.ToString(CultureInfo.InvariantCulture)}
            address = 127.0.0.1
            use chroot = no
            {(Environment.IsPrivilegedProcess ? "uid = root\ngid = root" : "")}
            [all]
            path = {folder.Path}
            read only = yes
            """);
        await using (var daemon = new ServerProcess("/usr/bin/rsync", ["--daemon", "--no-detach", "--config", folder["rsyncd.conf"]]))
        {
            await daemon.StartAsync(null, cancellationToken);
            await using var link = ImpairedProxy.To(rsyncPort);
            await Eventually.Async(async () => await AnswersAsync(rsyncPort, cancellationToken), "rsync answers", cancellationToken);
            await Peer.RunAsync(folder.Path, "cp", ["-a", "v1", "rsync"], cancellationToken);
            costs.Add(("rsync -z, tree", await CountAsync(link, () => Peer.RunAsync(folder.Path, "rsync", ["-rtz", "--delete", "--no-whole-file", $"rsync://127.0.0.1:{link.Port}/all/v2/", "rsync/"], cancellationToken))));
            await Peer.SameAsync(folder.Path, "v2", "rsync", cancellationToken);
            Directory.Delete(folder["rsync"], recursive: true);

            await Peer.RunAsync(folder.Path, "cp", ["v1.tar", "rsync.tar"], cancellationToken);
            costs.Add(("rsync -z, one tar", await CountAsync(link, () => Peer.RunAsync(folder.Path, "rsync", ["-z", "--no-whole-file", $"rsync://127.0.0.1:{link.Port}/all/v2.tar", "rsync.tar"], cancellationToken))));
            await Peer.SameAsync(folder.Path, "v2.tar", "rsync.tar", cancellationToken);
            File.Delete(folder["rsync.tar"]);
        }
        Directory.CreateDirectory(folder["site"]);
        Directory.CreateDirectory(folder["logs"]);
        int httpPort = FreePort.Take();
        folder.Write("nginx.conf", $$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            daemon off;
            pid nginx.pid;
            error_log stderr;
            events { }
            http {
              access_log off;
              keepalive_requests 1000000;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              server { listen 127.0.0.1:{{httpPort.ToString(CultureInfo.InvariantCulture)}}; root site; }
            }
            """);
        folder.Write("site/ready", "ready");
        await using var nginx = new ServerProcess("/usr/sbin/nginx", ["-p", folder.Path, "-c", folder["nginx.conf"], "-e", "stderr"]);
        await nginx.StartAsync(new Uri($"http://127.0.0.1:{httpPort}/ready"), cancellationToken);
        await using (var link = ImpairedProxy.To(httpPort))
        {
            File.CreateSymbolicLink(folder["site/v2.tar"], folder["v2.tar"]);
            await Peer.RunAsync(folder.Path, "zsyncmake", ["-b", "2048", "-u", $"http://127.0.0.1:{link.Port}/v2.tar", "-o", "site/v2.tar.zsync", "v2.tar"], cancellationToken);
            costs.Add(("zsync, one tar, blocks of 2 KiB", await CountAsync(link, () => Peer.RunAsync(folder.Path, "zsync", ["-q", "-i", "v1.tar", "-o", "zsync.tar", $"http://127.0.0.1:{link.Port}/v2.tar.zsync"], cancellationToken))));
            await Peer.SameAsync(folder.Path, "v2.tar", "zsync.tar", cancellationToken);
            File.Delete(folder["zsync.tar"]);

            await Peer.RunAsync(folder.Path, "casync", ["make", "--without=all", "--with=2sec-time", "--chunk-size=16384", "--store=site/store", "site/v2.caidx", "v2"], cancellationToken);
            costs.Add(("casync, chunks of 16 KiB, seed version 1", await CountAsync(link, () => Peer.RunAsync(folder.Path, "casync", ["extract", "--without=all", "--with=2sec-time", $"--store=http://127.0.0.1:{link.Port}/store", "--seed=v1", $"http://127.0.0.1:{link.Port}/v2.caidx", "casync"], cancellationToken))));
            await Peer.SameAsync(folder.Path, "v2", "casync", cancellationToken);
            Directory.Delete(folder["casync"], recursive: true);
        }
        return costs;
    }

    /// <summary>The floor: what xdelta3 makes of both tars when it may look at all of the old one. Payload only.</summary>
    public async Task<long> FloorAsync(CancellationToken cancellationToken)
    {
        string window = new FileInfo(folder["v1.tar"]).Length.ToString(CultureInfo.InvariantCulture);
        await Peer.RunAsync(folder.Path, "xdelta3", ["-e", "-9", "-S", "lzma", "-B", window, "-W", "16777216", "-f", "-s", "v1.tar", "v2.tar", "floor"], cancellationToken);
        return new FileInfo(folder["floor"]).Length;
    }

    /// <summary>Both versions as archives: files by name, nothing else in them that changes.</summary>
    public async Task ArchiveAsync(CancellationToken cancellationToken)
    {
        foreach (string version in (string[])["v1", "v2"])
            await Peer.RunAsync(folder.Path, "tar", ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "-cf", version + ".tar", "-C", version, "."], cancellationToken);
    }

    private static async Task<Cost> CountAsync(ImpairedProxy link, Func<Task<TimeSpan>> run)
    {
        (long down, long up) = (link.DownBytes, link.UpBytes);
        TimeSpan cpu = await run();
        return new Cost(link.DownBytes - down, link.UpBytes - up, cpu);
    }

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient();
            await client.ConnectAsync("127.0.0.1", port, cancellationToken);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
