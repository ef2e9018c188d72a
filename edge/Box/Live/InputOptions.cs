using System.ComponentModel.DataAnnotations;
using Edge.Core.Live;
using Microsoft.Extensions.Options;

namespace Edge.Box.Live;

/// <summary>Lessons that the school takes in by itself: from a satellite receiver or an encoder on its own network. Section <c>Input</c>.</summary>
public sealed class InputOptions : IValidatableObject
{
    /// <summary>Where live lessons come from whose plan names no source, as <c>CLASS=address</c>, several parted by spaces: <c>3A=udp://239.1.2.3:5000</c>. <c>*</c> is every class, <c>_</c> a space.
    /// Addresses begin with udp, rtp, srt, satip, rtsp, rtmp, http or https. Default empty: from the relay.</summary>
    public string Sources { get; set; } = "";

    /// <summary>Wished length of a segment; the longest is twice this. Default 2 s, as at the relay.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:10")]
    public TimeSpan SegmentDuration { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>A source that gives no bytes, or nothing of use, for so long is asked anew. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:02:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After so long without a picture the relay's copy of the lesson stands in, if there is one. Default 15 s: the source has been asked anew once.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan RelayAfter { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A source must have been good for so long before it takes over from the relay's copy. Default 20 s.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan ReturnAfter { get; set; } = TimeSpan.FromSeconds(20);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!LessonSources.TryParse(Sources, out _))
            yield return new ValidationResult("Sources: CLASS=address, several parted by spaces, such as 3A=udp://239.1.2.3:5000", [nameof(Sources)]);
    }
}

[OptionsValidator]
public sealed partial class InputOptionsValidator : IValidateOptions<InputOptions>;
