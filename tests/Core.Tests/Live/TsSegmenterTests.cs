using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class TsSegmenterTests
{
    private static readonly TsSegmenterLimits Limits = new(TimeSpan.FromSeconds(2), 8 << 20);

    [Fact]
    public async Task Segments_begin_at_key_frames_and_together_are_the_whole_programme()
    {
        byte[] lesson = await TestVideo.Lesson20sAsync();
        ImmutableArray<TsSegment> segments = Cut(lesson, lesson.Length);
        Assert.Equal(10, segments.Length);
        Assert.All(segments, segment =>
        {
            Assert.Equal(SegmentFault.None, SegmentCheck.Check(segment.Bytes.Span));
            Assert.True(segment.StartsAtKeyFrame);
            Assert.False(segment.Discontinuity);
            Assert.Equal(2.0, segment.Duration.TotalSeconds, tolerance: 0.001);
        });
        foreach (TsSegment segment in segments)
            Assert.Equal(50, (await TestVideo.PictureTimesAsync(segment.Bytes)).Count);
        byte[] joined = [.. segments.SelectMany(segment => segment.Bytes.ToArray())];
        Assert.Equal(await TestVideo.PictureTimesAsync(lesson), await TestVideo.PictureTimesAsync(joined));
        Assert.Equal(Tracks(lesson), Tracks(joined));
    }

    [Fact]
    public async Task Any_slicing_gives_the_same_segments()
    {
        byte[] lesson = await TestVideo.Lesson20sAsync();
        ImmutableArray<TsSegment> whole = Cut(lesson, lesson.Length);
        foreach (int slice in (int[])[1, 187, 188, 189, 188 * 7, 4096, 65_537])
            AssertSame(whole, Cut(lesson, slice));
        Gen.Int[1, 20_000].Sample(slice => AssertSame(whole, Cut(lesson, slice)), iter: 20);
    }

    [Fact]
    public async Task Without_key_frames_it_cuts_at_twice_the_target()
    {
        ImmutableArray<TsSegment> segments = Cut(await TestVideo.MakeAsync(13, keyFrameEvery: 10_000), 5000);
        Assert.Equal([4.0, 4.0, 4.0, 1.0], segments.Select(segment => Math.Round(segment.Duration.TotalSeconds, 2)));
        Assert.Equal([true, false, false, false], segments.Select(segment => segment.StartsAtKeyFrame));
    }

    [Fact]
    public async Task The_33_bit_clock_turns_over_without_a_break()
    {
        ImmutableArray<TsSegment> segments = Cut(await TestVideo.MakeAsync(8, keyFrameEvery: 50, startSeconds: "95440.7"), 5000);
        Assert.Equal(4, segments.Length);
        Assert.All(segments, segment => Assert.False(segment.Discontinuity));
        Assert.Equal(8.0, segments.Sum(segment => segment.Duration.TotalSeconds), tolerance: 0.01);
    }

    [Theory]
    [InlineData("1000", true)]
    [InlineData("7.5", true)]   // 4.5 s are missing
    [InlineData("3.5", false)]  // half a second is missing
    [InlineData("0", true)]     // back to the start
    public async Task A_jump_of_the_clock_closes_the_segment_at_its_last_good_time(string secondStart, bool marked)
    {
        byte[] first = await TestVideo.MakeAsync(3, keyFrameEvery: 50, startSeconds: "0");
        byte[] second = await TestVideo.MakeAsync(3, keyFrameEvery: 50, startSeconds: secondStart);
        ImmutableArray<TsSegment> segments = Cut([.. first, .. second], 5000);
        if (marked)
        {
            Assert.Equal([false, false, true, false], segments.Select(segment => segment.Discontinuity));
            Assert.Equal([2.0, 1.0, 2.0, 1.0], segments.Select(segment => Math.Round(segment.Duration.TotalSeconds, 1)));
        }
        else
        {
            Assert.All(segments, segment => Assert.False(segment.Discontinuity));
        }
    }

    [Fact]
    public async Task Rubbish_between_packets_is_passed_over()
    {
        byte[] lesson = await TestVideo.Lesson20sAsync();
        int middle = lesson.Length / 2 / 188 * 188;
        byte[] rubbish = [.. Enumerable.Repeat((byte)0x47, 150), .. Enumerable.Range(0, 5000).Select(n => (byte)(n * 31))];
        byte[] dirty = [.. rubbish, .. lesson[..middle], .. rubbish, .. lesson[middle..]];
        ImmutableArray<TsSegment> segments = Cut(dirty, 3000);
        Assert.Equal(10, segments.Length);
        Assert.All(segments, segment => Assert.Equal(SegmentFault.None, SegmentCheck.Check(segment.Bytes.Span)));
    }

    [Fact]
    public async Task Whatever_is_damaged_each_segment_is_sound_and_within_bounds()
    {
        byte[] lesson = await TestVideo.Lesson20sAsync();
        var small = new TsSegmenterLimits(TimeSpan.FromSeconds(2), 60_000);
        Gen.Select(Gen.Int[0, lesson.Length - 1].Array[0, 400], Gen.Byte, Gen.Int[1, 10_000]).Sample((places, value, slice) =>
        {
            byte[] damaged = (byte[])lesson.Clone();
            foreach (int place in places)
                damaged[place] = value;
            foreach (TsSegment segment in Cut(damaged, slice, small))
            {
                Assert.Equal(SegmentFault.None, SegmentCheck.Check(segment.Bytes.Span));
                Assert.InRange(segment.Bytes.Length, 1, small.MaxSegmentBytes);
                Assert.InRange(segment.Duration, TimeSpan.FromTicks(1), small.Longest);
            }
        }, iter: 200);
    }

    /// <summary>A few seconds of a real stream with packets turned, doubled, dropped and overwritten: a million of them in the long run.</summary>
    [Fact]
    public async Task A_stream_torn_to_pieces_gives_sound_segments_or_none_and_nothing_grows()
    {
        byte[] lesson = (await TestVideo.MakeAsync(3, keyFrameEvery: 25))[..(188 * 120)];
        var small = new TsSegmenterLimits(TimeSpan.FromSeconds(1), 30_000);
        Gen.Select(Gen.Select(Gen.Int[0, 119], Gen.Int[0, 119], Gen.Int[0, 3]).Array[1, 20], Gen.Byte.Array[0, 40], Gen.Int[100, 9000]).Sample((changes, noise, slice) =>
        {
            var packets = Enumerable.Range(0, 120).Select(n => lesson[(188 * n)..(188 * n + 188)]).ToList();
            foreach ((int at, int other, int what) in changes)
            {
                int place = at % packets.Count;
                switch (what)
                {
                    case 0:
                        (packets[place], packets[other % packets.Count]) = (packets[other % packets.Count], packets[place]);
                        break;
                    case 1:
                        packets.Insert(place, packets[other % packets.Count]);
                        break;
                    case 2 when packets.Count > 1:
                        packets.RemoveAt(place);
                        break;
                    default:
                        // Heads are where a parser believes most.
                        packets[place] = [.. packets[place][..4], .. noise, .. packets[place][(4 + noise.Length)..]];
                        break;
                }
            }
            foreach (TsSegment segment in Cut([.. packets.SelectMany(packet => packet)], slice, small))
            {
                Assert.Equal(SegmentFault.None, SegmentCheck.Check(segment.Bytes.Span));
                Assert.InRange(segment.Bytes.Length, 1, small.MaxSegmentBytes);
                Assert.InRange(segment.Duration, TimeSpan.FromTicks(1), small.Longest);
            }
        }, iter: Fuzz.Inputs);
    }

    [Fact]
    public void Pure_noise_gives_nothing() =>
        Gen.Byte.Array[0, 5000].Sample(noise => Assert.Empty(Cut(noise, 100)));

    [Theory]
    [InlineData(0, SegmentFault.Empty)]
    [InlineData(187, SegmentFault.NotWholePackets)]
    [InlineData(188, SegmentFault.NoTables)]
    public async Task A_segment_cut_short_is_refused(int length, SegmentFault fault)
    {
        ImmutableArray<TsSegment> segments = Cut(await TestVideo.Lesson20sAsync(), 5000);
        Assert.Equal(fault, SegmentCheck.Check(segments[0].Bytes.Span[..length]));
    }

    [Fact]
    public async Task A_segment_that_slipped_by_a_byte_is_refused()
    {
        byte[] bytes = Cut(await TestVideo.Lesson20sAsync(), 5000)[0].Bytes.ToArray();
        Assert.Equal(SegmentFault.NoSync, SegmentCheck.Check([.. bytes[1..], 0]));
    }

    private static ImmutableArray<TsSegment> Cut(byte[] bytes, int slice, TsSegmenterLimits? limits = null)
    {
        var segmenter = new TsSegmenter(limits ?? Limits);
        var segments = ImmutableArray.CreateBuilder<TsSegment>();
        for (int at = 0; at < bytes.Length; at += slice)
            segments.AddRange(segmenter.Push(bytes.AsSpan(at, Math.Min(slice, bytes.Length - at))));
        segments.AddRange(segmenter.Finish());
        return segments.ToImmutable();
    }

    private static void AssertSame(ImmutableArray<TsSegment> expected, ImmutableArray<TsSegment> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i] with { Bytes = default }, actual[i] with { Bytes = default });
            Assert.True(expected[i].Bytes.Span.SequenceEqual(actual[i].Bytes.Span));
        }
    }

    /// <summary>All packets of the picture and the sound, in order.</summary>
    private static string Tracks(byte[] stream)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        for (int at = 0; at < stream.Length; at += TsPacket.LengthBytes)
        {
            var packet = new TsPacket(stream.AsSpan(at));
            if (packet.Pid is 0x100 or 0x101)
                hash.AppendData(packet.Bytes);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
