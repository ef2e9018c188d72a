using System.Collections.Immutable;
using System.Globalization;
using Edge.Media;

namespace Relay.Live;

/// <summary>An H.264 encoder of ffmpeg, and what it must be told.</summary>
/// <param name="Name">ffmpeg's name of it.</param>
/// <param name="Device">Arguments before the input.</param>
/// <param name="Upload">End of each chain of filters: brings pictures to where the encoder wants them.</param>
/// <param name="Settings">No picture waits for later ones, and none refers across a key frame that was asked for.</param>
internal sealed record LadderEncoder(string Name, ImmutableArray<string> Device, string Upload, ImmutableArray<string> Settings)
{
    private const string Ffmpeg = "ffmpeg";

    /// <summary>In the order in which they are tried.</summary>
    public static readonly ImmutableArray<LadderEncoder> Known =
    [
        new("h264_nvenc", [], "", ["-preset", "p4", "-tune", "ll", "-forced-idr", "1", "-delay", "0"]),
        new("h264_vaapi", ["-vaapi_device", "/dev/dri/renderD128"], ",format=nv12,hwupload", ["-idr_interval", "0"]),
        new("h264_v4l2m2m", [], ",format=nv12", []),
        new("libx264", [], ",format=yuv420p", ["-preset", "veryfast", "-tune", "zerolatency", "-sc_threshold", "0"]),
    ];

    /// <summary>A rate control that counts pictures takes this for their number a second.</summary>
    private const int NominalPictures = 25;

    /// <summary>Finds an encoder that really gives something here: drivers lie, and ffmpeg lists what no chip is there for.</summary>
    /// <returns>Null: none works, or there is no ffmpeg.</returns>
    public static async Task<LadderEncoder?> FindAsync(string wanted, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (LadderEncoder encoder in Known.Where(encoder => wanted is "auto" || encoder.Name == wanted))
        {
            if (await encoder.WorksAsync(patience, time, cancellationToken))
                return encoder;
        }
        return null;
    }

    /// <summary>The encoder of all rungs: one stream in, one stream out with a programme for each rung, in the order of <paramref name="rungs"/>.</summary>
    /// <param name="hasSound">The source has sound.</param>
    public ChildCommand Command(ImmutableArray<LadderRung> rungs, bool hasSound)
    {
        var arguments = new List<string>(["-nostdin", "-hide_banner", "-loglevel", "error", .. Device, "-copyts", "-fflags", "+discardcorrupt", "-f", "mpegts", "-i", "pipe:0"]);
        string split = $"[0:v:0]split={Text(rungs.Length)}{string.Concat(rungs.Select((_, place) => $"[s{Text(place)}]"))}";
        string chains = string.Concat(rungs.Select((rung, place) => $";[s{Text(place)}]{Slides(rung)}scale=-2:'min({Text(rung.Height)},ih)'{Upload}[v{Text(place)}]"));
        arguments.AddRange(["-filter_complex", split + chains]);
        for (int place = 0; place < rungs.Length; place++)
        {
            arguments.AddRange(["-map", $"[v{Text(place)}]"]);
            if (hasSound)
                arguments.AddRange(["-map", "0:a:0"]);
        }
        // Each key frame of the source is one here, under its own time stamp to the tick: that is where segments are cut.
        arguments.AddRange(["-c:v", Name, .. Settings, "-bf", "0", "-g", "9999", "-force_key_frames", "source", "-enc_time_base:v", "-1", "-fps_mode", "passthrough", "-c:a", "aac"]);
        for (int place = 0; place < rungs.Length; place++)
            arguments.AddRange(Rates(rungs[place], place));
        for (int place = 0; place < rungs.Length; place++)
        {
            int stream = hasSound ? 2 * place : place;
            arguments.AddRange(["-program", $"program_num={Text(place + 1)}:st={Text(stream)}{(hasSound ? $":st={Text(stream + 1)}" : "")}"]);
        }
        // Tables and clock samples as seldom as may be: at the usual rate they alone would be more than the slides.
        arguments.AddRange(["-mpegts_copyts", "1", "-avoid_negative_ts", "disabled", "-pat_period", "1", "-sdt_period", "3600", "-pcr_period", "400", "-f", "mpegts", "pipe:1"]);
        return new ChildCommand(Ffmpeg, [.. arguments]);
    }

    private static string Slides(LadderRung rung) => rung.IsSlides ? "select='isnan(prev_selected_t)+key+gte(t-prev_selected_t,0.99)'," : "";

    private static IEnumerable<string> Rates(LadderRung rung, int place)
    {
        // The rate control knows nothing of the pictures left out: it gives each its part of a full second.
        int bits = rung.IsSlides ? NominalPictures * rung.VideoBitsPerSecond : rung.VideoBitsPerSecond;
        int buffer = rung.IsSlides ? bits : 2 * bits;
        string at = Text(place);
        IEnumerable<string> rates = [$"-b:v:{at}", Text(bits), $"-maxrate:v:{at}", Text(bits), $"-bufsize:v:{at}", Text(buffer), $"-b:a:{at}", Text(rung.AudioBitsPerSecond)];
        return rung.SpeechHertz is { } hertz ? [.. rates, $"-ac:a:{at}", "1", $"-ar:a:{at}", Text(hertz)] : rates;
    }

    private async Task<bool> WorksAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await using ChildRun run = await ChildRun.StartAsync(new ChildCommand(Ffmpeg,
            [
                "-nostdin", "-hide_banner", "-loglevel", "error", .. Device, "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=1",
                "-vf", "null" + Upload, "-c:v", Name, .. Settings, "-bf", "0", "-b:v", "200k", "-f", "mpegts", "pipe:1",
            ]), time);
            run.Input.Close();
            byte[] buffer = new byte[4096];
            return await run.Output.ReadAsync(buffer, either.Token) > 0;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
