using Edge.Core.Identity;
using Xunit;

namespace Edge.Core.Tests.Identity;

public sealed class PinLockTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 0)]
    [InlineData(5, 15)]
    [InlineData(6, 30)]
    [InlineData(11, 960)]
    [InlineData(12, 1440)]
    [InlineData(1_000_000, 1440)]
    public void Each_failure_behind_the_free_ones_locks_twice_as_long_up_to_a_day(int failures, int minutes) =>
        Assert.Equal(TimeSpan.FromMinutes(minutes), new PinLock(failures).Wait);

    [Fact]
    public void Failures_are_counted_without_end() => Assert.Equal(int.MaxValue, new PinLock(int.MaxValue).Failed().Failures);
}
