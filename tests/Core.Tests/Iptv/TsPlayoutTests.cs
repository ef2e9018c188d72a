using System.Collections.Immutable;
using CsCheck;
using Edge.Core.Iptv;
using Edge.Core.Live;
using TestKit.Live;
using Xunit;

namespace Edge.Core.Tests.Iptv;

public sealed class TsPlayoutTests
{
    private static readonly TimeSpan Cushion = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task A_lesson_goes_out_as_it_came_and_at_its_own_pace()
    {
        ImmutableArray<TsSegment> lesson = Cut(await TestVideo.Lesson20sAsync());
        var set = new Set();
        set.Publish(lesson, atSeconds: 0, everySeconds: 2);
        set.RunUntilSent();
        Assert.Equal(1, set.Playout.Moves);
        // The first waited for the cushion; the last packets may go 20 ms early.
        Assert.InRange(set.Seconds, 21.4, 21.7);
        AssertSound(set.Heard);
        Assert.InRange(set.Heard.LongestFreeze, 0, 0.05);
        Assert.Equal(Contents(lesson.SelectMany(segment => segment.Bytes.ToArray()).ToArray()), Contents(set.Sent));
    }

    [Fact]
    public async Task Through_an_outage_the_clock_goes_on_and_nothing_is_skipped()
    {
        ImmutableArray<TsSegment> lesson = Cut(await TestVideo.Lesson20sAsync());
        var set = new Set();
        set.Publish(lesson[..4], atSeconds: 0, everySeconds: 2);
        // 20 s without a segment, then the missed ones at once.
        set.Publish(lesson[4..], atSeconds: 28, everySeconds: 0.1);
        set.RunUntilSent();
        AssertSound(set.Heard);
        Assert.Equal(2, set.Playout.Moves);
        Assert.InRange(set.Heard.LongestFreeze, 18, 20.5);
        Assert.Equal(Contents(lesson.SelectMany(segment => segment.Bytes.ToArray()).ToArray()), Contents(set.Sent));
    }

    [Fact]
    public async Task A_restarted_encoder_and_another_rung_go_on_behind_what_was_shown()
    {
        ImmutableArray<TsSegment> lesson = Cut(await TestVideo.Lesson20sAsync());
        ImmutableArray<TsSegment> slides = Cut(await TestVideo.SlidesAsync(8));
        var set = new Set();
        set.Publish(lesson[..3], 0, 2);
        set.Publish(slides[..3], 6, 2, broken: true);
        // The same encoder from its start, as after a crash: its clock steps back.
        set.Publish(lesson[..2], 12, 2, broken: true);
        set.Publish(lesson[..2], 16, 2, broken: true);
        set.RunUntilSent();
        AssertSound(set.Heard);
        Assert.Equal(4, set.Playout.Moves);
        Assert.Equal([0, 1, 2], set.Heard.PmtVersions.Order());
        Assert.InRange(set.Heard.LongestLead, 0, 2.5);
        // A slide stands for a second.
        Assert.InRange(set.Heard.LongestFreeze, 0.9, 1.6);
    }

    [Fact]
    public async Task A_hundred_breaks_leave_no_more_time_for_decoding_than_one()
    {
        ImmutableArray<TsSegment> lesson = Cut(await TestVideo.Lesson20sAsync());
        var set = new Set();
        for (int i = 0; i < 100; i++)
            set.Publish(lesson[(i % 9)..(i % 9 + 1)], 2 * i, 0, broken: true);
        set.RunUntilSent();
        AssertSound(set.Heard);
        Assert.InRange(set.Heard.LongestLead, 0.1, 1.0);
    }

    [Fact]
    public async Task One_picture_a_second_still_has_a_clock_twenty_times_a_second()
    {
        var set = new Set();
        set.Publish(Cut(await TestVideo.SlidesAsync(8)), 0, 2);
        set.RunUntilSent();
        AssertSound(set.Heard);
        // ffmpeg puts some ten pieces of sound into one unit.
        Assert.InRange(set.Heard.Units, 24, 200);
        Assert.InRange(set.Heard.References, 8 * 18, 8 * 40);
    }

    [Fact]
    public async Task The_33_bit_clock_of_the_sender_turns_over_unseen()
    {
        var set = new Set();
        set.Publish(Cut(await TestVideo.MakeAsync(8, keyFrameEvery: 50, startSeconds: "95440.7")), 0, 2);
        set.RunUntilSent();
        AssertSound(set.Heard);
        Assert.Equal(1, set.Playout.Moves);
        Assert.InRange(set.Heard.LongestFreeze, 0, 0.05);
    }

    [Fact]
    public async Task Our_own_clock_turns_over_too()
    {
        var set = new Set(beginSeconds: (1L << 33) / 90_000.0 - 4);
        set.Publish(Cut(await TestVideo.Lesson20sAsync()), 0, 2);
        set.RunUntilSent();
        AssertSound(set.Heard);
    }

    [Fact]
    public async Task Segments_without_clock_references_are_spread_evenly()
    {
        ImmutableArray<TsSegment> lesson = [.. Cut(await TestVideo.Lesson20sAsync()).Select(WithoutReferences)];
        var set = new Set();
        set.Publish(lesson, 0, 2);
        set.RunUntilSent();
        AssertSound(set.Heard);
        Assert.InRange(set.Heard.LongestFreeze, 0, 0.2);
        Assert.InRange(set.Seconds, 21.3, 22.5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_late_thread_makes_packets_late_and_never_the_clock_wrong(int seed)
    {
        var random = new Random(seed);
        var set = new Set { Late = () => random.Next(10) == 0 ? random.NextDouble() * 0.1 : 0 };
        set.Publish(Cut(await TestVideo.Lesson20sAsync()), 0, 2);
        set.RunUntilSent();
        Assert.Equal((0, 0, 0), (set.Heard.ContinuityErrors, set.Heard.ReferenceJumps, set.Heard.TimesBack));
        Assert.InRange(set.Heard.Jitter().Max(), 0, 0.000_2);
    }

    [Fact]
    public async Task What_is_no_transport_stream_is_left_out()
    {
        ImmutableArray<TsSegment> lesson = Cut(await TestVideo.Lesson20sAsync());
        var set = new Set();
        set.Publish(lesson[..2], 0, 2);
        set.Publish([lesson[2] with { Bytes = new byte[1880] }], 4, 0);
        set.Publish(lesson[3..5], 6, 2);
        set.RunUntilSent();
        AssertSound(set.Heard);
        Assert.Equal(1, set.Refused);
    }

    [Fact]
    public async Task Whatever_is_damaged_datagrams_are_whole_and_clock_and_tables_sound()
    {
        ImmutableArray<TsSegment> lesson = Cut(await TestVideo.Lesson20sAsync());
        Gen.Select(Gen.Int[0, 4], Gen.Int[400, 20_000].Array[0, 60], Gen.Byte, Gen.Bool).Sample((n, places, value, broken) =>
        {
            byte[] damaged = lesson[n].Bytes.ToArray();
            foreach (int place in places)
                damaged[place % damaged.Length] = value;
            var set = new Set();
            set.Publish([lesson[n]], 0, 2);
            set.Publish([lesson[n + 1] with { Bytes = damaged }, lesson[n + 2]], 2, 2, broken);
            set.RunUntilSent();
            Assert.Equal((0, 0), (set.Heard.SyncErrors, set.Heard.ReferenceJumps));
            Assert.InRange(set.Heard.LongestPatGap, 0, 0.1);
            Assert.InRange(set.Heard.LongestReferenceGap, 0, 0.1);
        }, iter: 60);
    }

    [Fact]
    public async Task A_loss_before_the_segment_was_cut_stays_visible()
    {
        ImmutableArray<TsSegment> lesson = Cut(await TestVideo.Lesson20sAsync());
        byte[] bytes = lesson[1].Bytes.ToArray();
        var set = new Set();
        // A packet of the picture is missing.
        set.Publish([lesson[0], lesson[1] with { Bytes = (byte[])[.. bytes[..(188 * 20)], .. bytes[(188 * 21)..]] }, lesson[2]], 0, 2);
        set.RunUntilSent();
        Assert.Equal(1, set.Heard.ContinuityErrors);
    }

    private static void AssertSound(TsAnalyser heard)
    {
        Assert.Equal((0, 0, 0, 0, 0), (heard.SyncErrors, heard.ContinuityErrors, heard.ReferenceJumps, heard.TimesBack, heard.LateUnits));
        Assert.InRange(heard.LongestPatGap, 0.001, 0.1);
        Assert.InRange(heard.LongestPmtGap, 0.001, 0.1);
        Assert.InRange(heard.LongestReferenceGap, 0.001, 0.1);
        Assert.InRange(heard.LongestSilence, 0, 0.06);
        Assert.InRange(heard.Jitter().Max(), 0, 0.000_2);
    }

    private static ImmutableArray<TsSegment> Cut(byte[] stream)
    {
        var segmenter = new TsSegmenter(new TsSegmenterLimits(TimeSpan.FromSeconds(2), 8 << 20));
        return [.. segmenter.Push(stream), .. segmenter.Finish()];
    }

    private static TsSegment WithoutReferences(TsSegment segment)
    {
        byte[] bytes = segment.Bytes.ToArray();
        for (int at = 0; at < bytes.Length; at += TsPacket.LengthBytes)
        {
            if (TsStamp.HasReference(bytes.AsSpan(at)))
                (bytes[at + 5], bytes[at + 6], bytes[at + 7], bytes[at + 8], bytes[at + 9], bytes[at + 10], bytes[at + 11]) = ((byte)(bytes[at + 5] & 0xEF), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF);
        }
        return segment with { Bytes = bytes };
    }

    /// <summary>Hash of what the tracks carry: coded pictures and sound without heads and times.</summary>
    private static string Contents(byte[] stream)
    {
        var tracks = new SortedDictionary<int, MemoryStream>();
        for (int at = 0; at < stream.Length; at += TsPacket.LengthBytes)
        {
            var packet = new TsPacket(stream.AsSpan(at));
            if (packet.Pid is not (0x100 or 0x101) || packet.Payload.IsEmpty)
                continue;
            ReadOnlySpan<byte> payload = packet.Payload;
            if (packet.UnitStart && PesStart.TryRead(payload, out PesStart start))
                payload = start.Data;
            if (!tracks.TryGetValue(packet.Pid, out MemoryStream? track))
                tracks[packet.Pid] = track = new MemoryStream();
            track.Write(payload);
        }
        return string.Join(' ', tracks.Select(track => $"{track.Key}:{track.Value.Length}:{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(track.Value.ToArray()))}"));
    }

    /// <summary>A sender and a receiver in fake time.</summary>
    private sealed class Set(double beginSeconds = 0)
    {
        private readonly Queue<(long At, TsSegment Segment, bool Broken)> _toCome = new();
        private readonly System.Buffers.ArrayBufferWriter<byte> _sent = new();
        private readonly long _begin = (long)(beginSeconds * TsStamp.Hertz);
        private long _now = (long)(beginSeconds * TsStamp.Hertz);

        public TsPlayout Playout { get; } = new(Cushion);

        public TsAnalyser Heard { get; } = new();

        /// <summary>By how many seconds the thread wakes up late.</summary>
        public Func<double> Late { get; init; } = () => 0;

        public byte[] Sent => _sent.WrittenSpan.ToArray();

        public int Refused { get; private set; }

        public double Seconds => (_now - _begin) / (double)TsStamp.Hertz;

        public void Publish(IReadOnlyList<TsSegment> segments, double atSeconds, double everySeconds, bool broken = false)
        {
            for (int i = 0; i < segments.Count; i++)
                _toCome.Enqueue((_begin + (long)((atSeconds + i * everySeconds) * TsStamp.Hertz), segments[i], segments[i].Discontinuity || (broken && i == 0)));
        }

        public void RunUntilSent()
        {
            byte[] datagram = new byte[TsPlayout.DatagramBytes];
            while (_toCome.Count > 0 || !Playout.Dry)
            {
                while (Playout.Wants && _toCome.TryPeek(out var next) && next.At <= _now)
                {
                    _toCome.Dequeue();
                    if (!Playout.Add(next.Segment.Bytes, next.Segment.Duration, next.Broken, _now))
                        Refused++;
                }
                long news = Playout.Wants && _toCome.TryPeek(out var coming) ? coming.At : long.MaxValue;
                long due = Playout.Due ?? news;
                _now = Math.Max(_now, Math.Min(due, news));
                if (Playout.Due is not { } at || at > _now)
                    continue;
                _now += (long)(Late() * TsStamp.Hertz);
                Playout.Write(datagram, _now);
                Heard.Take(datagram, _now / (double)TsStamp.Hertz);
                System.Buffers.BuffersExtensions.Write(_sent, datagram);
            }
        }
    }
}
