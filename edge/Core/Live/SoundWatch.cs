namespace Edge.Core.Live;

/// <summary>What is known of a lesson's sounds when a segment of its picture is done.</summary>
/// <param name="Duration">Of the segment.</param>
/// <param name="Missing">Since its own sound last came, at the end of the segment.</param>
/// <param name="Level">How loud its own sound was lately; null: unknown.</param>
/// <param name="SpareComes">The spare's sound keeps arriving.</param>
/// <param name="SpareLevel">How loud the spare was lately; null: unknown.</param>
public readonly record struct SoundLook(TimeSpan Duration, TimeSpan Missing, SoundLevel? Level, bool SpareComes, SoundLevel? SpareLevel);

/// <summary>What becomes of a lesson's sound.</summary>
public enum SoundChange
{
    None,
    /// <summary>To the spare: the lesson's own sound no longer comes.</summary>
    Lost,
    /// <summary>To the spare: the lesson's own sound comes, and is silent while the spare hears somebody.</summary>
    Silent,
    /// <summary>The lesson's own sound is well again.</summary>
    Back,
    /// <summary>The lesson's own sound, whatever it is worth: the spare is gone.</summary>
    SpareGone,
}

/// <summary>Decides segment by segment whether classes hear a lesson's own sound or the spare. A quiet room is not a lost microphone.</summary>
public sealed class SoundWatch
{
    /// <summary>Sound that was away or silent for so long is lost.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Sound that was heard for so long is well again.</summary>
    public static readonly TimeSpan Proof = TimeSpan.FromSeconds(10);

    /// <summary>Mean level below which nobody is heard, dB.</summary>
    public const double SilentBelow = -60;

    /// <summary>Mean level from which on somebody is heard, dB.</summary>
    public const double HeardFrom = -50;

    private TimeSpan _silent;
    private TimeSpan _well;

    /// <summary>Classes hear the spare.</summary>
    public bool OnSpare { get; private set; }

    public SoundChange Next(in SoundLook look)
    {
        bool comes = look.Missing < Patience;
        bool silent = look.Level is { Mean: < SilentBelow };
        bool somebody = look.SpareLevel is { Mean: >= HeardFrom };
        _silent = silent ? _silent + look.Duration : TimeSpan.Zero;
        SoundChange change = OnSpare ? Return(look, comes, silent && somebody) : Leave(look, comes, somebody);
        if (change != SoundChange.None)
            (OnSpare, _well, _silent) = (!OnSpare, TimeSpan.Zero, TimeSpan.Zero);
        return change;
    }

    private SoundChange Leave(in SoundLook look, bool comes, bool somebody) =>
        !look.SpareComes ? SoundChange.None
        : !comes ? SoundChange.Lost
        : _silent >= Patience && somebody ? SoundChange.Silent : SoundChange.None;

    private SoundChange Return(in SoundLook look, bool comes, bool dead)
    {
        if (!look.SpareComes)
            return SoundChange.SpareGone;
        if (look.Missing > TimeSpan.FromSeconds(1) || !comes || dead)
            _well = TimeSpan.Zero;
        else if (look.Level is null or { Mean: >= HeardFrom })
            _well += look.Duration;
        return _well >= Proof ? SoundChange.Back : SoundChange.None;
    }
}
