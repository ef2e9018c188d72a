using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Live;
using Edge.Core.Text;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class LessonChaptersTests
{
    [Fact]
    public void Slides_polls_and_questions_stand_in_the_order_of_the_lesson()
    {
        ImmutableArray<Chapter> chapters = LessonChapters.Of([0, 20, 60], [Poll("ready", 40), Poll("whenever", null)], [(45, "Why?"), (500, "after the end")], end: 300);
        Assert.Equal([(0, ChapterKind.Start), (20, ChapterKind.Cue), (40, ChapterKind.Poll), (45, ChapterKind.Question), (60, ChapterKind.Cue)], chapters.Select(chapter => (chapter.Second, chapter.Kind)));
        Assert.Equal("Why?", chapters[3].Text!.In("zh-Hans"));
    }

    [Fact]
    public void A_slide_nine_seconds_after_another_place_is_the_same_place_and_one_ten_seconds_after_is_not() =>
        Assert.Equal([0, 20, 40, 50], LessonChapters.Of([9, 20, 29, 40, 50], [], [], end: 300).Select(chapter => chapter.Second));

    [Fact]
    public void A_long_list_loses_slides_before_it_loses_words()
    {
        ImmutableArray<Chapter> chapters = LessonChapters.Of(Enumerable.Range(1, 100).Select(n => n * 20), [], [(15, "first"), (1995, "last")], end: 3000);
        Assert.Equal(LessonChapters.Most, chapters.Length);
        Assert.Equal(["first", "last"], chapters.Where(chapter => chapter.Kind == ChapterKind.Question).Select(chapter => chapter.Text!.In("en")));
    }

    [Fact]
    public void Each_minute_has_one_picture_of_its_first_segment_the_newest_first()
    {
        var window = PlaylistWindow.Start(TimeSpan.FromSeconds(4));
        for (int i = 0; i < 70; i++)
            window = window.With(new Segment(i, TimeSpan.FromSeconds(2), DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(2 * i), false, 188, default));
        Assert.Equal((2, 60L), Numbers(LessonPictures.Next(window, _ => false)));
        Assert.Equal((1, 30L), Numbers(LessonPictures.Next(window, minute => minute == 2)));
        Assert.Equal((0, 0L), Numbers(LessonPictures.Next(window, minute => minute > 0)));
        Assert.Null(LessonPictures.Next(window, _ => true));
    }

    private static (int, long) Numbers((int Minute, Segment Segment)? next) => (next!.Value.Minute, next.Value.Segment.Sequence);

    private static Poll Poll(string id, int? second) => new(id, LocalText.Of("en", id), [LocalText.Of("en", "yes")], second is { } at ? TimeSpan.FromSeconds(at) : null);
}
