using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>One media segment of a lesson, as we number and keep it: MPEG-TS that begins with its PAT and PMT, or fragmented MP4 with a head of its own.</summary>
/// <param name="Sequence">Our own media sequence: from 0, no holes, never reused.</param>
/// <param name="Duration">Over zero; rounded to whole seconds at most the lesson's target duration.</param>
/// <param name="ProgramTime">Date and time of its first picture on the sender's clock (RFC 8216 §4.3.2.6). Never read off a box's clock.</param>
/// <param name="Discontinuity">Its time stamps or tracks do not continue those of the segment before.</param>
/// <param name="LengthBytes">0: nobody has it; its place in the order is kept.</param>
/// <param name="Hash">SHA-256 of its bytes.</param>
public sealed record Segment(long Sequence, TimeSpan Duration, DateTimeOffset ProgramTime, bool Discontinuity, int LengthBytes, ChunkId Hash)
{
    /// <summary>Longest segment we take in or make: 4 s at 32 Mbit/s.</summary>
    public const int MaxLengthBytes = 16 << 20;

    /// <summary>Listed as not available (RFC 8216bis §4.4.4.7).</summary>
    public bool IsGap => LengthBytes == 0;

    /// <summary>When the next one begins if it follows on.</summary>
    public DateTimeOffset ProgramEnd => ProgramTime + Duration;

    /// <summary>The same moment in a list that lacks it.</summary>
    public Segment AsGap() => this with { LengthBytes = 0, Hash = default };

    /// <summary>SHA-256 of the head that it needs, when it is fragmented MP4; null: a transport stream.</summary>
    public ChunkId? Map { get; init; }

    /// <summary>Its address beside its playlist.</summary>
    public string FileName => Map is null ? $"{Sequence}.ts" : $"{Sequence}.m4s";

    /// <summary>The address of its head.</summary>
    public string? MapName => Map is { } map ? NameOfMap(map) : null;

    public static string NameOfMap(ChunkId map) => $"map-{map}.mp4";
}
