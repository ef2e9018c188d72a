using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

/// <summary>C018: another input's sound in a segment, heard by a real decoder.</summary>
public sealed class SpareSoundTests
{
    private const byte Aac = 0x0F;

    private static readonly (char, double)[] Tones = [('a', 440), ('b', 880)];

    [Fact]
    public async Task A_decoder_hears_the_other_sound_and_sees_the_same_pictures()
    {
        byte[] lesson = await TestVideo.MakeAsync(6, keyFrameEvery: 50);
        byte[] joined = Filled(Cut(lesson), await SpareAsync(6, "1000"), Seconds(-1000));
        Assert.Matches("^a+$", (await TestTones.HeardAsync(lesson, 10, Tones)).Trim('.'));
        string heard = await TestTones.HeardAsync(joined, 10, Tones);
        Assert.Matches(@"^\.?b+\.?$", heard);
        Assert.InRange(heard.Length, 58, 62);
        Assert.Equal(await TestVideo.PictureTimesAsync(lesson), await TestVideo.PictureTimesAsync(joined));
        AssertWhole(joined);
    }

    [Fact]
    public async Task A_picture_without_sound_gets_it()
    {
        byte[] silent = await TestVideo.EncodeAsync("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-muxdelay", "0", "-muxpreload", "0");
        byte[] joined = Filled(Cut(silent), await SpareAsync(4, "0"), 0);
        Assert.Matches(@"^\.?b+\.?$", await TestTones.HeardAsync(joined, 10, Tones));
        AssertWhole(joined);
    }

    [Fact]
    public async Task Further_languages_stay_and_the_first_keeps_its_name()
    {
        byte[] two = await TestVideo.EncodeAsync("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=2", "-f", "lavfi", "-i", "sine=frequency=440:duration=2", "-f", "lavfi", "-i", "sine=frequency=300:duration=2",
            "-map", "0", "-map", "1", "-map", "2", "-metadata:s:a:0", "language=zho", "-metadata:s:a:1", "language=eng", "-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac", "-muxdelay", "0", "-muxpreload", "0");
        byte[] joined = Filled(Cut(two), await SpareAsync(2, "0"), 0);
        Assert.Equal(["zho", "eng"], TsAudio.Of(joined).Select(track => track.Language));
        Assert.Matches(@"^\.?b+\.?$", await TestTones.HeardAsync(TsAudio.Only(joined, "zho")!, 10, Tones));
        Assert.Matches("^c+$", (await TestTones.HeardAsync(TsAudio.Only(joined, "eng")!, 10, ('c', 300), ('b', 880))).Trim('.'));
    }

    [Fact]
    public async Task Clock_references_on_the_sound_outlive_it()
    {
        byte[] segment = (await TestVideo.MakeAsync(2, keyFrameEvery: 50)).ToArray();
        byte[] cut = Cut(segment)[0].Bytes.ToArray();
        int pid = TsAudio.Of(cut)[0].Pid;
        byte[] reference = [0x47, (byte)(0x40 | pid >> 8), (byte)pid, 0x30, 7, 0x50, 1, 2, 3, 4, 5, 6, .. new byte[176]];
        byte[] filled = Put([.. cut, .. reference], Aac, [])!;
        byte[] last = filled[^188..];
        Assert.Equal([0x47, (byte)(pid >> 8), (byte)pid], last[..3]);
        Assert.Equal([0x2F, 183, 0x10, 1, 2, 3, 4, 5, 6], last[3..12]);
        Assert.Equal(1, Enumerable.Range(0, filled.Length / 188).Count(n => new TsPacket(filled.AsSpan(188 * n)).Pid == pid));
    }

    [Fact]
    public async Task What_is_put_in_is_read_out_again()
    {
        byte[] segment = Cut(await TestVideo.MakeAsync(1, keyFrameEvery: 25))[0].Bytes.ToArray();
        Gen.Select(Gen.Byte.Array[1, 3000], Gen.Int[0, 4000]).Array[0, 20].Sample(pieces =>
        {
            long time = (1L << 33) - 5000; // the clock turns over among them
            var units = new List<SoundUnit>();
            foreach ((byte[] data, int step) in pieces)
                units.Add(new SoundUnit(time = TsTime.Add(time, step), data));
            ImmutableArray<SoundUnit> read = TsSoundReader.Read(Put(segment, Aac, [.. units])).Units;
            Assert.Equal(units.Select(unit => unit.Time), read.Select(unit => unit.Time));
            Assert.Equal(units.Select(unit => unit.Data.ToArray()), read.Select(unit => unit.Data.ToArray()));
        }, iter: 200);
    }

    [Fact]
    public async Task Whatever_is_damaged_nothing_breaks()
    {
        byte[] segment = Cut(await TestVideo.MakeAsync(1, keyFrameEvery: 25))[0].Bytes.ToArray()[..(188 * 60)];
        SoundUnit[] units = [new(90_000, new byte[700]), new(93_000, new byte[1])];
        Gen.Select(Gen.Select(Gen.Int[0, segment.Length - 1], Gen.Byte).Array[1, 60], Gen.Int[1, 4000]).Sample((changes, slice) =>
        {
            byte[] damaged = (byte[])segment.Clone();
            foreach ((int at, byte value) in changes)
                damaged[at % 3 == 0 ? at / 188 * 188 + at % 20 : at] = value; // heads are where a parser believes most
            var reader = new TsSoundReader();
            for (int at = 0; at < damaged.Length; at += slice)
                Assert.All(reader.Push(damaged.AsSpan(at, Math.Min(slice, damaged.Length - at))), unit => Assert.InRange(unit.Data.Length, 1, TsSoundReader.MaxUnitBytes));
            int continuity = 0;
            if (SpareSound.Put(damaged, Aac, units, ref continuity) is { } filled)
                Assert.Equal(0, filled.Length % 188);
        }, iter: Fuzz.Inputs);
    }

    private static long Seconds(int seconds) => seconds * TsTime.Hertz;

    /// <summary>880 Hz at a sampling rate of its own.</summary>
    private static Task<byte[]> SpareAsync(int seconds, string start) =>
        TestVideo.EncodeAsync("-f", "lavfi", "-i", $"sine=frequency=880:sample_rate=44100:duration={seconds}", "-c:a", "aac", "-b:a", "64k", "-output_ts_offset", start, "-muxdelay", "0", "-muxpreload", "0");

    private static ImmutableArray<TsSegment> Cut(byte[] stream)
    {
        var segmenter = new TsSegmenter(new TsSegmenterLimits(TimeSpan.FromSeconds(2), 8 << 20));
        return [.. segmenter.Push(stream), .. segmenter.Finish()];
    }

    private static byte[]? Put(byte[] segment, byte streamType, SoundUnit[] units)
    {
        int continuity = 0;
        return SpareSound.Put(segment, streamType, units, ref continuity);
    }

    private static byte[] Filled(ImmutableArray<TsSegment> segments, byte[] spare, long offset)
    {
        (TsSoundReader reader, ImmutableArray<SoundUnit> units) = TsSoundReader.Read(spare);
        Assert.Equal(Aac, reader.StreamType);
        units = [.. units.Select(unit => unit with { Time = TsTime.Add(unit.Time, offset) })];
        var joined = new List<byte>();
        int continuity = 0;
        foreach (TsSegment segment in segments)
        {
            long end = TsTime.Add(segment.StartTime, TsTime.Ticks(segment.Duration));
            byte[]? filled = SpareSound.Put(segment.Bytes.Span, Aac, units.AsSpan()[..units.TakeWhile(unit => TsTime.Step(unit.Time, end) > 0).Count()], ref continuity);
            Assert.NotNull(filled);
            Assert.Equal(SegmentFault.None, SegmentCheck.Check(filled));
            units = [.. units.SkipWhile(unit => TsTime.Step(unit.Time, end) > 0)];
            joined.AddRange(filled);
        }
        return [.. joined];
    }

    private static void AssertWhole(byte[] stream)
    {
        var analyser = new TsAnalyser();
        analyser.Take(stream, 0);
        Assert.Equal((0, 0, 0), (analyser.ContinuityErrors, analyser.SyncErrors, analyser.TimesBack));
        Assert.Single(analyser.PmtVersions);
    }
}
