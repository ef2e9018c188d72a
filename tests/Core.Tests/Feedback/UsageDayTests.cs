using CsCheck;
using Edge.Core.Feedback;
using TestKit;
using Xunit;

namespace Edge.Core.Tests.Feedback;

public sealed class UsageDayTests
{
    private static readonly Gen<UsageDay> Any = Gen.Select(Gen.ULong, Gen.Int[0, 3_000_000], Gen.Long[0, UsageDay.Most].Array[UsageDay.Keys])
        .Select((storage, day, counts) => new UsageDay(storage, DateOnly.FromDayNumber(day), [.. counts]));

    [Fact]
    public void What_is_written_is_read_again() => Any.Sample(day =>
    {
        UsageDay read = UsageDay.Read(day.ToText())!;
        Assert.Equal((day.Storage, day.Day), (read.Storage, read.Day));
        Assert.Equal(day.Counts, read.Counts);
    });

    [Theory]
    [InlineData("")]
    [InlineData("0123456789abcdef 2026-03-02 1 2 3")]
    [InlineData("0123456789abcdef 2026-03-02 1 2 3 4 5")]
    [InlineData("0123456789abcdef 2026-03-02 1 2 3 -4")]
    [InlineData("0123456789abcdef 2026-03-02 1 2 3 1000000001")]
    [InlineData("0123456789abcdef - 1 2 3 4")]
    [InlineData("0123456789abcdef 2026-02-30 1 2 3 4")]
    [InlineData("0123456789abcdef 02-03-2026 1 2 3 4")]
    [InlineData("123456789abcdef 2026-03-02 1 2 3 4")]
    [InlineData("0123456789abcdeg 2026-03-02 1 2 3 4")]
    [InlineData("0123456789abcdef 2026-03-02  1 2 3 4")]
    public void What_is_not_exactly_a_day_is_none(string text) => Assert.Null(UsageDay.Read(text));

    [Fact]
    public void Whatever_comes_is_refused_or_within_bounds() => Gen.Select(Any, Gen.Int[0, 60], Gen.Char, Gen.Int[0, 60]).Sample((day, at, letter, length) =>
    {
        char[] text = day.ToText().ToCharArray();
        text[at % text.Length] = letter;
        if (UsageDay.Read(new string(text)[..Math.Min(length + 20, text.Length)]) is { } read)
            Assert.All(read.Counts, count => Assert.InRange(count, 0, UsageDay.Most));
    }, iter: Fuzz.Inputs);
}
