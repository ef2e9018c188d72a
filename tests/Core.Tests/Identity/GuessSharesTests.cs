using Edge.Core.Identity;
using Xunit;

namespace Edge.Core.Tests.Identity;

public sealed class GuessSharesTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void At_most_480_wrong_tries_pass_in_any_day_however_hard_one_tries(bool known)
    {
        GuessShares shares = GuessShares.Full;
        var passed = new Queue<int>();
        int most = 0;
        for (int minute = 0; minute < 4 * 24 * 60; minute++)
        {
            // A day of quiet in between fills both shares: what then comes at once counts with what was earned before.
            while ((minute < 2 * 24 * 60 || minute > 3 * 24 * 60) && shares.Spend(known) is { } left)
            {
                shares = left;
                passed.Enqueue(minute);
            }
            while (passed.TryPeek(out int first) && first <= minute - 24 * 60)
                passed.Dequeue();
            most = Math.Max(most, passed.Count);
            shares = shares.After(Minute);
        }
        Assert.Equal(480, GuessShares.MostADay);
        Assert.InRange(most, known ? 470 : 350, known ? 480 : 360);
    }

    [Fact]
    public void What_strangers_use_up_leaves_the_share_of_known_phones()
    {
        GuessShares shares = GuessShares.Full;
        while (shares.Spend(known: false) is { } left)
            shares = left;
        int tries = 0;
        for (; shares.Spend(known: true) is { } left; tries++)
            shares = left;
        Assert.Equal(60, tries);
        Assert.Equal(TimeSpan.FromMinutes(8), shares.WaitOf(known: true));
        Assert.Null(shares.After(TimeSpan.FromMinutes(8) - TimeSpan.FromTicks(1)).Spend(known: false));
        Assert.NotNull(shares.After(TimeSpan.FromMinutes(8)).Spend(known: false));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 5)]
    [InlineData(4, 10)]
    [InlineData(10, 640)]
    [InlineData(11, 900)]
    [InlineData(int.MaxValue, 900)]
    public void A_phone_waits_longer_with_each_wrong_PIN_behind_the_free_ones(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), new GuessDelay(failures).Wait);

    [Fact]
    public void Failures_are_counted_without_end() => Assert.Equal(int.MaxValue, new GuessDelay(int.MaxValue).Failed().Failures);
}
