namespace Edge.Core.Sync;

/// <summary>What packs have used of the link, for the caps. It goes on over restarts; a new day or month begins with nothing used.</summary>
/// <param name="Day">The newest day seen, in local time; null before the first.</param>
/// <param name="DayBytes">Used on it.</param>
/// <param name="MonthBytes">Used in its month.</param>
public readonly record struct LinkUse(DateOnly? Day, long DayBytes, long MonthBytes)
{
    /// <summary>A clock further back than this was wrong before and is right now; nearer, it is wrong now.</summary>
    private const int DaysOfError = 31;

    /// <summary>Goes on to today. A day that is not known, or lies a little before the newest seen, is no new day: nothing is given twice.
    /// A day that lies far before it says that the newest seen was wrong: counting goes on there, with what was used kept.</summary>
    public LinkUse At(DateOnly? today) => (Day, today) switch
    {
        (_, null) => this,
        (null, { } first) => this with { Day = first },
        ({ } day, { } now) when now > day => new(now, 0, (now.Year, now.Month) == (day.Year, day.Month) ? MonthBytes : 0),
        ({ } day, { } now) when day.DayNumber - now.DayNumber > DaysOfError => this with { Day = now },
        _ => this,
    };

    public LinkUse Plus(long bytes) => this with { DayBytes = Math.Max(0, DayBytes + bytes), MonthBytes = Math.Max(0, MonthBytes + bytes) };
}
