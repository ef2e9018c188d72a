using System.Globalization;
using TestKit.Live;

namespace EdgeBench;

/// <summary>A lesson as an encoder sends it, made beforehand so that no encoder runs while something is measured:
/// H.264 and AAC, 1 Mbit/s steady, a key frame every 2 s.</summary>
internal static class LessonMedia
{
    private const int UniqueSeconds = 20;

    /// <summary>Writes a transport stream of <paramref name="seconds"/> to <paramref name="path"/>: twenty seconds again and again, with time stamps that go on.</summary>
    public static async Task MakeAsync(string path, int seconds, CancellationToken cancellationToken)
    {
        string once = path + ".once.ts";
        string size = UniqueSeconds.ToString(CultureInfo.InvariantCulture);
        await TestVideo.RunAsync("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "fatal", "-y",
            "-f", "lavfi", "-i", $"testsrc2=size=640x360:rate=25:duration={size}", "-f", "lavfi", "-i", $"sine=frequency=440:sample_rate=48000:duration={size}",
            "-vf", "noise=alls=20:allf=t,format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0",
            "-b:v", "880k", "-minrate", "880k", "-maxrate", "880k", "-bufsize", "880k", "-x264-params", "nal-hrd=cbr",
            "-c:a", "aac", "-b:a", "64k", "-ac", "1", "-f", "mpegts", once);
        cancellationToken.ThrowIfCancellationRequested();
        await TestVideo.RunAsync("ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "fatal", "-y",
            "-stream_loop", "-1", "-i", once, "-t", seconds.ToString(CultureInfo.InvariantCulture), "-c", "copy", "-f", "mpegts", path);
        File.Delete(once);
    }
}
