using System.Text;
using CsCheck;
using Edge.Core.Content;
using Edge.Core.Live;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class PlaylistTextTests
{
    private const string Hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private const string OfFfmpeg = """
        #EXTM3U
        #EXT-X-VERSION:3
        #EXT-X-TARGETDURATION:2
        #EXT-X-MEDIA-SEQUENCE:41
        #EXT-X-DISCONTINUITY
        #EXTINF:2.000000,
        #EXT-X-PROGRAM-DATE-TIME:2026-03-02T08:00:01.250+0000
        seg41.ts
        #EXTINF:1.960,title, with comma
        seg42.ts
        #EXT-X-DISCONTINUITY
        #EXTINF:2,
        http://elsewhere/seg43.ts?x=1
        """;

    [Fact]
    public void What_ffmpeg_writes_is_read()
    {
        MediaPlaylist list = Read(OfFfmpeg);
        Assert.Equal(TimeSpan.FromSeconds(2), list.TargetDuration);
        Assert.Equal([41, 42, 43], list.Segments.Select(s => s.Sequence));
        Assert.Equal([true, false, true], list.Segments.Select(s => s.Discontinuity));
        Assert.Equal(DateTimeOffset.Parse("2026-03-02T08:00:01.250Z"), list.Segments[0].ProgramTime);
        Assert.Equal(DateTimeOffset.Parse("2026-03-02T08:00:03.250Z"), list.Segments[1].ProgramTime);
        Assert.Null(list.Segments[2].ProgramTime);
        Assert.False(list.Ended);
        Assert.Equal(44, list.Next);
    }

    [Theory]
    [InlineData("2026-03-02T16:00:01.250+08:00")]
    [InlineData("2026-03-02T16:00:01.250+0800")]
    [InlineData("2026-03-02T08:00:01.250Z")]
    [InlineData("2026-03-02T08:00:01.250")]
    public void A_date_may_have_its_zone_in_any_usual_form(string date) =>
        Assert.Equal(DateTimeOffset.Parse("2026-03-02T08:00:01.250Z"), Read($"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-PROGRAM-DATE-TIME:{date}\n#EXTINF:2,\na.ts\n").Segments[0].ProgramTime);

    [Fact]
    public void Our_own_tags_come_back_as_written()
    {
        var segment = new ListedSegment(7, "7.ts", TimeSpan.FromMilliseconds(1960), DateTimeOffset.UnixEpoch, true, false, 188_000, ChunkId.Of("x"u8));
        var list = new MediaPlaylist(TimeSpan.FromSeconds(4), 5, 3, PlaylistKind.Event, true, "origin-1", TimeSpan.FromSeconds(24), 2, [segment]);
        MediaPlaylist read = Read(PlaylistText.Write(list));
        Assert.Equal(list with { Segments = [] }, read with { Segments = [] });
        Assert.Equal(segment, Assert.Single(read.Segments));
    }

    [Theory]
    [InlineData("", "begins with #EXTM3U")]
    [InlineData("<html>404</html>", "begins with #EXTM3U")]
    [InlineData("#EXTM3U\n", "not a media playlist")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:x\n", "no duration")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:-3\n", "no number")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:99999999999999999999\n", "no number")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:-0.3,\na.ts\n", "EXTINF")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1e9,\na.ts\n", "EXTINF")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\na.ts\n", "without EXTINF")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-KEY:METHOD=AES-128,URI=\"k\"\n", "encrypted")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:BYTERANGE=\"7@0\"\n", "EXT-X-MAP")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"x\"\n", "EXT-X-MAP")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-BYTERANGE:0@0\n", "no range")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-BYTERANGE:99999999999@0\n", "no range")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n#EXT-X-BYTERANGE:7\na.ts\n", "goes on where none was")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-EDGE-SEGMENT:BYTES=0,SHA256=\"" + Hash + "\"\n", "EDGE-SEGMENT")]
    [InlineData("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n", "multivariant")]
    public void Garbage_gets_a_clear_fault(string text, string reason)
    {
        Assert.False(PlaylistText.TryRead(Encoding.UTF8.GetBytes(text), out _, out PlaylistFault fault));
        Assert.Contains(reason, fault.ToString());
    }

    [Fact]
    public void Too_many_entries_and_too_long_lines_are_a_fault()
    {
        string entries = string.Concat(Enumerable.Repeat("#EXTINF:1,\na\n", PlaylistText.MaxEntries + 1));
        Assert.False(PlaylistText.TryRead(Encoding.UTF8.GetBytes("#EXTM3U\n#EXT-X-TARGETDURATION:2\n" + entries), out _, out _));
        Assert.False(PlaylistText.TryRead(Encoding.UTF8.GetBytes("#EXTM3U\n#" + new string('x', PlaylistText.MaxLineBytes)), out _, out _));
    }

    [Fact]
    public void Any_damage_to_a_playlist_is_read_or_refused_and_nothing_else() =>
        Gen.Select(Gen.Int[0, OfFfmpeg.Length - 1].Array[0, 6], Gen.Byte.Array[6], Gen.Int[0, OfFfmpeg.Length]).Sample((places, bytes, length) =>
        {
            byte[] text = Encoding.UTF8.GetBytes(OfFfmpeg);
            for (int i = 0; i < places.Length; i++)
                text[places[i]] = bytes[i];
            if (PlaylistText.TryRead(text.AsSpan(0, length), out MediaPlaylist list, out PlaylistFault fault))
                Assert.All(list.Segments, segment => Assert.True(segment.Duration >= TimeSpan.Zero));
            else
                Assert.NotNull(fault.Reason);
        }, iter: Fuzz.Inputs);

    [Fact]
    public void Renditions_of_a_multivariant_playlist_are_read_and_written()
    {
        string text = PlaylistText.WriteRenditions([new Rendition("low.m3u8", 81_000, "avc1.42c00a,mp4a.40.2", 640, 360), new Rendition("high.m3u8", 930_000, null, null, null)]);
        Assert.True(PlaylistText.TryReadRenditions(Encoding.UTF8.GetBytes(text), out var renditions, out _));
        Assert.Equal(new Rendition("low.m3u8", 81_000, "avc1.42c00a,mp4a.40.2", 640, 360), renditions[0]);
        Assert.Equal(new Rendition("high.m3u8", 930_000, null, null, null), renditions[1]);
    }

    [Fact]
    public void Parts_of_files_and_their_heads_are_read_as_they_follow_each_other()
    {
        MediaPlaylist list = Read("""
            #EXTM3U
            #EXT-X-TARGETDURATION:2
            #EXT-X-MAP:URI="a.mp4",BYTERANGE="700@0"
            #EXTINF:2,
            #EXT-X-BYTERANGE:100@700
            a.mp4
            #EXTINF:2,
            #EXT-X-BYTERANGE:50
            a.mp4
            #EXT-X-DISCONTINUITY
            #EXT-X-MAP:URI="b.mp4"
            #EXTINF:2,
            b1.m4s
            """);
        Assert.Equal([new PartSpan(700, 100), new PartSpan(800, 50), null], list.Segments.Select(entry => entry.Range));
        Assert.Equal([new MediaMap("a.mp4", new PartSpan(0, 700)), new MediaMap("a.mp4", new PartSpan(0, 700)), new MediaMap("b.mp4")], list.Segments.Select(entry => entry.Map));
    }

    [Fact]
    public void What_a_delta_update_leaves_out_goes_on_where_the_list_before_was()
    {
        MediaPlaylist former = Read("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-03-02T08:00:00Z\n#EXTINF:2,\n#EXT-X-BYTERANGE:7@100\na.mp4\n#EXTINF:2,\n#EXT-X-BYTERANGE:9\na.mp4\n");
        byte[] delta = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:5\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXTINF:2,\n#EXT-X-BYTERANGE:3\na.mp4\n#EXT-X-MAP:URI=\"j.mp4\"\n#EXTINF:2,\nb.mp4\n"u8.ToArray();
        Assert.True(PlaylistText.TryRead(delta, former, out MediaPlaylist list, out PlaylistFault fault), fault.ToString());
        Assert.Equal([7, 8], list.Segments.Select(entry => entry.Sequence));
        Assert.Equal(new PartSpan(116, 3), list.Segments[0].Range);
        Assert.Equal(["i.mp4", "j.mp4"], list.Segments.Select(entry => entry.Map!.Uri));
        Assert.Equal(DateTimeOffset.Parse("2026-03-02T08:00:04Z"), list.Segments[0].ProgramTime);
        Assert.False(PlaylistText.TryRead(delta, out _, out _));
    }

    [Fact]
    public void A_head_is_named_where_it_changes_and_behind_each_break()
    {
        ListedSegment[] entries = [.. Enumerable.Range(0, 5).Select(n => new ListedSegment(n, $"{n}.m4s", TimeSpan.FromSeconds(2), null, n == 2, false, null, null) { Map = new MediaMap(n < 4 ? "a.mp4" : "b.mp4") })];
        string text = PlaylistText.Write(new MediaPlaylist(TimeSpan.FromSeconds(2), 0, 0, PlaylistKind.Event, false, null, null, 0, [.. entries]));
        Assert.Equal(["a.mp4", "a.mp4", "b.mp4"], text.Split('\n').Where(line => line.StartsWith("#EXT-X-MAP", StringComparison.Ordinal)).Select(line => line.Split('"')[1]));
        Assert.Contains("#EXT-X-VERSION:6\n", text);
        Assert.Equal(entries, Read(text).Segments);
    }

    [Fact]
    public void Rungs_have_pictures_and_where_it_can_be_their_sound_too()
    {
        Rendition Of(string uri, long rate, string? codecs, int? width, string? audio = null) => new(uri, rate, codecs, width, width) { Audio = audio };
        string[] Rungs(params Rendition[] renditions) => [.. new MultivariantPlaylist([.. renditions], [new MediaRendition("AUDIO", "apart", "zh", "zh", true, "zh.m3u8"), new MediaRendition("AUDIO", "within", "zh", "zh", true, null)]).Rungs().Select(rung => rung.Uri)];
        Assert.Equal(["high", "low"], Rungs(Of("sound", 64_000, "mp4a.40.2", null), Of("low", 200_000, "avc1.42c00d,mp4a.40.2", 320), Of("high", 900_000, "mp4a.40.2, hvc1.1.6", 1280)));
        Assert.Equal(["low"], Rungs(Of("sound", 64_000, null, null), Of("low", 200_000, null, 320)));
        Assert.Equal(["b", "a"], Rungs(Of("a", 64_000, null, null), Of("b", 200_000, null, null)));
        Assert.Equal(["within"], Rungs(Of("apart", 900_000, null, 320, "apart"), Of("within", 200_000, null, 320, "within")));
        Assert.Equal(["apart"], Rungs(Of("apart", 900_000, null, 320, "apart")));
    }

    [Fact]
    public void A_segment_over_the_target_duration_is_never_written()
    {
        var segment = new ListedSegment(0, "0.ts", TimeSpan.FromSeconds(2.5), null, false, false, null, null);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            PlaylistText.Write(new MediaPlaylist(TimeSpan.FromSeconds(2), 0, 0, PlaylistKind.Sliding, false, null, null, 0, [segment])));
    }

    private static MediaPlaylist Read(string text)
    {
        Assert.True(PlaylistText.TryRead(Encoding.UTF8.GetBytes(text), out MediaPlaylist list, out PlaylistFault fault), fault.ToString());
        return list;
    }
}
