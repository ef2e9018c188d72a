namespace Edge.Core.Sync;

/// <summary>How long an idle link may be silent before the box says that it is there. Each such word costs some 200 bytes, so the silence is doubled as long as the address translators on the way stand it,
/// and halved when the link was found dead after one.</summary>
/// <param name="Interval">The silence allowed now.</param>
/// <param name="TooLong">A silence that the link did not stand; null: none is known.</param>
/// <param name="Held">Silences in a row that it stood.</param>
public readonly record struct KeepAlive(TimeSpan Interval, TimeSpan? TooLong = null, int Held = 0)
{
    /// <summary>After so many a longer silence is tried once more: the link may have died of something else.</summary>
    public const int TryAgainAfter = 50;

    /// <summary>The link answered after a silence.</summary>
    public KeepAlive Answered(TimeSpan cap)
    {
        int held = Held + 1;
        TimeSpan? tooLong = held >= TryAgainAfter ? null : TooLong;
        TimeSpan longer = Interval * 2 < cap ? Interval * 2 : cap;
        return longer > Interval && !(longer >= tooLong) ? new KeepAlive(longer, tooLong) : new KeepAlive(Interval, tooLong, held);
    }

    /// <summary>The link was dead after a silence.</summary>
    public KeepAlive Died(TimeSpan least) => new(Interval / 2 > least ? Interval / 2 : least, Interval);
}
