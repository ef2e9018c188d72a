using System.Device.Gpio;
using Edge.Box.Panel;
using Edge.Core.Panel;
using Edge.Hardware;
using Microsoft.Extensions.Time.Testing;
using TestKit.Panel;

namespace Edge.Box.Tests.Panel;

/// <summary>A panel with its pins, in fake time that goes on 1 ms at a time. Looks at facts and pins as seldom as the options allow.</summary>
internal sealed class PanelBench : IDisposable
{
    private readonly PriorityQueue<(PanelButton Button, bool Closed), (TimeSpan At, int Order)> _contacts = new();
    private readonly GpioController _controller;
    private int _order;
    private TimeSpan _nextTurn;
    private TimeSpan _nextLook;

    public PanelBench(PanelGpioOptions? options = null, Func<TimeProvider, SimulatedGpioDriver>? driver = null)
    {
        Options = options ?? new PanelGpioOptions();
        Driver = driver?.Invoke(Time) ?? new SimulatedGpioDriver(Time);
        _controller = new GpioController(Driver);
        Hub = new PanelHub(PanelState.Initial, () => Facts, new PanelOptions().EffectQueue, Time);
        Pins = new GpioPanel(_controller, Options, Time);
        (_nextTurn, _nextLook) = (Now, Now);
    }

    public FakeTimeProvider Time { get; } = new();
    public PanelGpioOptions Options { get; }
    public SimulatedGpioDriver Driver { get; }
    public PanelHub Hub { get; }
    public GpioPanel Pins { get; }
    public PanelFacts Facts { get; set; } = new() { Power = PowerStatus.Mains, Lessons = [] };
    public TimeSpan Now => Time.GetElapsedTime(0);

    /// <summary>What came from the pins.</summary>
    public List<Gesture> FromPins { get; } = [];

    /// <summary>Called after each millisecond.</summary>
    public Action? Watch { get; set; }

    public void Run(TimeSpan span)
    {
        for (TimeSpan end = Now + span; Now < end; Time.Advance(TimeSpan.FromMilliseconds(1)))
        {
            while (_contacts.TryPeek(out _, out (TimeSpan At, int) due) && due.At <= Now)
            {
                (PanelButton button, bool closed) = _contacts.Dequeue();
                Driver.Contact(PinOf(button), closed);
            }
            if (Now >= _nextTurn)
            {
                _nextTurn += Options.Tick;
                foreach (Gesture gesture in Pins.Turn(Hub.Current.View))
                {
                    FromPins.Add(gesture);
                    Hub.Press(gesture);
                }
            }
            if (Now >= _nextLook)
            {
                _nextLook += new PanelOptions().Evaluate;
                Hub.Evaluate();
            }
            Watch?.Invoke();
        }
    }

    public void Run(int milliseconds) => Run(TimeSpan.FromMilliseconds(milliseconds));

    /// <summary>The contact closes and opens in turn, beginning with closed, at each of these times from now.</summary>
    public void Contacts(PanelButton button, params int[] millisecondsFromNow)
    {
        bool closed = false;
        foreach (int after in millisecondsFromNow)
            _contacts.Enqueue((button, closed = !closed), (Now + TimeSpan.FromMilliseconds(after), _order++));
    }

    /// <summary>A finger with an ordinary bouncing button: pushes, lets go, and time goes on until both are over.</summary>
    public void Push(PanelButton button, int downFor = 80)
    {
        Contacts(button, 0, 1, 2, 4, 5, downFor, downFor + 1, downFor + 3);
        Run(downFor + 60);
    }

    public void Do(Gesture gesture) => Push(gesture.Button, gesture.Kind == GestureKind.Hold ? 5_010 : 80);

    public int PinOf(PanelButton button) => Options.Buttons.All.Single(wired => wired.Button == button).Pin;

    /// <summary>The pins of the lamp that are lit now, as measured.</summary>
    public int[] LitPins(PanelLamp lamp) => [.. Options.Lamp(lamp).All.Where(pin => (Driver.Output(pin) == PinValue.High) != Options.LampsActiveLow).Order()];

    /// <summary>The pins that should be lit when the lamp shows <paramref name="pattern"/>.</summary>
    public int[] ExpectedPins(PanelLamp lamp, LampPattern pattern, TimeSpan at) => pattern.IsLit(at) ? [.. Options.Lamp(lamp).LitFor(pattern.Colour).Order()] : [];

    public void Dispose()
    {
        Pins.Dispose();
        _controller.Dispose();
    }
}
