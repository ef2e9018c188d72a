using CsCheck;
using Edge.Core.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

/// <summary>C018: when the spare stands in, and when not.</summary>
public sealed class SoundWatchTests
{
    private const double Speech = -25;
    private const double Nothing = -90;

    [Fact]
    public void Sound_that_stays_away_for_three_seconds_is_lost()
    {
        var watch = new SoundWatch();
        Assert.Equal(SoundChange.None, Next(watch, missing: 0));
        Assert.Equal(SoundChange.None, Next(watch, missing: 2.9));
        Assert.Equal(SoundChange.Lost, Next(watch, missing: 3));
        Assert.True(watch.OnSpare);
    }

    [Fact]
    public void Without_a_spare_nothing_changes()
    {
        var watch = new SoundWatch();
        for (int i = 0; i < 20; i++)
            Assert.Equal(SoundChange.None, Next(watch, missing: i, spareComes: false));
    }

    [Fact]
    public void Silence_counts_only_while_the_spare_hears_somebody()
    {
        var watch = new SoundWatch();
        for (int i = 0; i < 20; i++)
            Assert.Equal(SoundChange.None, Next(watch, level: Nothing, spare: Nothing));
        for (int i = 0; i < 20; i++)
            Assert.Equal(SoundChange.None, Next(watch, level: Nothing, spare: null));
        Assert.Equal(SoundChange.Silent, Next(watch, level: Nothing, spare: Speech));
    }

    [Fact]
    public void Three_seconds_of_silence_and_not_less()
    {
        var watch = new SoundWatch();
        Assert.Equal(SoundChange.None, Next(watch, level: Nothing, spare: Speech));
        Assert.Equal(SoundChange.None, Next(watch, level: Speech, spare: Speech));
        Assert.Equal(SoundChange.None, Next(watch, level: Nothing, spare: Speech));
        Assert.Equal(SoundChange.Silent, Next(watch, level: Nothing, spare: Speech));
    }

    [Fact]
    public void It_comes_back_after_ten_good_seconds_in_a_row()
    {
        SoundWatch watch = Lost();
        for (int i = 0; i < 4; i++)
            Assert.Equal(SoundChange.None, Next(watch, level: Speech, spare: Speech));
        Assert.Equal(SoundChange.None, Next(watch, missing: 2, spare: Speech));
        for (int i = 0; i < 4; i++)
            Assert.Equal(SoundChange.None, Next(watch, level: Speech, spare: Speech));
        Assert.Equal(SoundChange.Back, Next(watch, level: Speech, spare: Speech));
        Assert.False(watch.OnSpare);
    }

    [Fact]
    public void A_microphone_that_stays_dead_does_not_come_back_and_a_pause_proves_nothing()
    {
        SoundWatch watch = Lost();
        for (int i = 0; i < 20; i++)
            Assert.Equal(SoundChange.None, Next(watch, level: Nothing, spare: i % 2 == 0 ? Speech : Nothing));
        Assert.True(watch.OnSpare);
    }

    [Fact]
    public void When_the_spare_goes_the_lessons_own_sound_returns_at_once()
    {
        SoundWatch watch = Lost();
        Assert.Equal(SoundChange.SpareGone, Next(watch, missing: 9, spareComes: false));
        Assert.False(watch.OnSpare);
    }

    [Fact]
    public void Whatever_comes_it_does_not_flap() => Gen.Select(Gen.Double[0, 6], Gen.Double[-90, 0], Gen.Double[-90, 0]).Array[200].Sample(looks =>
    {
        var watch = new SoundWatch();
        double now = 0, changed = double.NegativeInfinity;
        foreach ((double missing, double level, double spare) in looks)
        {
            now += 2;
            SoundChange change = Next(watch, missing, level, spare);
            if (change == SoundChange.Back)
                Assert.True(now - changed >= SoundWatch.Proof.TotalSeconds, $"back after {now - changed} s");
            if (change != SoundChange.None)
                changed = now;
        }
    }, iter: 500);

    [Fact]
    public void The_clock_of_a_stream_is_what_came_with_the_least_delay() => Gen.Select(Gen.Long[0, (1L << 33) - 1], Gen.Double[0, 3].Array[5, 30]).Sample((start, delays) =>
    {
        // All within the 10 s that are kept.
        delays[^1] = 0;
        var clock = new StreamClock();
        for (int i = 0; i < delays.Length; i++)
        {
            // In order, as a stream comes: none overtakes the one before.
            double sent = i * 0.2;
            double arrived = Enumerable.Range(0, i + 1).Max(before => before * 0.2 + delays[before]);
            clock.Add(TsTime.Add(start, (long)(sent * TsTime.Hertz)), TimeSpan.FromSeconds(arrived));
        }
        double last = delays.Select((delay, i) => i * 0.2 + delay).Max();
        double least = Enumerable.Range(0, delays.Length).Min(i => Enumerable.Range(0, i + 1).Max(before => before * 0.2 + delays[before]) - i * 0.2);
        Assert.InRange(TsTime.Step(clock.At(TimeSpan.FromSeconds(last))!.Value, TsTime.Add(start, (long)((last - least) * TsTime.Hertz))), -4, 4);
    }, iter: 2000);

    private static SoundWatch Lost()
    {
        var watch = new SoundWatch();
        Assert.Equal(SoundChange.Lost, Next(watch, missing: 4));
        return watch;
    }

    private static SoundChange Next(SoundWatch watch, double missing = 0, double? level = Speech, double? spare = Speech, bool spareComes = true) =>
        watch.Next(new SoundLook(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(missing), Level(level), spareComes, Level(spare)));

    private static SoundLevel? Level(double? mean) => mean is { } decibels ? new SoundLevel(decibels, decibels) : null;
}
