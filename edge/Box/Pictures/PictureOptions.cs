using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Pictures;

/// <summary>Still pictures of lessons. Section <c>Picture</c>.</summary>
public sealed class PictureOptions
{
    /// <summary>Make a picture for each minute of a lesson. Default true; needs ffmpeg, and without it there are none.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Rest between two pictures. Default 10 s: each takes a quarter of a second of one core.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan Rest { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest that one picture may take. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Free bytes on disk under which none is made. Default 1 GiB: lessons and what pupils give come first.</summary>
    [Range(0L, 1L << 40)]
    public long ReserveBytes { get; set; } = 1L << 30;

    /// <summary>Width in pixels. Default 320.</summary>
    [Range(64, 1920)]
    public int Width { get; set; } = 320;
}

[OptionsValidator]
public sealed partial class PictureOptionsValidator : IValidateOptions<PictureOptions>;
