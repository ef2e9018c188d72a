using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Text;

namespace Edge.Core.Panel;

public enum PowerStatus
{
    /// <summary>Not all parts are up yet.</summary>
    Starting,

    /// <summary>Running on mains: safe to teach.</summary>
    Mains,

    /// <summary>The mains failed; the box lives on its reserve.</summary>
    Reserve,

    /// <summary>Files are being closed: do not unplug.</summary>
    ShuttingDown,

    /// <summary>All is closed: everything goes dark.</summary>
    SafeToUnplug,
}

/// <summary>How the live picture of a lesson stands on this box.</summary>
public enum LiveStatus
{
    /// <summary>This lesson is never live.</summary>
    None,

    /// <summary>Not begun.</summary>
    Awaited,

    /// <summary>New picture keeps coming.</summary>
    On,

    /// <summary>Begun or due to have begun, but the screen has nothing new to show.</summary>
    Lost,

    /// <summary>Over.</summary>
    Ended,
}

/// <summary>One of today's lessons as the panel needs it.</summary>
public sealed record PanelLesson(string Id)
{
    public LocalText Title { get; init; } = new(ImmutableSortedDictionary<string, string>.Empty);

    /// <summary>Class as people write it: "3A".</summary>
    public string Class { get; init; } = "";

    /// <summary>Start as people write it: "08:00".</summary>
    public string StartText { get; init; } = "";

    public LiveStatus Live { get; init; }

    /// <summary>How long <see cref="Live"/> has been so. For <see cref="LiveStatus.Lost"/> counted from the moment
    /// when the picture stands still, not from the loss of the link: what is buffered still plays.</summary>
    public TimeSpan LiveFor { get; init; }

    /// <summary>Items of the lesson kit that lie whole on the box; 0 = no kit.</summary>
    public int KitItems { get; init; }

    /// <summary>From which second of the lesson on each item of the kit stands for it, rising; empty when the kit goes by hand only.</summary>
    public ImmutableArray<int> KitSeconds { get; init; } = [];

    /// <summary>Second at which the lesson is now, whether its picture comes or not; null = nobody knows.</summary>
    public TimeSpan? Second { get; init; }

    /// <summary>Second up to which its picture is here.</summary>
    public TimeSpan Edge { get; init; }

    /// <summary>Since its bell; zero before, or when nobody knows the time.</summary>
    public TimeSpan DueFor { get; init; }

    /// <summary>Since its time was over.</summary>
    public TimeSpan OverFor { get; init; }

    /// <summary>The recording lies on the box, or what is there of a lesson that this school shows later than it is taught.</summary>
    public bool HasReplay { get; init; }

    /// <summary>The item of the kit that belongs to this moment; null when nobody knows, or the kit goes by hand.</summary>
    public int? KitItemNow => Second is { } second && KitSeconds is { IsDefaultOrEmpty: false } starts && starts[^1] > 0
        ? Math.Max(0, starts.Count(start => start <= second.TotalSeconds) - 1) : null;

    /// <summary>What START would show now; null if there is nothing of this lesson on the box.</summary>
    public LessonSource? BestSource => this switch
    {
        { Live: LiveStatus.On } => LessonSource.Live,
        { Live: LiveStatus.Lost, KitItems: > 0 } => LessonSource.Kit,
        { Live: LiveStatus.Awaited or LiveStatus.Lost } => LessonSource.Live,
        { HasReplay: true } => LessonSource.Replay,
        { KitItems: > 0 } => LessonSource.Kit,
        _ => null,
    };
}

/// <summary>A teacher's phone that waits for HELP to be pressed at the box.</summary>
/// <param name="Number">Shown on the phone and on the display.</param>
/// <param name="Hold">It wants the PIN to be set anew: HELP must be held.</param>
public readonly record struct PhoneAtDoor(int Number, bool Hold);

/// <summary>What the box knows at this moment. Durations come from the monotonic clock; no wall time is in here.</summary>
public sealed record PanelFacts
{
    public PowerStatus Power { get; init; } = PowerStatus.Starting;

    /// <summary>Since the relay was last reached; null = not since the box was started.</summary>
    public TimeSpan? SinceRelay { get; init; }

    /// <summary>A fault of network or identity that a person can fix. "No link today" is none: that is the normal state.</summary>
    public PanelFault? LinkFault { get; init; }

    public bool DiskFailing { get; init; }

    public bool WeakPower { get; init; }

    /// <summary>Chip temperature in °C, given only when it is too hot.</summary>
    public int? HotCelsius { get; init; }

    /// <summary>Free space in percent, given only when the disk is nearly full.</summary>
    public int? SpaceLeftPercent { get; init; }

    /// <summary>Feedback on the disk that the relay has not confirmed.</summary>
    public int UnsentItems { get; init; }

    /// <summary>Since an item was last accepted from a person; null = none since the start.</summary>
    public TimeSpan? SinceAccepted { get; init; }

    /// <summary>Today's lessons in the order of the day. <c>default</c> = the plan is not read yet, which is not "no lessons".</summary>
    public ImmutableArray<PanelLesson> Lessons { get; init; }

    /// <summary>The lesson that the timetable wants now or next; null = none today any more.</summary>
    public string? DueLesson { get; init; }

    /// <summary>The lesson that the timetable wants on the screen at this moment; null = none, or lessons start by hand here.</summary>
    public string? Bell { get; init; }

    /// <summary>Language tags that the box can show, in the order of the LANGUAGE button.</summary>
    public ImmutableArray<string> Languages { get; init; } = ["zh-Hans", "en"];

    /// <summary>Code to type in at the relay, as long as the box belongs to no school.</summary>
    public string? ClaimCode { get; init; }

    /// <summary>The USB stick that is in, or was lately; null = none.</summary>
    public UsbBundleReport? Usb { get; init; }

    /// <summary>The phone that waits to be let in; null = none.</summary>
    public PhoneAtDoor? Door { get; init; }

    /// <summary>The plan has been read: a lesson that is not in <see cref="Lessons"/> is not to be had.</summary>
    public bool LessonsKnown => !Lessons.IsDefault;

    public PanelLesson? Lesson(string? id) =>
        id is null || Lessons.IsDefault ? null : Lessons.FirstOrDefault(lesson => lesson.Id == id);
}
