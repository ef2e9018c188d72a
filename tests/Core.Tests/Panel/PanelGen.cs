using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Panel;
using Edge.Core.Text;

namespace Edge.Core.Tests.Panel;

/// <summary>Random facts, gestures and days of a panel.</summary>
public static class PanelGen
{
    public static readonly string[] LessonIds = ["art-1b", "maths-3a", "music-2c"];

    public static readonly Gen<Gesture> Gesture =
        Gen.Select(Gen.Enum<PanelButton>(), Gen.Frequency((4, Gen.Const(GestureKind.Press)), (1, Gen.Const(GestureKind.Hold))), (button, kind) => new Gesture(button, kind));

    public static readonly Gen<TimeSpan> Span =
        Gen.Frequency((3, Gen.Int[0, 3_000]), (2, Gen.Int[3_000, 70_000]), (1, Gen.Int[70_000, 1_300_000])).Select(ms => TimeSpan.FromMilliseconds(ms));

    public static readonly Gen<PanelFacts> Facts =
        from power in Gen.Frequency((8, Gen.Const(PowerStatus.Mains)), (2, Gen.Enum<PowerStatus>()))
        from sinceRelay in Maybe(Span)
        from fault in Rarely(OneOf(PanelFault.NoNetwork, PanelFault.NetworkPassword, PanelFault.BoxRefused))
        from disk in Rarely(Gen.Const(true))
        from weak in Rarely(Gen.Const(true))
        from hot in Rarely(Gen.Int[70, 95])
        from space in Rarely(Gen.Int[1, 9])
        from unsent in Gen.Int[0, 3]
        from accepted in Maybe(Span)
        from lessons in Lessons
        from due in OneOf<string?>(null, LessonIds[0], LessonIds[1], LessonIds[2])
        from languages in OneOf<ImmutableArray<string>>(["zh-Hans", "en"], ["zh-Hans", "bo", "ii", "en"], [], default)
        from claim in Rarely(Gen.Const("K7M2QX"))
        from bell in OneOf<string?>(null, null, LessonIds[0], LessonIds[1])
        from usb in Rarely(Gen.Enum<Edge.Core.Content.UsbOutcome>())
        from door in Rarely(Gen.Bool)
        select new PanelFacts
        {
            Power = power,
            SinceRelay = sinceRelay,
            LinkFault = fault,
            DiskFailing = disk is not null,
            WeakPower = weak is not null,
            HotCelsius = hot,
            SpaceLeftPercent = space,
            UnsentItems = unsent,
            SinceAccepted = accepted,
            Lessons = lessons,
            DueLesson = due,
            Bell = bell,
            Languages = languages,
            ClaimCode = claim is null ? null : "K7M2QX",
            Door = door is { } hold ? new PhoneAtDoor(417, hold) : null,
            Usb = usb is { } outcome ? new Edge.Core.Content.UsbBundleReport(outcome, 1, 2) : null,
        };

    /// <summary>A day: facts that change, gestures, and the time between them.</summary>
    public static readonly Gen<ImmutableArray<(PanelFacts Facts, Gesture? Gesture, TimeSpan After)>> Day =
        Gen.Select(Facts, Gen.Frequency((3, Gesture.Select(gesture => (Gesture?)gesture)), (1, Gen.Const((Gesture?)null))), Span)
            .Array[1, 40].Select(steps => steps.ToImmutableArray());

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<ImmutableArray<PanelLesson>> Lessons =>
        Gen.Frequency(
            (1, Gen.Const(default(ImmutableArray<PanelLesson>))),
            (9, Gen.Select(Lesson(LessonIds[0]), Lesson(LessonIds[1]), Lesson(LessonIds[2]), Gen.Int[0, 3],
                (first, second, third, count) => ((PanelLesson[])[first, second, third]).Take(count).ToImmutableArray())));

    private static Gen<PanelLesson> Lesson(string id) =>
        Gen.Select(Gen.Select(Gen.Enum<LiveStatus>(), Span, Gen.Int[0, 3], Gen.Bool, OneOf("08:00", "")), Gen.Select(Span, Span, Maybe(Span), Gen.Bool), (shown, times) => Lesson(id, shown, times));

    private static PanelLesson Lesson(string id, (LiveStatus Live, TimeSpan Since, int Kit, bool Replay, string Start) shown, (TimeSpan Due, TimeSpan Over, TimeSpan? Second, bool Timed) times) => new(id)
    {
        Title = LocalText.Of("en", id).And("zh-Hans", "课 " + id),
        Class = "3A",
        StartText = shown.Start,
        Live = shown.Live,
        LiveFor = shown.Since,
        KitItems = shown.Kit,
        KitSeconds = times.Timed ? [.. Enumerable.Range(0, shown.Kit).Select(item => item * 20)] : [],
        Second = times.Second,
        DueFor = times.Due,
        OverFor = times.Over,
        HasReplay = shown.Replay,
    };

    private static Gen<T?> Maybe<T>(Gen<T> gen)
        where T : struct => Gen.Frequency((1, Gen.Const((T?)null)), (2, gen.Select(value => (T?)value)));

    private static Gen<T?> Rarely<T>(Gen<T> gen)
        where T : struct => Gen.Frequency((9, Gen.Const((T?)null)), (1, gen.Select(value => (T?)value)));

    private static Gen<string?> Rarely(Gen<string> gen) => Gen.Frequency((9, Gen.Const((string?)null)), (1, gen.Select(value => (string?)value)));
}
