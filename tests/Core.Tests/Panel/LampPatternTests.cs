using CsCheck;
using Edge.Core.Panel;
using Xunit;

namespace Edge.Core.Tests.Panel;

public class LampPatternTests
{
    [Theory]
    [InlineData(LampRhythm.Off, "....................")]
    [InlineData(LampRhythm.Steady, "####################")]
    [InlineData(LampRhythm.SlowBlink, "##########..........")]
    [InlineData(LampRhythm.Blink, "###..###..###..###..")]
    [InlineData(LampRhythm.Pulse, "#########.#########.")]
    [InlineData(LampRhythm.Flash, "#.#.#.#.#.#.#.#.#.#.")]
    public void Rhythms_over_two_seconds_in_tenths(LampRhythm rhythm, string expected) =>
        Assert.Equal(expected, string.Concat(Enumerable.Range(0, 20)
            .Select(tenth => new LampPattern(LampColour.Green, rhythm).IsLit(TimeSpan.FromMilliseconds(tenth * 100)) ? '#' : '.')));

    [Fact]
    public void A_lamp_changes_exactly_at_the_edge_of_its_cycle()
    {
        var blink = new LampPattern(LampColour.Red, LampRhythm.Blink);
        Assert.True(blink.IsLit(TimeSpan.FromMilliseconds(249)));
        Assert.False(blink.IsLit(TimeSpan.FromMilliseconds(250)));
        Assert.False(blink.IsLit(TimeSpan.FromMilliseconds(499)));
        Assert.True(blink.IsLit(TimeSpan.FromMilliseconds(500)));
    }

    [Fact]
    public void A_rhythm_repeats_for_ever() =>
        Gen.Select(Gen.Enum<LampRhythm>(), Gen.Long[0, TimeSpan.TicksPerDay * 400], (rhythm, ticks) => (rhythm, ticks)).Sample(sample =>
        {
            var pattern = new LampPattern(LampColour.Blue, sample.rhythm);
            TimeSpan cycle = pattern.Cycle.Lit + pattern.Cycle.Dark;
            return pattern.IsLit(TimeSpan.FromTicks(sample.ticks)) == pattern.IsLit(TimeSpan.FromTicks(sample.ticks) + cycle);
        });

    [Fact]
    public void A_flash_flickers_at_most_three_times() =>
        Assert.True(LampPattern.FlashFor / (new LampPattern(LampColour.White, LampRhythm.Flash).Cycle.Lit * 2) <= 3);

    [Fact]
    public void No_two_patterns_of_one_lamp_differ_by_colour_alone_in_their_words()
    {
        var names = from colour in Enum.GetValues<LampColour>()
                    from rhythm in Enum.GetValues<LampRhythm>()
                    where rhythm != LampRhythm.Off
                    select new LampPattern(colour, rhythm).Name;
        Assert.Equal(names.Distinct().Count(), names.Count());
        Assert.Equal("off", LampPattern.Off.Name);
    }
}
