using TestKit.Processes;

namespace TestKit.Live;

/// <summary>A real ffmpeg that sends a test picture in real time, with a key frame each second, until it is stopped.</summary>
public sealed class LiveEncoder : IAsyncDisposable
{
    private readonly ServerProcess _process;

    private LiveEncoder(IEnumerable<string> arguments) => _process = new ServerProcess("ffmpeg", arguments);

    public bool Running => _process.Running;

    public int Id => _process.Id;

    public string Said => _process.Output;

    /// <param name="sound">With a tone beside the picture.</param>
    /// <param name="to">Format and address.</param>
    public static Task<LiveEncoder> StartAsync(bool sound, params string[] to) => StartAsync("testsrc2=size=160x90:rate=25", sound ? "sine=frequency=440:sample_rate=48000" : null, ["-c:v", "libx264"], to);

    /// <param name="picture">As a source of ffmpeg's lavfi.</param>
    /// <param name="sound">Null: none.</param>
    /// <param name="codec">What makes the picture.</param>
    public static Task<LiveEncoder> StartAsync(string picture, string? sound, string[] codec, params string[] to) =>
        RunAsync(["-re", "-f", "lavfi", "-i", picture,
            .. sound is null ? (string[])[] : ["-re", "-f", "lavfi", "-i", sound, "-c:a", "aac", "-b:a", "48k"],
            .. codec, .. codec.Contains("libx264") ? X264 : [], .. KeyFrames, .. to]);

    /// <summary>Sound alone.</summary>
    public static Task<LiveEncoder> StartSoundAsync(string sound, params string[] to) => RunAsync(["-re", "-f", "lavfi", "-i", sound, "-c:a", "aac", "-b:a", "48k", .. to]);

    /// <summary>A picture without sound to one place, and sound of the same clock to another.</summary>
    public static Task<LiveEncoder> StartApartAsync(string picture, string sound, string[] pictureTo, string[] soundTo) =>
        RunAsync(["-re", "-f", "lavfi", "-i", picture, "-re", "-f", "lavfi", "-i", sound,
            "-map", "0:v", "-c:v", "libx264", .. X264, .. KeyFrames, .. pictureTo, "-map", "1:a", "-c:a", "aac", "-b:a", "48k", .. soundTo]);

    private static readonly string[] X264 = ["-preset", "ultrafast", "-tune", "zerolatency"];

    private static readonly string[] KeyFrames = ["-g", "25", "-keyint_min", "25", "-sc_threshold", "0", "-pix_fmt", "yuv420p"];

    private static async Task<LiveEncoder> RunAsync(string[] arguments)
    {
        var encoder = new LiveEncoder(["-nostdin", "-hide_banner", "-loglevel", "warning", .. arguments]);
        await encoder._process.StartAsync(null, CancellationToken.None);
        return encoder;
    }

    /// <summary>As a crash: it says goodbye to nobody.</summary>
    public Task KillAsync() => _process.KillAsync();

    /// <summary>SIGSTOP: it lives, holds its connection, and sends nothing.</summary>
    public Task HangAsync() => TestVideo.RunAsync("kill", "-STOP", $"{Id}");

    public Task GoOnAsync() => TestVideo.RunAsync("kill", "-CONT", $"{Id}");

    public async ValueTask DisposeAsync()
    {
        // One that hangs would not hear a polite signal.
        await _process.KillAsync();
        await _process.DisposeAsync();
    }
}
