namespace Edge.Core.Identity;

/// <summary>Tries at a PIN that is guarded by waiting: five are free, then each failure locks for 15 minutes, doubling to a day.
/// Of a PIN of six digits that leaves some five tries and then one a day: a guesser needs centuries.</summary>
/// <param name="Failures">Wrong PINs since the last right one.</param>
public readonly record struct PinLock(int Failures)
{
    public const int FreeTries = 5;

    /// <summary>Shortest PIN, in digits.</summary>
    public const int MinDigits = 6;

    /// <summary>Longest PIN, in digits.</summary>
    public const int MaxDigits = 12;

    private static readonly TimeSpan First = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>How long after the last failure, or after a start, no PIN is looked at.</summary>
    public TimeSpan Wait => Failures < FreeTries ? TimeSpan.Zero
        : Failures - FreeTries >= 7 ? Longest
        : First * (1 << (Failures - FreeTries)) is var wait && wait < Longest ? wait : Longest;

    public PinLock Failed() => new(Failures < int.MaxValue ? Failures + 1 : Failures);

    public static bool IsPin(string? text) => text is { Length: >= MinDigits and <= MaxDigits } && text.All(char.IsAsciiDigit);
}
