using Edge.Box.Panel;
using Edge.Core.Panel;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Edge.Box.Tests.Panel;

public class PanelHubTests
{
    private readonly FakeTimeProvider _time = new();
    private PanelFacts _facts = new() { Power = PowerStatus.Mains, Lessons = [new PanelLesson("maths-3a") { Live = LiveStatus.On }], DueLesson = "maths-3a" };

    [Fact]
    public void The_version_changes_with_the_view_and_only_then()
    {
        PanelHub hub = Hub();
        long before = hub.Current.Version;
        hub.Evaluate();
        Assert.Equal(before, hub.Current.Version);
        Assert.True(hub.Press(Gesture.Press(PanelButton.Start)));
        Assert.Equal(before + 1, hub.Current.Version);
        _facts = _facts with { Power = PowerStatus.Reserve };
        hub.Evaluate();
        Assert.Equal(before + 2, hub.Current.Version);
    }

    [Fact]
    public async Task A_waiting_face_gets_the_new_snapshot_at_once()
    {
        PanelHub hub = Hub();
        Task<PanelSnapshot> waiting = hub.OtherThanAsync(hub.Current.Version, TimeSpan.FromSeconds(25), CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        hub.Press(Gesture.Press(PanelButton.Start));
        Assert.Same(hub.Current, await waiting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_face_that_knows_another_version_even_a_higher_one_need_not_wait()
    {
        PanelHub hub = Hub();
        Assert.Same(hub.Current, await hub.OtherThanAsync(hub.Current.Version + 1_000, TimeSpan.FromSeconds(25), CancellationToken.None));
    }

    [Fact]
    public async Task Waiting_ends_with_the_same_snapshot_when_nothing_happens()
    {
        PanelHub hub = Hub();
        Task<PanelSnapshot> waiting = hub.OtherThanAsync(hub.Current.Version, TimeSpan.FromSeconds(25), CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(24.999));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Same(hub.Current, await waiting.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void When_effects_pile_up_presses_are_refused_and_nothing_is_half_done()
    {
        PanelHub hub = Hub(effectQueue: 8);
        int taken = 0;
        while (hub.Press(Gesture.Press(PanelButton.Language)))
            Assert.InRange(++taken, 1, 8);
        PanelView before = hub.Current.View;
        Assert.False(hub.Press(Gesture.Hold(PanelButton.SafeOff)));
        Assert.Equal(before, hub.Current.View);

        // Lamps still follow the facts, and with room again buttons work.
        _facts = _facts with { Power = PowerStatus.Reserve };
        hub.Evaluate();
        Assert.Equal("amber steady", hub.Current.View.Power.Pattern.Name);
        while (hub.Effects.TryRead(out _))
            taken--;
        Assert.Equal(0, taken);
        Assert.True(hub.Press(Gesture.Hold(PanelButton.SafeOff)));
    }

    [Fact]
    public async Task Presses_of_many_faces_at_once_are_all_counted()
    {
        _facts = _facts with { Languages = ["a", "b", "c", "d", "e", "f", "g"] };
        PanelHub hub = Hub(effectQueue: 1_000);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int press = 0; press < 100; press++)
                hub.Press(Gesture.Press(PanelButton.Language));
        })));
        // The first press goes from a language that is not in the list to the first one.
        Assert.Equal(_facts.Languages[399 % 7], hub.Current.View.Language);
        Assert.Equal(400, hub.Effects.Count);
    }

    private PanelHub Hub(int effectQueue = 64) => new(PanelState.Initial, () => _facts, effectQueue, _time);
}
