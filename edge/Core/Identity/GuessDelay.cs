namespace Edge.Core.Identity;

/// <summary>How long one phone waits after wrong PINs: three are free, then 5 seconds, doubling to 15 minutes. It slows who mistypes or plays, no other phone.</summary>
/// <param name="Failures">Wrong PINs of this phone.</param>
public readonly record struct GuessDelay(int Failures)
{
    public const int FreeTries = 3;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public TimeSpan Wait => Failures < FreeTries ? TimeSpan.Zero
        : Failures - FreeTries >= 8 ? Longest
        : First * (1 << (Failures - FreeTries)) is var wait && wait < Longest ? wait : Longest;

    public GuessDelay Failed() => new(Failures < int.MaxValue ? Failures + 1 : Failures);
}
