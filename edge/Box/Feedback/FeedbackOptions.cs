using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Feedback;

/// <summary>What people give and what comes back to them. Section <c>Feedback</c>.</summary>
public sealed class FeedbackOptions
{
    /// <summary>Longest an answer waits for others to share its commit. Default 50 ms: an SD card's flush takes as long.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan CommitWait { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Most answers in one commit. Default 64: a class.</summary>
    [Range(1, 1000)]
    public int CommitItems { get; set; } = 64;

    /// <summary>Most answers that wait for a commit; further ones are told to come back. Default 1024.</summary>
    [Range(64, 100_000)]
    public int MaxWaiting { get; set; } = 1024;

    /// <summary>Most bytes of items kept on the box, sent or not. Default 64 MiB: 30 days without a link of a big school.</summary>
    [Range(1L << 20, 1L << 34)]
    public long MaxOutboxBytes { get; set; } = 64L << 20;

    /// <summary>How many items stay after the relay has them, for a relay that is restored from an older backup and for the lesson's page. Default 20 000.</summary>
    [Range(1, 1_000_000)]
    public int RetainedItems { get; set; } = 20_000;

    /// <summary>How many answers and notices from the centre stay on the box. Default 10 000.</summary>
    [Range(100, 1_000_000)]
    public int RetainedAnswers { get; set; } = 10_000;

    /// <summary>Longest form taken. Default 16 KiB: the longest text, each byte of it written as three.</summary>
    [Range(1 << 10, 1 << 20)]
    public int MaxFormBytes { get; set; } = 16 << 10;

    /// <summary>Most questions shown with a lesson. Default 200.</summary>
    [Range(1, 10_000)]
    public int MaxQuestionsShown { get; set; } = 200;
}

[OptionsValidator]
public sealed partial class FeedbackOptionsValidator : IValidateOptions<FeedbackOptions>;
