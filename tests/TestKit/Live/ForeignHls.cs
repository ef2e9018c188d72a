using System.Collections.Concurrent;
using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TestKit.Disk;

namespace TestKit.Live;

/// <summary>HLS of another house: what a real ffmpeg wrote, served by a real server with ranges and gzip. Lists may be shown as they were while the lesson ran.</summary>
public sealed class ForeignHls : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly WebApplication _app;

    private ForeignHls()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/{**path}", Answer);
    }

    /// <summary>What was asked for, with its range or "".</summary>
    public ConcurrentQueue<(string Path, string Range)> Asked { get; } = new();

    /// <summary>Entries of its media playlists that are listed by now; the end is told when all are.</summary>
    public int Listed { get; set; } = int.MaxValue;

    /// <summary>Entries that stay in a delta update where one is asked for; null: none is offered.</summary>
    public int? Delta { get; set; }

    /// <summary>Answers a range with the whole file.</summary>
    public bool WithoutRanges { get; set; }

    /// <summary>May change a list on its way out.</summary>
    public Func<string, string, string> Served { get; set; } = (_, text) => text;

    public Uri Site => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <param name="arguments">Of ffmpeg, which works in the folder that is served: what becomes HLS.</param>
    public static async Task<ForeignHls> StartAsync(params string[] arguments)
    {
        var house = new ForeignHls();
        await house.MakeAsync(arguments);
        await house._app.StartAsync();
        return house;
    }

    /// <summary>A picture that moves and a tone, with a key frame every 2 s.</summary>
    public static string[] Picture(int seconds) =>
    [
        "-f", "lavfi", "-i", $"testsrc2=size=320x180:rate=25:duration={seconds}", "-f", "lavfi", "-i", $"sine=frequency=440:sample_rate=48000:duration={seconds}",
        "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-c:a", "aac", "-b:a", "48k",
    ];

    public Task MakeAsync(params string[] arguments) =>
        TestVideo.RunAsync("bash", ["-c", "cd \"$0\" && exec ffmpeg -nostdin -hide_banner -loglevel error -y \"$@\"", _folder.Path, .. arguments]);

    public byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(_folder.Path, name));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private IResult Answer(string path, HttpContext context)
    {
        string range = WithoutRanges ? "" : context.Request.Headers.Range.ToString();
        Asked.Enqueue((path + context.Request.QueryString, range));
        string file = Path.Combine(_folder.Path, path);
        if (!File.Exists(file))
            return Results.NotFound();
        if (!path.EndsWith(".m3u8", StringComparison.Ordinal))
            return Results.File(file, enableRangeProcessing: !WithoutRanges);
        string text = Served(path, Shown(File.ReadAllText(file), Delta is not null && context.Request.QueryString.Value!.Contains("_HLS_skip=YES", StringComparison.Ordinal)));
        context.Response.Headers.ContentEncoding = "gzip";
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(System.Text.Encoding.UTF8.GetBytes(text));
        return Results.Bytes(packed.ToArray(), "application/vnd.apple.mpegurl");
    }

    /// <summary>The list as it was while the lesson ran.</summary>
    private string Shown(string text, bool skip)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int all = lines.Count(line => line.StartsWith("#EXTINF", StringComparison.Ordinal));
        if (all == 0)
            return text;
        int listed = Math.Min(Listed, all);
        int skipped = skip ? Math.Max(0, listed - Delta!.Value) : 0;
        int number = 0;
        var shown = new List<string>();
        foreach (string line in lines)
        {
            bool head = line.StartsWith("#EXTM3U", StringComparison.Ordinal) || line.StartsWith("#EXT-X-VERSION", StringComparison.Ordinal) || line.StartsWith("#EXT-X-TARGET", StringComparison.Ordinal)
                || line.StartsWith("#EXT-X-MEDIA-SEQ", StringComparison.Ordinal) || line.StartsWith("#EXT-X-INDEP", StringComparison.Ordinal);
            if (head || (number >= skipped && number < listed && line != "#EXT-X-ENDLIST" && !line.StartsWith("#EXT-X-PLAYLIST-TYPE", StringComparison.Ordinal)))
                shown.Add(line);
            if (line.StartsWith("#EXT-X-MEDIA-SEQ", StringComparison.Ordinal))
            {
                if (Delta is not null)
                    shown.Add("#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24");
                if (skipped > 0)
                    shown.Add($"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}");
            }
            if (line[0] != '#')
                number++;
        }
        if (Listed >= all)
            shown.Add("#EXT-X-ENDLIST");
        return string.Join('\n', shown) + "\n";
    }
}
