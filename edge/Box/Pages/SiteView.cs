using System.Collections.Immutable;
using System.Globalization;
using Edge.Box.Bundle;
using Edge.Box.Content;
using Edge.Box.Feedback;
using Edge.Box.Identity;
using Edge.Box.Iptv;
using Edge.Box.Live;
using Edge.Box.Pictures;
using Edge.Box.Panel;
using Edge.Box.Sync;
using Edge.Core.Content;
using Edge.Core.Iptv;
using Edge.Core.Live;
using Edge.Core.Panel;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;
using QRCoder;

namespace Edge.Box.Pages;

/// <summary>What the features know, put together for pages and panel.</summary>
public sealed class SiteView(
    BoxIdentity identity,
    ListStore lists,
    PackLibrary library,
    PackOutlooks outlooks,
    LinkGate gate,
    PackViews views,
    PackHold hold,
    ErrataStore errata,
    LiveLessons live,
    SqliteOutbox outbox,
    LinkState link,
    PowerState power,
    UsbState usb,
    Assets files,
    PictureStore pictures,
    IOptions<BoxOptions> options,
    IOptions<LiveOptions> liveOptions,
    IOptions<PanelOptions> panel,
    TimeProvider time)
{
    /// <summary>How long the classroom screen shows one correction before the next: enough to read 200 letters.</summary>
    public static readonly TimeSpan ErratumShownFor = TimeSpan.FromSeconds(12);

    /// <summary>Lessons shown when none is of today: the clock may be wrong, and then "today" means nothing.</summary>
    private const int ShownWithoutToday = 12;

    private static readonly ListVersions NoLists = new(0, 0, 0);

    private readonly long _started = time.GetTimestamp();

    public SitePlan? Plan => lists.Current?.Plan;

    /// <summary>Lessons of today by the box's clock, and whatever runs now; the nearest of the plan when there are none.</summary>
    public IReadOnlyList<LessonCard> Today()
    {
        LessonCard[] all = [.. (Plan?.Lessons ?? []).OrderBy(lesson => lesson.Start).Select(lesson => new LessonCard(lesson, Shows(lesson)))];
        DateOnly today = DateOnly.FromDateTime(time.GetLocalNow().DateTime);
        LessonCard[] now = [.. all.Where(card => card.Shows is LessonShows.Live or LessonShows.Lost || DateOnly.FromDateTime(card.Planned.Start.ToLocalTime().DateTime) == today)];
        return now.Length > 0 ? now : [.. all.TakeLast(ShownWithoutToday)];
    }

    public LessonShows Shows(PlannedLesson lesson) => (lesson.Stage, live.State(lesson.Id).Stage) switch
    {
        (LessonStage.Cancelled, _) => LessonShows.Cancelled,
        (_, LiveStage.Ended) => LessonShows.Recording,
        (LessonStage.Ended, LiveStage.NotStarted) => LessonShows.Over,
        (LessonStage.Ended, _) => LessonShows.Completing,
        (_, LiveStage.Live) => LessonShows.Live,
        (_, LiveStage.Lost) => LessonShows.Lost,
        (LessonStage.Running, _) => lesson.Live ? LessonShows.Lost : LessonShows.Later,
        _ => LessonShows.Later,
    };

    /// <summary>A lesson of the plan, or one that left the plan and whose recording is here.</summary>
    public PlannedLesson? Lesson(string id) =>
        Plan?.Lesson(id) ?? live.Recordings.FirstOrDefault(recording => recording.Lesson.Id == id)?.Lesson;

    /// <summary>Lessons that are over and lie here, the newest first.</summary>
    public IReadOnlyList<RecordedLesson> Recordings(Reader reader) =>
    [
        .. live.Recordings
            .Where(recording => recording.Complete || Plan?.Lesson(recording.Lesson.Id)?.Stage is null or LessonStage.Ended)
            .OrderByDescending(recording => recording.Lesson.Start)
            .Select(recording => new RecordedLesson(recording.Lesson.Id, reader.In(recording.Lesson.Title), recording.Lesson.Class, recording.Duration, recording.Complete && recording.Filled)),
    ];

    /// <summary>What television sets list: lessons that run or come, and recordings of today.</summary>
    public ImmutableArray<TvShown> Television()
    {
        LessonCard[] coming = [.. (Plan?.Lessons ?? []).Where(lesson => lesson.Live).Select(lesson => new LessonCard(lesson, Shows(lesson))).Where(card => card.Shows == LessonShows.Later)];
        return
        [
            .. from card in Today().Where(card => card.Planned.Live).Concat(coming).DistinctBy(card => card.Planned.Id)
               let show = card.Shows switch
               {
                   LessonShows.Live or LessonShows.Lost => TvShow.Running,
                   LessonShows.Later => TvShow.Coming,
                   LessonShows.Recording or LessonShows.Completing => TvShow.Recorded,
                   _ => (TvShow?)null,
               }
               where show is not null
               select new TvShown(card.Planned, show.Value, pictures.AddressOf(card.Planned.Id, show == TvShow.Running) ?? files["icon.svg"]),
        ];
    }

    /// <summary>Pictures of a lesson's kit; a file name such as <c>t0090.jpg</c> says from which second on it shows.</summary>
    public ImmutableArray<KitPicture> KitPictures(PlannedLesson lesson) => KitFiles(lesson, "image/");

    /// <summary>Sounds of a lesson's kit, named likewise.</summary>
    public ImmutableArray<KitPicture> KitSounds(PlannedLesson lesson) => KitFiles(lesson, "audio/");

    private ImmutableArray<KitPicture> KitFiles(PlannedLesson lesson, string type) => lesson.Kit is null || views.Current(lesson.Kit) is not { } pack ? [] :
    [
        .. pack.Files.Where(file => file.Kind == FileKind.Kit && file.MediaType.StartsWith(type, StringComparison.Ordinal))
            .Select(file => new KitPicture(pack.AddressOf(file), SecondOf(file.Path)))
            .OrderBy(picture => picture.Second),
    ];

    /// <summary>The second at which a lesson stands, whether its picture comes or not; its last known one when nobody knows.</summary>
    public TimeSpan SecondNow(PlannedLesson lesson)
    {
        LiveState state = live.State(lesson.Id);
        return SecondNow(lesson, state, Now) ?? state.Edge;
    }

    private static TimeSpan? SecondNow(PlannedLesson lesson, LiveState state, DateTimeOffset? now)
    {
        if (!lesson.HasOwnBell && state.Stage != LiveStage.NotStarted)
            return state.Edge + (state.Lost ?? TimeSpan.Zero);
        return now is { } at && at > lesson.ShownFrom ? at - lesson.ShownFrom : null;
    }

    /// <summary>Places of a lesson to go to.</summary>
    public ImmutableArray<Chapter> Chapters(PlannedLesson lesson, ImmutableArray<LessonQuestion> questions) => EdgeSecond(lesson.Id) is > 0 and var end
        ? LessonChapters.Of(KitPictures(lesson).Select(picture => picture.Second), lesson.Polls, questions.Where(question => question.Second is not null).Select(question => (question.Second!.Value, question.Text)), end)
        : [];

    /// <summary>Corrections in words of the version that shows.</summary>
    public ImmutableArray<Erratum> Errata(string? pack) =>
        pack is not null && library.VersionOf(pack) is { } shown ? errata.Current.Of(pack, shown.Version) : [];

    /// <summary>Corrections for the classroom screen: to the lesson that it shows, else to the one that comes next.</summary>
    public ScreenCorrections OnScreen(string? lesson) =>
        new(Errata((lesson is null ? Due(Today())?.Planned : Lesson(lesson))?.Kit), (long)(time.GetElapsedTime(_started) / ErratumShownFor));

    public SiteStatus Status() => new(
        BoxServer.Version,
        identity.Claimed?.Id.ToString(),
        identity.Claimed?.School,
        identity.ClaimCode,
        link.Connected,
        link.SinceContact,
        outbox.State.Unsent,
        FreeBytes,
        Lists,
        outlooks.Reports,
        hold.Waiting,
        [.. (Plan?.Lessons ?? []).Select(lesson => new LessonStatus(lesson.Id, Shows(lesson), live.State(lesson.Id).Edge.TotalSeconds))],
        time.GetElapsedTime(_started),
        usb.Now,
        gate.Hold);

    /// <summary>A lesson is being taught live over the link: packs wait until it is over.</summary>
    public bool LiveNeedsLink => (Plan?.Lessons ?? []).Any(lesson => lesson is { Live: true, Stage: LessonStage.Running } && live.State(lesson.Id).Stage is LiveStage.Live or LiveStage.Lost);

    /// <summary>How far a lesson has come here, in whole seconds: where a question without script belongs.</summary>
    /// <summary>The completed recording of a lesson; null: there is none yet.</summary>
    public RecordingSummary? Recorded(string lesson) => live.Recordings.FirstOrDefault(recording => recording.Lesson.Id == lesson) is { Filled: true, Complete: true } recorded ? recorded : null;

    public int EdgeSecond(string lesson) => (int)live.State(lesson).Edge.TotalSeconds;

    /// <summary>The status as a QR code (SVG): a technician's photo tells what a phone call would not. Short keys keep it coarse enough for a poor camera.</summary>
    public string StatusCode()
    {
        SiteStatus status = Status();
        string text = string.Create(CultureInfo.InvariantCulture,
            $"EDGE1 box={status.Box ?? status.ClaimCode} v={status.Software} link={(status.LinkUp ? 1 : 0)} contact={(long?)status.SinceContact?.TotalSeconds} unsent={status.UnsentItems} free={status.FreeBytes >> 20}M lists={status.Lists.Root}.{status.Lists.Catalogue}.{status.Lists.Plan} packs={status.Packs.Count(pack => pack.State == PackHolding.Verified)}/{status.Packs.Length} up={(long)status.Uptime.TotalSeconds}");
        using QRCodeData data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        return new SvgQRCode(data).GetGraphic(6);
    }

    /// <summary>What the link reports to the relay.</summary>
    public StatusFacts Report() => new(
        outlooks.Reports,
        [.. (Plan?.Lessons ?? []).Where(lesson => live.State(lesson.Id).Stage == LiveStage.Live).Select(lesson => lesson.Id)],
        FreeBytes,
        Lists);

    /// <summary>What the panel goes by. Quick: asked ten times a second.</summary>
    public PanelFacts Facts(ImmutableArray<string> languages)
    {
        IReadOnlyList<LessonCard> today = Today();
        DateTimeOffset? now = Now;
        string? bell = panel.Value.StartsAtBell ? SchoolBell.At([.. today.Select(card => card.Planned)], panel.Value.Class, now)?.Id : null;
        return new PanelFacts
        {
            Power = power.Status,
            SinceRelay = link.SinceContact,
            UnsentItems = (int)Math.Min(int.MaxValue, outbox.State.Unsent),
            Lessons = Plan is null ? default : [.. today.Select(card => PanelLesson(card, now))],
            DueLesson = bell ?? Due(today)?.Planned.Id,
            Bell = bell,
            Languages = languages,
            ClaimCode = identity.ClaimCode,
            Usb = usb.Now,
        };
    }

    /// <summary>The lesson that the timetable wants now or next: the one that runs, else the first that has not begun, else the last recorded.</summary>
    public static LessonCard? Due(IReadOnlyList<LessonCard> today) =>
        today.LastOrDefault(card => card.Shows is LessonShows.Live or LessonShows.Lost)
        ?? today.FirstOrDefault(card => card.Shows == LessonShows.Later)
        ?? today.LastOrDefault(card => card.Shows is LessonShows.Recording or LessonShows.Completing);

    private ListVersions Lists => lists.Current is { } held
        ? new ListVersions(held.Root.Version, held.Catalogue?.Version ?? 0, held.Plan?.Version ?? 0, held.FreshnessAt(time.GetUtcNow()))
        : NoLists;

    private long FreeBytes => new DriveInfo(Path.GetFullPath(options.Value.DataFolder)).AvailableFreeSpace;

    /// <summary>The time that bells go by: never the box's clock when that cannot be right.</summary>
    private DateTimeOffset? Now => SchoolBell.Now(gate.LocalNow, time.GetUtcNow(), Plan?.Issued);

    private PanelLesson PanelLesson(LessonCard card, DateTimeOffset? now)
    {
        PlannedLesson lesson = card.Planned;
        LiveState state = live.State(lesson.Id);
        ImmutableArray<int> kit = [.. KitPictures(lesson).Select(picture => picture.Second)];
        TimeSpan dueFor = now is { } at && at > lesson.ShownFrom ? at - lesson.ShownFrom : TimeSpan.Zero;
        bool begun = state.Stage is not LiveStage.NotStarted;
        return new PanelLesson(lesson.Id)
        {
            Title = lesson.Title,
            Class = lesson.Class,
            StartText = lesson.ShownFrom.ToLocalTime().ToString("HH:mm", CultureInfo.InvariantCulture),
            // What this school shows later than it is taught is a recording here, though it may still grow.
            Live = !lesson.Live || lesson.HasOwnBell ? LiveStatus.None : card.Shows switch
            {
                LessonShows.Live => LiveStatus.On,
                LessonShows.Lost => begun ? LiveStatus.Lost : LiveStatus.Awaited,
                LessonShows.Later => LiveStatus.Awaited,
                _ => LiveStatus.Ended,
            },
            // The screen plays from its buffer until it stands still; the buffer is what a player keeps behind the live edge.
            LiveFor = state.Lost is { } lost && lost > liveOptions.Value.LostAfter ? lost - liveOptions.Value.LostAfter : TimeSpan.Zero,
            KitItems = kit.Length,
            KitSeconds = kit,
            Edge = state.Edge,
            Second = SecondNow(lesson, state, now),
            DueFor = dueFor,
            OverFor = SchoolBell.OverFor(lesson, now),
            HasReplay = card.Shows is LessonShows.Recording or LessonShows.Completing || (lesson.HasOwnBell && begun),
        };
    }

    private static int SecondOf(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return name is ['t', .. var digits] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int second) ? second : 0;
    }
}

/// <summary>What the classroom screen has to say of a lesson's pack, and whose turn it is.</summary>
public sealed record ScreenCorrections(ImmutableArray<Erratum> Errata, long Turn);
