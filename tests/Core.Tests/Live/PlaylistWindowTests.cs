using System.Text;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class PlaylistWindowTests
{
    private static readonly TimeSpan Target = TimeSpan.FromSeconds(4);
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-03-02T08:00:00Z");

    /// <summary>One thing that happens to a lesson: a segment of some length, after a break or not; or the process dies and reads its journal.</summary>
    private static readonly Gen<(int Milliseconds, bool Broken, bool Restart)> Event =
        Gen.Select(Gen.Int[1, 4499], Gen.Bool, Gen.Int[0, 9].Select(n => n == 0));

    [Fact]
    public void Sequences_never_go_back_and_an_entry_never_changes_whatever_happens() =>
        Event.Array[1, 60].Sample(events =>
        {
            PlaylistWindow window = PlaylistWindow.Start(Target);
            var seen = new Dictionary<long, string>();
            (long Media, long Discontinuity) last = (0, 0);
            foreach ((int milliseconds, bool broken, bool restart) in events)
            {
                window = restart
                    ? PlaylistWindow.Resume(Target, window.Segments, window.Ended)
                    : window.With(Entry(window, TimeSpan.FromMilliseconds(milliseconds), broken));
                MediaPlaylist list = ReadBack(window.Newest(TimeSpan.FromSeconds(20), "o", TimeSpan.Zero, onlyNewest: false, withHashes: true));
                Assert.True(list.MediaSequence >= last.Media && list.DiscontinuitySequence >= last.Discontinuity);
                last = (list.MediaSequence, list.DiscontinuitySequence);
                foreach (ListedSegment entry in list.Segments)
                {
                    if (!seen.TryAdd(entry.Sequence, entry.ToString()))
                        Assert.Equal(seen[entry.Sequence], entry.ToString());
                }
                Assert.All(list.Segments, entry => Assert.True(Math.Round(entry.Duration.TotalSeconds, MidpointRounding.AwayFromZero) <= list.TargetDuration.TotalSeconds));
            }
        }, iter: 500);

    [Fact]
    public void The_discontinuity_sequence_counts_what_left_the_window()
    {
        PlaylistWindow window = Of(20, n => n % 5 == 0);
        MediaPlaylist list = window.Newest(TimeSpan.FromSeconds(12), null, TimeSpan.Zero, onlyNewest: false, withHashes: false);
        Assert.Equal(14, list.MediaSequence);
        Assert.Equal(2, list.DiscontinuitySequence); // those of 5 and 10; the one of 0 is none
    }

    [Fact]
    public void The_whole_lesson_is_an_event_list_from_0()
    {
        MediaPlaylist list = Of(500, _ => false).Whole();
        Assert.Equal((0, 500, PlaylistKind.Event), (list.MediaSequence, list.Segments.Length, list.Kind));
    }

    [Fact]
    public void A_delta_update_leaves_in_at_least_six_target_durations()
    {
        MediaPlaylist list = ReadBack(Of(300, _ => false).Newest(TimeSpan.FromMinutes(10), "o", TimeSpan.Zero, onlyNewest: true, withHashes: true));
        Assert.Equal(12, list.Segments.Length);
        Assert.Equal(288, list.FirstListed);
        Assert.Equal(300, list.Next);
        Assert.Equal(TimeSpan.FromSeconds(24), list.SkipUntil);
    }

    [Fact]
    public void A_sliding_list_keeps_three_target_durations() =>
        Assert.Equal(6, Of(20, _ => false).Newest(TimeSpan.Zero, null, TimeSpan.Zero, false, false).Segments.Length);

    [Theory]
    [InlineData(4499, true)]
    [InlineData(4500, false)]
    [InlineData(0, false)]
    [InlineData(-300, false)]
    public void A_duration_is_taken_when_rounded_it_is_at_most_the_target(int milliseconds, bool taken) =>
        Assert.Equal(taken, PlaylistWindow.Start(Target).Takes(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void After_the_end_nothing_is_added()
    {
        PlaylistWindow ended = Of(3, _ => false).End();
        Assert.True(ended.Whole().Ended);
        Assert.Throws<InvalidOperationException>(() => ended.With(Entry(ended, TimeSpan.FromSeconds(2), false)));
    }

    [Fact]
    public void Seconds_of_the_lesson_count_on_through_an_outage_of_the_encoder()
    {
        PlaylistWindow window = Of(2, _ => false);
        window = window.With(Entry(window, TimeSpan.FromSeconds(2), true) with { ProgramTime = Start + TimeSpan.FromSeconds(60) });
        Assert.Equal(TimeSpan.FromSeconds(62), LessonTimeline.Edge(window.Segments));
        Assert.Equal(TimeSpan.FromSeconds(3), LessonTimeline.SecondAt(window.Segments, TimeSpan.FromSeconds(3)));
        Assert.Equal(TimeSpan.FromSeconds(61), LessonTimeline.SecondAt(window.Segments, TimeSpan.FromSeconds(5)));
        Assert.Equal(2, LessonTimeline.At(window.Segments, TimeSpan.FromSeconds(30))!.Sequence);
        Assert.Null(LessonTimeline.At(window.Segments, TimeSpan.FromSeconds(62)));
    }

    internal static PlaylistWindow Of(int count, Func<int, bool> broken)
    {
        PlaylistWindow window = PlaylistWindow.Start(Target);
        for (int i = 0; i < count; i++)
            window = window.With(Entry(window, TimeSpan.FromSeconds(2), broken(i)));
        return window;
    }

    internal static Segment Entry(PlaylistWindow window, TimeSpan duration, bool broken) =>
        new(window.Next, duration, window.Last?.ProgramEnd ?? Start, broken, 1880, ChunkId.Of(BitConverter.GetBytes(window.Next)));

    private static MediaPlaylist ReadBack(MediaPlaylist list)
    {
        Assert.True(PlaylistText.TryRead(Encoding.UTF8.GetBytes(PlaylistText.Write(list)), out MediaPlaylist read, out PlaylistFault fault), fault.ToString());
        return read;
    }
}
