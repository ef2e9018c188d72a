using CsCheck;
using Edge.Core.Feedback;

namespace Edge.Core.Tests.Feedback;

/// <summary>Items for tests.</summary>
internal static class Items
{
    public static FeedbackItem Question(ulong number, string text = "Why is that so?") => new(
        new ItemId(0x1122334455667788, number), FeedbackKind.Question, FeedbackPriority.Normal, "maths-3a", 754,
        new Seat("3A", 12, SeatRole.Pupil), null, text, new ItemTime(0xA1A2A3A4A5A6A7A8, 60_000 + (long)number, 1_767_225_600_000 + (long)number, TimeQuality.Relay));

    /// <summary>A vote of one of 45 seats, some seconds after the one before.</summary>
    public static FeedbackItem Vote(int number, Random chance) => new(
        new ItemId(0x1122334455667788, (ulong)number), FeedbackKind.PollAnswer, FeedbackPriority.Normal, "maths-3a", 754 + number / 4,
        new Seat("3A", chance.Next(1, 46), SeatRole.Pupil), "poll-1", chance.Next(4).ToString(),
        new ItemTime(0xA1A2A3A4A5A6A7A8, 60_000 + 250 * number + chance.Next(250), 0, TimeQuality.Unknown));

    private static Gen<T> Choose<T>(params T[] among) => Gen.Int[0, among.Length - 1].Select(i => among[i]);

    /// <summary>Anything an item can hold, sound or not.</summary>
    public static Gen<FeedbackItem> Any { get; } =
        from run in Gen.ULong
        from number in Gen.ULong
        from kind in Gen.Enum<FeedbackKind>()
        from priority in Gen.Enum<FeedbackPriority>()
        from lesson in Choose<string?>(null, "a", "maths-3a", "Not A Slug")
        from second in Gen.OneOf(Gen.Const((int?)null), Gen.Int[0, int.MaxValue - 1].Select(s => (int?)s))
        from className in Choose("", "3A", "三(1)班")
        from seat in Gen.Int[0, 2000]
        from role in Gen.Enum<SeatRole>()
        from subject in Choose<string?>(null, "poll-1")
        from content in Gen.OneOf(Gen.String[Gen.Char['a', 'z'], 0, 60], Gen.Const("为什么?\nབོད་"))
        from boot in Gen.ULong
        from monotonic in Gen.Long
        from wall in Gen.Long
        from quality in Gen.Enum<TimeQuality>()
        select new FeedbackItem(new ItemId(run, number), kind, priority, lesson, second, new Seat(className, seat, role), subject, content,
            new ItemTime(boot, monotonic, wall, quality));
}
