using System.Globalization;
using TestKit.Disk;
using TestKit.Processes;

namespace EdgeBench.Live;

/// <summary>nginx with the box's own segments and lists as files: the same bytes under the same paths, lists compressed beforehand as the box has them.
/// A copier stands for the program that would write them.</summary>
internal sealed class NginxPeer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";
    private static readonly TimeSpan CopyInterval = TimeSpan.FromMilliseconds(500);

    private readonly ServerProcess _process;
    private readonly TempFolder _folder = new();
    private readonly int _boxPort;
    private readonly string _lesson;
    private long _next;

    /// <param name="lesson">The lesson's path, with a slash at its end.</param>
    public NginxPeer(int boxPort, string lesson)
    {
        (_boxPort, _lesson) = (boxPort, lesson);
        Directory.CreateDirectory(_folder["logs"]);
        Directory.CreateDirectory(_folder["site" + lesson]);
        _folder.Write("nginx.conf", $$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            worker_processes 2;
            daemon off;
            pid nginx.pid;
            error_log stderr;
            events { worker_connections 1024; }
            http {
              access_log off;
              sendfile on;
              tcp_nopush on;
              tcp_nodelay on;
              keepalive_requests 1000000;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
              server {
                listen 127.0.0.1:{{Port.ToString(CultureInfo.InvariantCulture)}} backlog=1024;
                root site;
                gzip_static on;
              }
            }
            """);
        _process = new ServerProcess(Program, ["-p", _folder.Path, "-c", _folder["nginx.conf"], "-e", "stderr"]);
    }

    public int Port { get; } = FreePort.Take();

    /// <summary>Number of the newest segment that it has.</summary>
    public long Newest => _next - 1;

    public ProcessUsage Usage => ProcessUsage.OfFamily(_process.Id);

    /// <summary>Starts it and waits until it has all that the box has.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await CatchUpAsync(cancellationToken);
        await _process.StartAsync(new Uri($"http://127.0.0.1:{Port}{_lesson}index.m3u8"), cancellationToken);
    }

    /// <summary>Copies what the box publishes until it is stopped. While the box itself is measured nobody follows it.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await CatchUpAsync(cancellationToken);
            await Task.Delay(CopyInterval, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Copies what it lacks.</summary>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        using var box = new KeepAliveConnection(_boxPort);
        Answer packed = await box.GetAsync(_lesson + "index.m3u8", "Accept-Encoding: gzip\r\n", keep: true, cancellationToken);
        long newest = Viewers.Newest(packed.Body!);
        if (newest < _next)
            return;
        Answer plain = await box.GetAsync(_lesson + "index.m3u8", "", keep: true, cancellationToken);
        for (; _next <= newest; _next++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{_next}.ts");
            Replace(name, (await box.GetAsync(_lesson + name, "", keep: true, cancellationToken)).Body!);
        }
        Replace("index.m3u8.gz", packed.Body!);
        Replace("index.m3u8", plain.Body!);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private void Replace(string name, byte[] bytes)
    {
        string path = "site" + _lesson + name;
        File.Move(_folder.Write(path + ".part", bytes), _folder[path], overwrite: true);
    }
}
