using Edge.Core.Live;
using Xunit;

namespace Edge.Core.Tests.Live;

public sealed class ChildStateTests
{
    private static readonly ChildRules Rules = ChildRules.Default;

    [Theory]
    [InlineData(9.9, 9.9, null)]
    [InlineData(10, 0, ChildEnd.Silent)]
    [InlineData(0, 10, ChildEnd.Fruitless)]
    [InlineData(10, 10, ChildEnd.Silent)]
    public void A_child_is_judged_by_bytes_and_by_what_was_made_of_them(double sinceBytes, double sinceUse, ChildEnd? expected) =>
        Assert.Equal(expected, Rules.Judge(TimeSpan.FromSeconds(sinceBytes), TimeSpan.FromSeconds(sinceUse)));

    [Fact]
    public void The_wait_doubles_from_half_a_second_to_five()
    {
        var waits = new List<double>();
        ChildState state = default;
        for (int i = 0; i < 100; i++)
        {
            state = state.Started().Ended(ChildEnd.Exited, TimeSpan.FromSeconds(1), Rules);
            waits.Add(state.Delay(Rules).TotalSeconds);
        }
        Assert.Equal([0.5, 1, 2, 4, 5, 5], waits.Take(6));
        Assert.Equal(5, waits[^1]);
    }

    [Theory]
    [InlineData(29.9, 4)]
    [InlineData(30, 0.5)]
    public void Only_a_steady_run_makes_up_for_former_failures(double ran, double wait)
    {
        ChildState state = default;
        for (int i = 0; i < 3; i++)
            state = state.Started().Ended(ChildEnd.Silent, TimeSpan.Zero, Rules);
        Assert.Equal(wait, state.Started().Ended(ChildEnd.Silent, TimeSpan.FromSeconds(ran), Rules).Delay(Rules).TotalSeconds);
    }

    [Fact]
    public void A_child_that_never_failed_starts_at_once() => Assert.Equal(TimeSpan.Zero, default(ChildState).Delay(Rules));
}
