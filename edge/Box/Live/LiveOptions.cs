using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Live;

/// <summary>How lessons are fetched, kept and shown. Section <c>Live</c>.</summary>
public sealed class LiveOptions
{
    /// <summary>Wait between two looks at the relay's playlist. Default 1 s: half a segment; an unchanged list costs about 400 bytes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Wait between two looks for captions of a lesson that runs. Default 2 s: players are 6 s behind the newest picture; an answer without captions costs about 150 bytes.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan CaptionInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>A transfer on which nothing arrives for so long is given up and resumed on a new connection. Default 4 s: over a satellite a single segment may
    /// take far longer, but never with such a silence; and a connection from before an outage may sleep long after it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.500", "00:02:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest wait after failures. Default 2 s: the class waits for the picture.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Segments fetched at once. Default 3: one at a time does not fill a satellite link.</summary>
    [Range(1, 8)]
    public int ParallelFetches { get; set; } = 3;

    /// <summary>How often a segment may turn out missing or damaged at the relay before the lesson goes on without it. Default 8. Failures of the link do not count.</summary>
    [Range(1, 1000)]
    public int SegmentTries { get; set; } = 8;

    /// <summary>Order is held up to so much behind the source: the class sees what it missed, later. Beyond, the box goes to the live edge and fills the hole afterwards for the recording. Default 2 min.</summary>
    [Range(typeof(TimeSpan), "00:00:20", "12:00:00")]
    public TimeSpan MostBehind { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Wait between two looks at which rungs the relay offers. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan LadderInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Rung of which recordings are made once a lesson is over, as the relay names it. Default empty: the source's. One that the relay has not whole gives way to the source's.</summary>
    [RegularExpression("^[a-z0-9-]{0,16}$")]
    public string RecordingRung { get; set; } = "";

    /// <summary>Without a new segment for so long the live picture counts as lost. Default 5 s: two segments and a look; a viewer's buffer is longer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan LostAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of newest segments kept in memory for all lessons' viewers, each lesson. Default 8 MiB: half a minute at 2 Mbit/s.</summary>
    [Range(0, 256 << 20)]
    public int MemoryBytes { get; set; } = 8 << 20;

    /// <summary>Free bytes on disk under which no segment is fetched. Default 512 MiB: what pupils give comes first.</summary>
    [Range(0L, 1L << 40)]
    public long ReserveBytes { get; set; } = 512L << 20;

    /// <summary>Wait before a lesson is tried again that is over and that the relay could not give. Default 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RestAfterFailure { get; set; } = TimeSpan.FromMinutes(10);
}

[OptionsValidator]
public sealed partial class LiveOptionsValidator : IValidateOptions<LiveOptions>;
