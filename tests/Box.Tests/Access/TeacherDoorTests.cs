using Edge.Box.Access;
using Edge.Box.Identity;
using Edge.Core.Panel;
using Microsoft.Extensions.Time.Testing;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Access;

public sealed class TeacherDoorTests : IAsyncLifetime
{
    private const string Pin = "246810";

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private DateTimeOffset? _now = new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private TeacherPin _pin = null!;
    private TeacherDoor _door = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await TeacherPin.SetAsync(_folder.Path, Pin, Token);
        Open();
    }

    public ValueTask DisposeAsync()
    {
        _door.Dispose();
        _pin.Dispose();
        _folder.Dispose();
        return default;
    }

    [Fact]
    public async Task A_phone_that_was_never_here_needs_a_press_within_two_minutes_and_then_the_PIN_alone()
    {
        Assert.Equal(DoorStep.Waiting, await StepAsync("a", Pin));
        _time.Advance(TeacherDoor.Patience + TimeSpan.FromSeconds(1));
        Assert.Null(_door.Shown);
        Assert.Equal(DoorStep.Waiting, await StepAsync("a", Pin));
        PhoneAtDoor asks = _door.AskOf("a")!.Value;
        Assert.Equal(asks, _door.Shown);
        await _door.LetInAsync(asks.Number + 1);
        Assert.False(_door.Take("a", out _));
        await _door.LetInAsync(asks.Number);
        Assert.True(_door.Take("a", out string? teacher));
        Assert.Null(teacher);
        Assert.False(_door.Take("a", out _));
        // Also after a power cut.
        Open();
        Assert.Equal(DoorStep.In, await StepAsync("a", Pin));
        Assert.Equal(DoorStep.Shut, await StepAsync("a", "111111"));
        await _door.ForgetAsync(Assert.Single(_door.Phones).Number);
        Assert.False(_door.MaySign("a", null));
        Assert.Equal(DoorStep.Waiting, await StepAsync("a", Pin));
    }

    [Fact]
    public async Task Without_buttons_the_PIN_suffices_and_cannot_be_set_from_a_phone()
    {
        Open(hasButtons: false);
        Assert.Equal(DoorStep.In, await StepAsync("a", Pin));
        Assert.True(_door.MaySign("a", null));
        Assert.False(_door.AskForPin("b", "999999"));
    }

    [Fact]
    public async Task A_forgotten_PIN_is_set_anew_by_one_phone_at_a_time_and_all_others_begin_anew()
    {
        await StepAsync("a", Pin);
        await _door.LetInAsync(_door.Shown!.Value.Number);
        Assert.True(_door.AskForPin("b", "999999"));
        Assert.False(_door.AskForPin("c", "888888"));
        Assert.True(_door.Shown!.Value.Hold);
        // Who knows the PIN goes before who wants another.
        Assert.Equal(DoorStep.Waiting, await StepAsync("d", Pin));
        Assert.False(_door.Shown!.Value.Hold);
        Assert.Equal(DoorStep.In, await StepAsync("a", Pin));
        await _door.LetInAsync(_door.AskOf("b")!.Value.Number);
        Assert.False(_door.MaySign("a", null));
        Assert.True(_door.MaySign("b", null));
        Assert.Equal(DoorStep.Shut, await StepAsync("a", Pin));
        Assert.Equal(DoorStep.In, await StepAsync("b", "999999"));
    }

    [Fact]
    public async Task A_temporary_teacher_teaches_to_the_last_day_and_a_clock_that_steps_back_brings_nobody_back()
    {
        Open(hasButtons: false);
        Assert.Null(await _door.AddAsync("Li", new DateOnly(2026, 3, 1)));
        Assert.Null(await _door.AddAsync("", new DateOnly(2026, 3, 6)));
        string pin = (await _door.AddAsync("Li", new DateOnly(2026, 3, 6)))!;
        Assert.Equal(DoorStep.In, await StepAsync("l", pin));
        Assert.True(_door.MaySign("l", "Li"));
        Assert.False(_door.MaySign("l", null));
        _now = new DateTimeOffset(2026, 3, 6, 12, 0, 0, TimeSpan.Zero);
        Assert.True(_door.MaySign("l", "Li"));
        _now = new DateTimeOffset(2026, 3, 8, 12, 0, 0, TimeSpan.Zero);
        Assert.False(_door.MaySign("l", "Li"));
        Assert.Equal(DoorStep.Shut, await StepAsync("l", pin));
        _now = new DateTimeOffset(2026, 3, 3, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(DoorStep.Shut, await StepAsync("l", pin));
    }

    [Fact]
    public async Task Without_a_date_a_temporary_teacher_works_as_many_days_as_there_were_and_no_more_over_power_cuts()
    {
        Open(hasButtons: false);
        string pin = (await _door.AddAsync("Li", new DateOnly(2026, 3, 4)))!;
        _now = null;
        for (int day = 0; day < 3; day++)
        {
            Open(hasButtons: false);
            Assert.Equal(DoorStep.In, await StepAsync("l", pin));
            Assert.Equal(DoorStep.In, await StepAsync("l", pin));
        }
        Open(hasButtons: false);
        Assert.Equal(DoorStep.Shut, await StepAsync("l", pin));
        // The school's own teachers never depend on a clock.
        Assert.Equal(DoorStep.In, await StepAsync("a", Pin));
    }

    private async Task<DoorStep> StepAsync(string phone, string pin) => (await _door.SignInAsync(phone, phone, pin, Token)).Step;

    private void Open(bool hasButtons = true)
    {
        _door?.Dispose();
        _pin?.Dispose();
        _pin = new TeacherPin(_folder.Path, _time);
        _door = new TeacherDoor(_pin, new AccessPorts(_folder["access"], () => null, () => _now, hasButtons), _time);
    }
}
