using Edge.Box.Identity;
using Edge.Core.Identity;
using Edge.Durable;
using Microsoft.Extensions.Time.Testing;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Identity;

public sealed class GuessLimitTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_guesser_with_a_new_name_for_each_try_gets_480_a_day_at_most_over_power_cuts_and_set_clocks_and_known_phones_still_come_in()
    {
        int looked = 0;
        GuessLimit limit = Limit();
        for (int day = 0; day < 3; day++)
        {
            looked = 0;
            for (int hour = 0; hour < 24; hour++)
            {
                for (int n = 0; n < 400; n++)
                    await limit.TryAsync($"stranger {day} {hour} {n}", known: false, () => { looked++; return false; }, Token);
                // The plug is pulled each hour, and the clock set on by a year: neither gives a try.
                limit.Dispose();
                limit = Limit();
                _time.SetUtcNow(_time.GetUtcNow() + TimeSpan.FromDays(365));
                Assert.Equal(PinVerdict.Right, (await limit.TryAsync("phone of 3A", known: true, () => true, Token)).Verdict);
                _time.Advance(TimeSpan.FromHours(1));
            }
            Assert.InRange(looked, 1, GuessShares.MostADay);
        }
        limit.Dispose();
    }

    [Fact]
    public async Task A_right_PIN_uses_nothing_up_and_a_try_is_used_up_before_it_is_looked_at()
    {
        using GuessLimit limit = Limit();
        for (int i = 0; i < 100; i++)
            Assert.Equal((PinVerdict.Right, TimeSpan.Zero), await limit.TryAsync("a", known: false, () => true, Token));
        string before = await File.ReadAllTextAsync(_folder["guesses"], Token);
        string? during = null;
        await limit.TryAsync("a", known: false, () => { during = File.ReadAllText(_folder["guesses"]); return true; }, Token);
        Assert.NotEqual(before, during);
        Assert.Equal(before, await File.ReadAllTextAsync(_folder["guesses"], Token));
    }

    [Fact]
    public async Task Who_mistypes_waits_alone()
    {
        using GuessLimit limit = Limit();
        for (int i = 0; i < 2; i++)
            Assert.Equal((PinVerdict.Wrong, TimeSpan.Zero), await limit.TryAsync("a", known: false, () => false, Token));
        Assert.Equal((PinVerdict.Wrong, TimeSpan.FromSeconds(5)), await limit.TryAsync("a", known: false, () => false, Token));
        Assert.Equal((PinVerdict.Wait, TimeSpan.FromSeconds(5)), await limit.TryAsync("a", known: false, () => true, Token));
        Assert.Equal(PinVerdict.Right, (await limit.TryAsync("b", known: false, () => true, Token)).Verdict);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(PinVerdict.Right, (await limit.TryAsync("a", known: false, () => true, Token)).Verdict);
    }

    [Fact]
    public async Task A_damaged_count_counts_as_used_up()
    {
        await DurableFile.WriteAsync(_folder["guesses"], "1 -5 x"u8.ToArray(), Token);
        using GuessLimit limit = Limit();
        Assert.Equal((PinVerdict.Spent, TimeSpan.FromMinutes(8)), await limit.TryAsync("a", known: false, () => true, Token));
        _time.Advance(TimeSpan.FromMinutes(8));
        Assert.Equal(PinVerdict.Right, (await limit.TryAsync("a", known: false, () => true, Token)).Verdict);
    }

    private GuessLimit Limit() => new(_folder["guesses"], _time);
}
