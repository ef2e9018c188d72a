namespace Edge.Core.Live;

/// <summary>How a media child came to its end.</summary>
public enum ChildEnd
{
    /// <summary>It ended by itself, with whatever code: ffmpeg says 0 when its source dies.</summary>
    Exited,
    /// <summary>It gave no bytes although it should have.</summary>
    Silent,
    /// <summary>Its bytes were of no use.</summary>
    Fruitless,
}

/// <summary>How a media child stands.</summary>
public enum ChildStage
{
    /// <summary>Not wanted yet, or not any more.</summary>
    Idle,
    Running,
    /// <summary>It ended and is started again after a wait.</summary>
    Waiting,
}

/// <summary>What is asked of a media child. It is judged by its progress alone: a child whose source is lost says "playing" for ever, and one that failed ends with code 0.</summary>
/// <param name="Patience">Longest wait for bytes, and for something useful made of them.</param>
/// <param name="FirstDelay">Wait before the first start anew; doubled with each failure that follows.</param>
/// <param name="LongestDelay">Longest such wait.</param>
/// <param name="Steady">A child that ran for so long had no trouble of its own: the waits begin anew.</param>
public readonly record struct ChildRules(TimeSpan Patience, TimeSpan FirstDelay, TimeSpan LongestDelay, TimeSpan Steady)
{
    public static ChildRules Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));

    /// <summary>Must it be ended?</summary>
    /// <param name="sinceBytes">Since its last bytes, its start, or since something is expected of it again: the latest of them.</param>
    /// <param name="sinceUse">The same for the last useful thing.</param>
    /// <returns>Why; null: it may go on.</returns>
    public ChildEnd? Judge(TimeSpan sinceBytes, TimeSpan sinceUse) =>
        sinceBytes >= Patience ? ChildEnd.Silent : sinceUse >= Patience ? ChildEnd.Fruitless : null;
}

/// <summary>A child over all its runs.</summary>
/// <param name="Failures">Ends in a row without a steady run between.</param>
/// <param name="Last">How the last run ended; null: it has not ended yet.</param>
public readonly record struct ChildState(ChildStage Stage, int Failures, ChildEnd? Last)
{
    private const int MaxFailures = 30;

    public ChildState Started() => this with { Stage = ChildStage.Running };

    public ChildState Stopped() => this with { Stage = ChildStage.Idle };

    /// <param name="ran">From its start to its end.</param>
    public ChildState Ended(ChildEnd end, TimeSpan ran, ChildRules rules) =>
        new(ChildStage.Waiting, ran >= rules.Steady ? 1 : Math.Min(Failures + 1, MaxFailures), end);

    /// <summary>Wait before the next start.</summary>
    public TimeSpan Delay(ChildRules rules) =>
        Failures == 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Min(rules.LongestDelay.Ticks, rules.FirstDelay.Ticks * Math.Pow(2, Failures - 1)));
}
