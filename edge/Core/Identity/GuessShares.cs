namespace Edge.Core.Identity;

/// <summary>How many more PINs of one kind a box looks at that may be wrong. Two shares, each of which fills up while the box runs: one that any phone may use up,
/// one for phones that were let in before, so that a guesser who changes name and address with each try never shuts those out.</summary>
/// <param name="Open">Running time put by for anybody's tries.</param>
/// <param name="Known">…for those of known phones.</param>
public readonly record struct GuessShares(TimeSpan Open, TimeSpan Known)
{
    /// <summary>Most wrong PINs of one kind in any 24 hours: each share holds a day's tries when full and earns as many in a day.</summary>
    public const int MostADay = 2 * (OpenADay + KnownADay);

    private const int OpenADay = 180;
    private const int KnownADay = 60;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan OpenPrice = Day / OpenADay;
    private static readonly TimeSpan KnownPrice = Day / KnownADay;

    /// <summary>Nobody has guessed.</summary>
    public static GuessShares Full { get; } = new(Day, Day);

    /// <summary>After the box has run for <paramref name="running"/>; by the monotonic clock, so that no clock that steps fills them.</summary>
    public GuessShares After(TimeSpan running) => new(Capped(Open + running), Capped(Known + running));

    /// <summary>What is left after one more try; null: none may be looked at.</summary>
    public GuessShares? Spend(bool known) =>
        known && Known >= KnownPrice ? this with { Known = Known - KnownPrice }
        : Open >= OpenPrice ? this with { Open = Open - OpenPrice }
        : null;

    /// <summary>Until one more try may be looked at.</summary>
    public TimeSpan WaitOf(bool known)
    {
        TimeSpan open = OpenPrice - Open;
        return known && KnownPrice - Known < open ? KnownPrice - Known : open;
    }

    private static TimeSpan Capped(TimeSpan earned) => earned < Day ? earned : Day;
}
