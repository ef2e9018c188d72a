using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>How lower rungs are made of lessons. Section <c>Ladder</c>.</summary>
public sealed class LadderOptions
{
    /// <summary>Rungs below the source, of 720p, 480p, 360p, 240p and slides (one picture a second and speech, about 80 kbit/s), a space between. Default 480p, 240p and slides: each about a third of the one above. Empty: none.</summary>
    [RegularExpression("^ *((720p|480p|360p|240p|slides)( +|$))*$")]
    public string Rungs { get; set; } = "480p 240p slides";

    /// <summary>ffmpeg's encoder: h264_nvenc, h264_vaapi, h264_v4l2m2m or libx264. Default auto: the first of these that works here.</summary>
    [RegularExpression("^(auto|h264_nvenc|h264_vaapi|h264_v4l2m2m|libx264)$")]
    public string Encoder { get; set; } = "auto";

    /// <summary>Lessons of which lower rungs are made at once; those beyond have the source's rung only. Default 0: twice as many as the machine has processors.</summary>
    [Range(0, 1000)]
    public int AtOnce { get; set; }

    /// <summary>Without a finished segment for so long, while there is something to make it of, the encoder is ended and begun again. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:05:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Lower rungs that are so far behind their source leave out what lies between. Default 30 s: schools on thin links would be as late.</summary>
    [Range(typeof(TimeSpan), "00:00:04", "01:00:00")]
    public TimeSpan MostBehind { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
public sealed partial class LadderOptionsValidator : IValidateOptions<LadderOptions>;
