namespace Edge.Core.Sync;

/// <summary>How often a box was given a new epoch. A lost card or a restored relay asks for one now and then; two boxes that run on copies of one card ask for one each time the other has been heard.
/// Such boxes are told to staff and take turns of <see cref="Apart"/>: all that both hold arrives, and the link does not drown in what each sends again.</summary>
/// <param name="InLastDay">Epochs issued to it in the last 24 hours, its very first left out.</param>
/// <param name="SinceLast">Since the newest of them; null: there is none.</param>
public readonly record struct EpochRate(int InLastDay, TimeSpan? SinceLast)
{
    /// <summary>As many a day as a bad day of one box explains.</summary>
    public const int FreeADay = 3;

    /// <summary>After those, so long must lie between two: a new epoch costs at most a resend of the window that a box keeps, some 200 kB.</summary>
    public static TimeSpan Apart { get; } = TimeSpan.FromHours(1);

    /// <summary>Staff should look: two boxes go by one name.</summary>
    public bool LooksCloned => InLastDay > FreeADay;

    // A negative age is a relay's clock that was set back.
    public bool MayIssue => InLastDay < FreeADay + 1 || SinceLast is not { } since || since >= Apart || since < TimeSpan.Zero;
}
