using Edge.Box.Identity;
using Microsoft.Extensions.Time.Testing;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Identity;

public sealed class TeacherPinTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Only_the_PIN_that_was_set_last_is_right_and_it_is_not_on_disk()
    {
        using var pin = new TeacherPin(_folder.Path, new FakeTimeProvider());
        Assert.Equal(PinVerdict.None, (await pin.TryAsync("246810", "a", known: false, _ => false, default)).Verdict);
        await TeacherPin.SetAsync(_folder.Path, "246810", default);
        Assert.Equal(PinVerdict.Right, (await pin.TryAsync("246810", "a", known: false, _ => false, default)).Verdict);
        await TeacherPin.SetAsync(_folder.Path, "13579135", default);
        Assert.Equal(PinVerdict.Wrong, (await pin.TryAsync("246810", "a", known: false, _ => false, default)).Verdict);
        Assert.Equal(PinVerdict.Right, (await pin.TryAsync("13579135", "a", known: false, _ => false, default)).Verdict);
        Assert.All(Directory.EnumerateFiles(_folder.Path), file => Assert.DoesNotContain("13579135", File.ReadAllText(file), StringComparison.Ordinal));
        await Assert.ThrowsAsync<ArgumentException>(() => TeacherPin.SetAsync(_folder.Path, "12345", default));
    }
}
