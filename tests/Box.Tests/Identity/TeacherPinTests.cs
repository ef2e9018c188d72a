using Edge.Box.Identity;
using Microsoft.Extensions.Time.Testing;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Identity;

public sealed class TeacherPinTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Five_tries_are_free_then_each_failure_locks_longer_and_pulling_the_plug_gives_none_back()
    {
        using (var none = new TeacherPin(_folder.Path, _time))
            Assert.Equal(PinVerdict.None, (await none.TryAsync("246810", default)).Verdict);
        await TeacherPin.SetAsync(_folder.Path, "246810", default);
        using (var pin = new TeacherPin(_folder.Path, _time))
        {
            Assert.Equal(PinVerdict.Right, (await pin.TryAsync("246810", default)).Verdict);
            for (int i = 0; i < 5; i++)
                Assert.Equal(PinVerdict.Wrong, (await pin.TryAsync("111111", default)).Verdict);
            // Now even the right one is not looked at.
            Assert.Equal((PinVerdict.Locked, TimeSpan.FromMinutes(15)), await pin.TryAsync("246810", default));
        }
        using var again = new TeacherPin(_folder.Path, _time);
        _time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.Equal(PinVerdict.Locked, (await again.TryAsync("246810", default)).Verdict);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((PinVerdict.Wrong, TimeSpan.FromMinutes(30)), await again.TryAsync("1", default));
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(PinVerdict.Right, (await again.TryAsync("246810", default)).Verdict);
        Assert.Equal((PinVerdict.Wrong, TimeSpan.Zero), await again.TryAsync("1", default));
    }

    [Fact]
    public async Task Setting_it_anew_forgets_wrong_tries()
    {
        await TeacherPin.SetAsync(_folder.Path, "246810", default);
        using var pin = new TeacherPin(_folder.Path, _time);
        for (int i = 0; i < 6; i++)
            await pin.TryAsync("111111", default);
        await TeacherPin.SetAsync(_folder.Path, "13579135", default);
        Assert.Equal(PinVerdict.Right, (await pin.TryAsync("13579135", default)).Verdict);
        await Assert.ThrowsAsync<ArgumentException>(() => TeacherPin.SetAsync(_folder.Path, "12345", default));
    }
}
