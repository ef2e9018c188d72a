using System.Buffers.Binary;
using Edge.Core.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

/// <summary>Fragmented MP4 as a real ffmpeg writes it, whole and damaged.</summary>
public sealed class Mp4Tests
{
    /// <summary>What a fuzz run may hold when it is over.</summary>
    private const long MostGrowthBytes = 8 << 20;

    private static readonly Lazy<Task<byte[]>> File = new(async () =>
    {
        string path = Path.Combine(Path.GetTempPath(), $"fragments-{Guid.NewGuid():N}.mp4");
        try
        {
            await TestVideo.RunAsync("ffmpeg", [.. "-nostdin -hide_banner -loglevel error".Split(' '), .. ForeignHls.Picture(6), "-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", path]);
            return await System.IO.File.ReadAllBytesAsync(path);
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    });

    [Fact]
    public async Task Fragments_of_ffmpeg_are_read_with_their_times()
    {
        (byte[] head, byte[][] fragments) = await PartsAsync();
        Mp4Head read = Mp4Head.Read(head)!;
        Assert.Equal([true, false], read.Tracks.Select(track => track.IsVideo));
        Assert.Equal(3, fragments.Length);
        for (int i = 0; i < fragments.Length; i++)
        {
            Assert.Equal(SegmentFault.None, Mp4Fragment.Read(fragments[i], read, out Mp4Fragment fragment));
            Assert.Equal((2.0 * i, 2.0), (fragment.Start.TotalSeconds, fragment.Length.TotalSeconds), (a, b) => Math.Abs(a.Item1 - b.Item1) < 0.05 && Math.Abs(a.Item2 - b.Item2) < 0.05);
        }
        Assert.True(MediaStart.Of(fragments[0], read)!.Value.Leads(TimeSpan.FromSeconds(9), MediaStart.Of(fragments[1], read)!.Value));
        Assert.False(MediaStart.Of(fragments[0], read)!.Value.Leads(TimeSpan.FromSeconds(2), MediaStart.Of(fragments[2], read)!.Value));
        Assert.Equal(SegmentFault.None, Mp4Fragment.Read([.. fragments[0], .. fragments[1]], read, out Mp4Fragment both));
        Assert.Equal(4, both.Length.TotalSeconds, 0.05);
        Assert.Equal(SegmentFault.TimeGoesBack, Mp4Fragment.Read([.. fragments[1], .. fragments[0]], read, out _));
    }

    [Fact]
    public async Task Whatever_is_cut_off_a_fragment_is_seen()
    {
        (byte[] head, byte[][] fragments) = await PartsAsync();
        Mp4Head read = Mp4Head.Read(head)!;
        for (int length = 0; length < fragments[0].Length; length++)
            Assert.NotEqual(SegmentFault.None, Mp4Fragment.Read(fragments[0].AsSpan(0, length), read, out _));
        for (int length = 0; length < head.Length; length++)
            Assert.Null(Mp4Head.Read(head.AsSpan(0, length)));
        Assert.NotEqual(SegmentFault.None, Mp4Fragment.Read(head, read, out _));
        Assert.Null(Mp4Head.Read(fragments[0]));
    }

    [Fact]
    public void A_clock_of_33_bits_that_turns_over_is_no_break()
    {
        TimeSpan turn = TimeSpan.FromSeconds((1L << 33) / 90_000.0);
        var before = new MediaStart(turn - TimeSpan.FromSeconds(1), null, turn);
        Assert.True(before.Leads(TimeSpan.FromSeconds(2), new MediaStart(TimeSpan.FromSeconds(1), null, turn)));
        Assert.True(before.Leads(TimeSpan.FromSeconds(2), new MediaStart(TimeSpan.FromSeconds(1.4), null, turn)));
        Assert.False(before.Leads(TimeSpan.FromSeconds(2), new MediaStart(TimeSpan.FromSeconds(1.6), null, turn)));
        Assert.False(before.Leads(TimeSpan.FromSeconds(2), new MediaStart(turn - TimeSpan.FromSeconds(1), null, turn)));
    }

    [Theory]
    [InlineData(41)]
    public async Task Damaged_boxes_are_refused_or_read_and_nothing_grows(int seed)
    {
        (byte[] head, byte[][] fragments) = await PartsAsync();
        Mp4Head sound = Mp4Head.Read(head)!;
        // What counts stands before the data.
        byte[] moof = fragments[0][..^(int)(fragments[0].Length - BinaryPrimitives.ReadUInt32BigEndian(fragments[0]) - 8)];
        var random = new Random(seed);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Fuzz.Inputs; i++)
        {
            byte[] one = Noise.Damaged(i % 2 == 0 ? head : moof, random);
            if (i % 2 == 0)
                Mp4Head.Read(one);
            else if (Mp4Fragment.Read(one, sound, out Mp4Fragment fragment) == SegmentFault.None)
                Assert.True(fragment.Start >= TimeSpan.Zero && fragment.Length > TimeSpan.Zero);
        }
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MostGrowthBytes);
    }

    private static async Task<(byte[] Head, byte[][] Fragments)> PartsAsync()
    {
        byte[] file = await File.Value;
        var starts = new List<int>();
        int at = 0;
        while (at < file.Length)
        {
            uint type = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 4));
            // The index at the end is no part of a segment.
            if (type == Mp4Box.MovieFragment || type == 0x6D667261)
                starts.Add(at);
            at += (int)BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
        }
        return (file[..starts[0]], [.. starts.Zip(starts.Skip(1), (from, to) => file[from..to])]);
    }
}
