using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

/// <summary>Lessons of another house: whatever form of HLS a real ffmpeg writes comes whole to the class.</summary>
public sealed class ForeignHlsTests
{
    private static readonly string[] Hls = ["-f", "hls", "-hls_time", "2", "-hls_list_size", "0", "-hls_playlist_type", "event"];

    private static string[] Fragmented(int seconds = 12) => [.. ForeignHls.Picture(seconds), .. Hls, "-hls_segment_type", "fmp4"];

    [Fact]
    public async Task A_lesson_of_fragmented_mp4_is_shown_and_recorded_with_its_head_once()
    {
        await using ForeignHls house = await ForeignHls.StartAsync([.. Fragmented(), "-hls_fmp4_init_filename", "head.mp4", "list.m3u8"]);
        house.Listed = 3;
        await using LiveBox box = await BoxAt(house, "list.m3u8");
        await Eventually.TrueAsync(() => box.Published == 3);
        Assert.Equal(LiveStage.Live, box.Lessons.State(LiveBox.Lesson).Stage);
        Assert.Single(house.Asked, asked => asked.Path == "head.mp4");
        // A power cut in between: it goes on where it stood, and nothing broke.
        await box.StopAsync();
        await box.StartAgainAsync();
        house.Listed = int.MaxValue;
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));

        MediaPlaylist list = (await box.PlaylistAsync())!;
        Assert.Equal(6, list.Segments.Length);
        Assert.All(list.Segments, entry => Assert.False(entry.Discontinuity));
        string head = Assert.Single(list.Segments.Select(entry => entry.Map!.Uri).Distinct());
        Assert.Equal(house.Bytes("head.mp4"), await box.Http.GetByteArrayAsync($"/live/fractions/{head}"));
        using HttpResponseMessage segment = await box.Http.GetAsync("/live/fractions/0.m4s");
        Assert.Equal("video/mp4", segment.Content.Headers.ContentType!.MediaType);
        Assert.Equal(Concat(house, "list{0}.m4s", 6), await box.WatchAsync());
        byte[] recording = await box.Http.GetByteArrayAsync("/live/fractions/recording.mp4");
        Assert.Equal([.. house.Bytes("head.mp4"), .. Concat(house, "list{0}.m4s", 6)], recording);
        Assert.Equal(12 * 25, (await TestVideo.PictureTimesAsync(recording)).Count);
        Assert.Equal(12 * 25, (await PicturesOfAsync(box)).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Parts_of_one_file_are_fetched_by_range_and_their_head_too(bool withoutRanges)
    {
        await using ForeignHls house = await ForeignHls.StartAsync([.. Fragmented(), "-hls_flags", "single_file", "list.m3u8"]);
        house.WithoutRanges = withoutRanges;
        await using LiveBox box = await BoxAt(house, "list.m3u8");
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        byte[] recording = await box.Http.GetByteArrayAsync("/live/fractions/recording.mp4");
        byte[] file = house.Bytes("list.m4s");
        Assert.Equal(file, recording);
        Assert.Equal(12 * 25, (await PicturesOfAsync(box)).Length);
        if (!withoutRanges)
            Assert.All(house.Asked.Where(asked => asked.Path == "list.m4s"), asked => Assert.StartsWith("bytes=", asked.Range));
    }

    [Fact]
    public async Task Ranges_of_a_transport_stream_go_on_behind_each_other_in_delta_updates_too()
    {
        await using ForeignHls house = await ForeignHls.StartAsync([.. ForeignHls.Picture(20), .. Hls, "-hls_flags", "single_file", "list.m3u8"]);
        // Without the offset each goes on behind the one before.
        house.Served = (_, text) => string.Join('\n', text.Split('\n').Select(line => line.StartsWith("#EXT-X-BYTERANGE", StringComparison.Ordinal) && !line.EndsWith("@0", StringComparison.Ordinal) ? line.Split('@')[0] : line));
        house.Delta = 3;
        house.Listed = 5;
        await using LiveBox box = await BoxAt(house, "list.m3u8");
        for (; house.Listed < 10; house.Listed++)
            await Eventually.TrueAsync(() => box.Published == house.Listed);
        house.Listed = int.MaxValue;
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        Assert.Contains(house.Asked, asked => asked.Path == "list.m3u8?_HLS_skip=YES");
        Assert.Equal(house.Bytes("list.ts"), await box.Http.GetByteArrayAsync("/live/fractions/recording.ts"));
    }

    [Fact]
    public async Task Of_several_renditions_the_best_with_pictures_is_shown_and_never_the_one_with_sound_alone()
    {
        await using ForeignHls house = await ForeignHls.StartAsync([.. Fragmented(), "-hls_fmp4_init_filename", "high.mp4", "high.m3u8"]);
        await house.MakeAsync([.. Fragmented(), "-b:v", "60k", "-hls_fmp4_init_filename", "low.mp4", "low.m3u8"]);
        await house.MakeAsync([.. Fragmented(), "-vn", "-hls_fmp4_init_filename", "sound.mp4", "sound.m3u8"]);
        await house.MakeAsync("-f", "lavfi", "-i", "color=size=16x16:duration=1:rate=1", "-f", "hls", "-master_pl_name", "main.m3u8", "x.m3u8");
        house.Served = (path, text) => path != "main.m3u8" ? text : """
            #EXTM3U
            #EXT-X-STREAM-INF:BANDWIDTH=50000,CODECS="mp4a.40.2"
            sound.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=120000,RESOLUTION=320x180,CODECS="avc1.42c00d,mp4a.40.2"
            low.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=600000,RESOLUTION=320x180,CODECS="avc1.42c00d,mp4a.40.2"
            high.m3u8

            """;
        await using LiveBox box = await BoxAt(house, "main.m3u8");
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        Assert.Equal(6, box.Published);
        Assert.All(box.Recording!.Entries, entry => Assert.Equal("600k", entry.Rung));
        Assert.DoesNotContain(house.Asked, asked => asked.Path.StartsWith("sound", StringComparison.Ordinal));
        Assert.Equal(12 * 25, (await PicturesOfAsync(box)).Length);
    }

    [Fact]
    public async Task An_encoder_that_begins_anew_without_a_word_is_a_break_in_our_list()
    {
        await using ForeignHls house = await ForeignHls.StartAsync([.. Fragmented(8), "-hls_fmp4_init_filename", "head.mp4", "list.m3u8"]);
        // Its clock begins again in the middle.
        house.Served = (_, text) => text.Replace("list2.m4s", "list0.m4s", StringComparison.Ordinal).Replace("list3.m4s", "list1.m4s", StringComparison.Ordinal);
        await using LiveBox box = await BoxAt(house, "list.m3u8");
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson));
        string text = await box.Http.GetStringAsync("/live/fractions/index.m3u8");
        Assert.Equal([false, false, true, false], box.Recording!.Window.Segments.Select(segment => segment.Discontinuity));
        Assert.Equal(2, text.Split("#EXT-X-MAP").Length - 1);
    }

    [Fact]
    public async Task A_lesson_that_is_over_by_the_plan_is_complete_although_the_other_house_never_says_so()
    {
        await using ForeignHls house = await ForeignHls.StartAsync([.. ForeignHls.Picture(4), .. Hls, "list.m3u8"]);
        house.Served = (_, text) => text.Replace("#EXT-X-ENDLIST\n", "", StringComparison.Ordinal).Replace("#EXT-X-TARGETDURATION:2", "#EXT-X-TARGETDURATION:3", StringComparison.Ordinal);
        await using LiveBox box = await BoxAt(house, "list.m3u8");
        await Eventually.TrueAsync(() => box.Published == 2);
        box.Plan = PlanOf(house, "list.m3u8", LessonStage.Ended);
        await Eventually.TrueAsync(() => box.Lessons.IsComplete(LiveBox.Lesson), TimeSpan.FromSeconds(60));
    }

    private static async Task<LiveBox> BoxAt(ForeignHls house, string list)
    {
        // The relay is not asked: there is none.
        LiveBox box = await LiveBox.StartAsync(1);
        box.Plan = PlanOf(house, list, LessonStage.Running);
        return box;
    }

    private static SitePlan PlanOf(ForeignHls house, string list, LessonStage stage)
    {
        SitePlan plan = LiveBox.PlanWith(stage);
        return plan with { Lessons = [plan.Lessons[0] with { Source = new Uri(house.Site, list).AbsoluteUri }] };
    }

    private static byte[] Concat(ForeignHls house, string name, int count) => [.. Enumerable.Range(0, count).SelectMany(number => house.Bytes(string.Format(null, name, number)))];

    /// <summary>Pictures that a player of HLS gets of the lesson.</summary>
    private static async Task<ImmutableArray<string>> PicturesOfAsync(LiveBox box) =>
        [.. (await TestVideo.RunAsync("ffprobe", "-hide_banner", "-loglevel", "error", "-select_streams", "v:0", "-show_entries", "packet=dts_time", "-of", "csv=p=0", new Uri(box.Http.BaseAddress!, "/live/fractions/index.m3u8").AbsoluteUri))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
