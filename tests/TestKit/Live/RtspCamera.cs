using TestKit.Processes;

namespace TestKit.Live;

/// <summary>A real RTSP server with a picture: VLC, which like some cameras sends by UDP only.</summary>
public sealed class RtspCamera : IAsyncDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"camera-{Guid.NewGuid():N}.ts");
    private readonly ServerProcess _vlc;

    private RtspCamera()
    {
        Address = $"rtsp://127.0.0.1:{FreePort.Take()}/lesson";
        // Its program does not run as root.
        string[] nobody = Environment.IsPrivilegedProcess ? ["--reuid=65534", "--regid=65534", "--clear-groups"] : ["--pdeathsig=KILL"];
        _vlc = new ServerProcess("setpriv", [.. nobody, "cvlc", "--quiet", "--ignore-config", "--loop", _file, "--sout", $"#rtp{{sdp={Address}}}", "--sout-keep"]);
    }

    public string Address { get; }

    /// <param name="stream">Given again and again.</param>
    public static async Task<RtspCamera> StartAsync(byte[] stream)
    {
        var camera = new RtspCamera();
        await using (FileStream file = File.Create(camera._file))
            await file.WriteAsync(stream);
        await camera._vlc.StartAsync(null, CancellationToken.None);
        return camera;
    }

    public async ValueTask DisposeAsync()
    {
        await _vlc.KillAsync();
        await _vlc.DisposeAsync();
        File.Delete(_file);
    }
}
