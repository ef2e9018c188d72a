using System.Collections.Immutable;
using System.Text;
using Edge.Core.Content;
using Edge.Core.Live;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Live;

/// <summary>Captions in and out, and what players are shown of them.</summary>
public sealed class WebVttTests
{
    /// <summary>What a fuzz run may hold when it is over.</summary>
    private const long MostGrowthBytes = 8 << 20;

    private static readonly byte[] File = Encoding.UTF8.GetBytes("""
        WEBVTT - lesson

        NOTE nobody reads this

        1
        00:01.000 --> 00:03.500 align:start line:0
        <v Wang>Half of <b>one</b> &amp; a half</v>
        is 3 &lt; 4

        01:00:02.000 --> 01:00:04.000
        分数

        """.ReplaceLineEndings("\r\n"));

    [Fact]
    public void Cues_are_read_as_plain_text_with_their_times()
    {
        Assert.Equal(WebVttFault.None, WebVtt.Read(File, out ImmutableArray<WebVttCue> cues));
        Assert.Equal([Cue(1, 3.5, "Half of one & a half\nis 3 < 4"), Cue(3602, 3604, "分数")], cues);
    }

    [Fact]
    public void What_is_written_is_escaped_and_reads_the_same()
    {
        ImmutableArray<WebVttCue> cues = [Cue(7, 9.25, "<script>alert(1)</script> --> &lt;\nb"), Cue(86_000, 86_001, "藏文 བོད")];
        string text = WebVtt.WriteSegment(TimeSpan.FromSeconds(6), 900_000, cues);
        Assert.StartsWith("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:06.000,MPEGTS:900000\n\n00:00:07.000 --> 00:00:09.250\n&lt;script&gt;", text, StringComparison.Ordinal);
        Assert.Equal(WebVttFault.None, WebVtt.Read(Encoding.UTF8.GetBytes(text), out ImmutableArray<WebVttCue> read));
        Assert.Equal(cues, read);
    }

    [Theory]
    [InlineData("", WebVttFault.NoHead)]
    [InlineData("WEBVTTX\n", WebVttFault.NoHead)]
    [InlineData("WEBVTT\n", WebVttFault.None)]
    [InlineData("WEBVTT\n\n00:01.000 --> 01:01.000\na\n", WebVttFault.None)]
    [InlineData("WEBVTT\n\n00:01.000 --> 01:01.001\na\n", WebVttFault.Time)]
    [InlineData("WEBVTT\n\n00:01.000 --> 00:01.000\na\n", WebVttFault.Time)]
    [InlineData("WEBVTT\n\n00:61.000 --> 00:62.000\na\n", WebVttFault.Time)]
    [InlineData("WEBVTT\n\n-0:01.000 --> 00:02.000\na\n", WebVttFault.Time)]
    [InlineData("WEBVTT\n\n00:01.000 --> 00:02.000\n<b></b>\n", WebVttFault.Text)]
    public void A_file_is_right_or_its_fault_is_named(string text, WebVttFault fault) => Assert.Equal(fault, WebVtt.Read(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Sizes_have_bounds()
    {
        static byte[] With(int cues, int letters) => Encoding.UTF8.GetBytes("WEBVTT\n" + string.Concat(Enumerable.Repeat($"\n00:01.000 --> 00:02.000\n{new string('a', letters)}\n", cues)));
        Assert.Equal(WebVttFault.None, WebVtt.Read(With(WebVtt.MaxCues, 1), out _));
        Assert.Equal(WebVttFault.TooManyCues, WebVtt.Read(With(WebVtt.MaxCues + 1, 1), out _));
        Assert.Equal(WebVttFault.None, WebVtt.Read(With(1, Caption.MaxTextLength), out _));
        Assert.Equal(WebVttFault.Text, WebVtt.Read(With(1, Caption.MaxTextLength + 1), out _));
        Assert.Equal(WebVttFault.TooLong, WebVtt.Read(new byte[WebVtt.MaxLengthBytes + 1], out _));
    }

    [Fact]
    public void A_line_cut_anywhere_is_read_as_far_as_it_is_whole()
    {
        var held = new HeldCaption(new Caption(3, "zh-Hans", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), "\"分数\" <b>\nund"), TimeSpan.FromSeconds(1));
        byte[] lines = [.. CaptionLine.Write(held), .. CaptionLine.Write(held.Caption)];
        int first = CaptionLine.Write(held).Length;
        for (int length = 0; length <= lines.Length; length++)
        {
            (ImmutableArray<HeldCaption> read, int bytes) = CaptionLine.Read(lines.AsSpan(0, length));
            Assert.Equal(length < first ? 0 : length < lines.Length ? first : lines.Length, bytes);
            Assert.Equal(new[] { held, held with { From = TimeSpan.Zero } }.Take(read.Length), read);
        }
    }

    [Fact]
    public void A_caption_that_comes_late_shows_from_where_nothing_was_listed_yet_and_changes_nothing_before()
    {
        var late = new HeldCaption(new Caption(1, "en", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), "late"), TimeSpan.FromSeconds(4));
        var early = new HeldCaption(new Caption(2, "en", TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5), "early"), TimeSpan.Zero);
        string[][] shown = [.. new[] { 0, 2, 4, 6 }.Select(second => CaptionTrack.Cues([late, early], "en", TimeSpan.FromSeconds(second), TimeSpan.FromSeconds(2)).Select(cue => cue.Text).ToArray())];
        Assert.Equal([[], ["early"], ["late", "early"], []], shown);
        Assert.Empty(CaptionTrack.Cues([late, early], "bo", TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void The_list_of_captions_never_goes_back_and_is_whole_at_the_end()
    {
        PlaylistWindow window = PlaylistWindow.Start(TimeSpan.FromSeconds(2));
        int before = 0;
        for (int i = 0; i < 10; i++)
        {
            window = window.With(new Segment(i, TimeSpan.FromSeconds(2), DateTimeOffset.UnixEpoch.AddSeconds(2 * i), false, 188, ChunkId.Of([])));
            int listed = CaptionTrack.Listed(window).Length;
            Assert.Equal(Math.Max(0, i - 1), listed);
            Assert.True(listed >= before);
            before = listed;
        }
        Assert.Equal(10, CaptionTrack.Listed(window.End()).Length);
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, Fuzz.IsLong ? 40 : 1)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Damaged_captions_are_refused_or_sound(int seed)
    {
        var random = new Random(seed);
        byte[] line = CaptionLine.Write(new HeldCaption(new Caption(3, "en", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), "half & <b>"), TimeSpan.FromSeconds(1)));
        byte[] pieces = Encoding.UTF8.GetBytes("<>&;:-.\n\r\0[],\"\\019 \u00FF");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < (Fuzz.IsLong ? 25_000 : 4_000); i++)
        {
            bool isFile = random.Next(2) == 0;
            byte[] input = [.. isFile ? File : line];
            for (int changes = random.Next(1, 8); changes > 0; changes--)
                input[random.Next(input.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : pieces[random.Next(pieces.Length)];
            ReadOnlySpan<byte> given = input.AsSpan(0, random.Next(4) == 0 ? random.Next(input.Length + 1) : input.Length);
            if (!isFile)
            {
                Assert.All(CaptionLine.Read(given).Captions, held => Assert.True(held.Caption.IsSound));
            }
            else if (WebVtt.Read(given, out ImmutableArray<WebVttCue> cues) == WebVttFault.None)
            {
                Assert.All(cues, cue => Assert.True(new Caption(1, "en", cue.Start, cue.End, cue.Text).IsSound));
                Assert.Equal(WebVttFault.None, WebVtt.Read(Encoding.UTF8.GetBytes(WebVtt.WriteSegment(TimeSpan.Zero, 0, cues)), out ImmutableArray<WebVttCue> again));
                Assert.Equal(cues, again);
            }
        }
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MostGrowthBytes);
    }

    private static WebVttCue Cue(double start, double end, string text) => new(TimeSpan.FromSeconds(start), TimeSpan.FromSeconds(end), text);
}
