using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>How lessons are taken in and offered. Section <c>Live</c>.</summary>
public sealed class LiveOptions
{
    /// <summary>Wished length of a segment; the longest is twice this and is the target duration of the playlists. Default 2 s: short enough to join within a second or two.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:10")]
    public TimeSpan SegmentDuration { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Largest segment in bytes. Default 8 MiB: 4 s at 16 Mbit/s.</summary>
    [Range(64 << 10, Edge.Core.Live.Segment.MaxLengthBytes)]
    public int MaxSegmentBytes { get; set; } = 8 << 20;

    /// <summary>How much of a lesson the live playlist lists. Default 15 min: longer than the outages that boxes ride out without asking for the recording.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "06:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>An encoder that sends nothing for so long is cut off, so that it connects anew. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan EncoderSilence { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A running lesson ends by itself when its time is over and no encoder has sent for so long. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "12:00:00")]
    public TimeSpan EndGrace { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an ended lesson stays in the schools' plans, so that a box that was away fetches its recording. Default 14 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "400.00:00:00")]
    public TimeSpan KeptInPlans { get; set; } = TimeSpan.FromDays(14);
}

[OptionsValidator]
public sealed partial class LiveOptionsValidator : IValidateOptions<LiveOptions>;
