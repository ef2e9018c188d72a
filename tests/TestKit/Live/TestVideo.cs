using System.Diagnostics;

namespace TestKit.Live;

/// <summary>Real transport streams for tests, made by ffmpeg once per process: moving test picture (H.264, 25 pictures a second) and a tone (AAC).</summary>
public static class TestVideo
{
    private static readonly Lazy<Task<byte[]>> TwentySeconds = new(() => MakeAsync(20, keyFrameEvery: 50));

    /// <summary>20 s with a key frame every 2 s.</summary>
    public static Task<byte[]> Lesson20sAsync() => TwentySeconds.Value;

    /// <param name="keyFrameEvery">Pictures from key frame to key frame.</param>
    /// <param name="startSeconds">Time stamp of the first picture; 95443.7 is just before the 33-bit clock turns over.</param>
    public static Task<byte[]> MakeAsync(int seconds, int keyFrameEvery, string? startSeconds = null) => EncodeAsync(
        "-f", "lavfi", "-i", $"testsrc2=size=320x180:rate=25:duration={seconds}", "-f", "lavfi", "-i", $"sine=frequency=440:sample_rate=48000:duration={seconds}",
        "-c:v", "libx264", "-preset", "ultrafast", "-g", $"{keyFrameEvery}", "-keyint_min", $"{keyFrameEvery}", "-sc_threshold", "0", "-bf", "2", "-b:v", "300k",
        "-c:a", "aac", "-b:a", "48k", "-output_ts_offset", startSeconds ?? "0", "-muxdelay", "0", "-muxpreload", "0");

    /// <summary>A rung of slides: one picture a second, each a key frame, and speech.</summary>
    public static Task<byte[]> SlidesAsync(int seconds) => EncodeAsync(
        "-f", "lavfi", "-i", $"testsrc2=size=640x360:rate=1:duration={seconds}", "-f", "lavfi", "-i", $"sine=frequency=300:sample_rate=24000:duration={seconds}",
        "-c:v", "libx264", "-preset", "ultrafast", "-g", "2", "-b:v", "50k", "-c:a", "aac", "-b:a", "24k", "-mpegts_start_pid", "0x200", "-mpegts_pmt_start_pid", "0x300");

    /// <param name="arguments">What ffmpeg reads and how it codes it; the result is a transport stream.</param>
    public static async Task<byte[]> EncodeAsync(params string[] arguments)
    {
        string path = Path.Combine(Path.GetTempPath(), $"lesson-{Guid.NewGuid():N}.ts");
        try
        {
            await RunAsync("ffmpeg", ["-nostdin", "-hide_banner", "-loglevel", "error", .. arguments, "-f", "mpegts", path]);
            return await File.ReadAllBytesAsync(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>What ffprobe reads of <paramref name="bytes"/>: the decoded-time stamps of the pictures, in order of the file.</summary>
    public static async Task<IReadOnlyList<string>> PictureTimesAsync(ReadOnlyMemory<byte> bytes)
    {
        string path = Path.Combine(Path.GetTempPath(), $"probe-{Guid.NewGuid():N}.ts");
        try
        {
            await using (FileStream file = File.Create(path))
                await file.WriteAsync(bytes);
            string printed = await RunAsync("ffprobe", "-hide_banner", "-loglevel", "error", "-select_streams", "v:0", "-show_entries", "packet=dts_time,size", "-of", "csv=p=0", path);
            return printed.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Runs a tool to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed or complained; the message is what it said.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{program} did not start");
        Task<string> complaints = process.StandardError.ReadToEndAsync();
        string printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        string said = await complaints;
        return process.ExitCode == 0 && said.Length == 0 ? printed : throw new InvalidOperationException($"{program}: {said}");
    }
}
