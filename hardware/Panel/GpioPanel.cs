using System.Collections.Immutable;
using System.Device.Gpio;
using System.Device.Gpio.Drivers;
using System.Threading.Channels;
using Edge.Core.Panel;

namespace Edge.Hardware;

/// <summary>
/// The face of the panel on pins: makes gestures of contact edges and lights the lamps of a view. Decides nothing.
/// Edges carry the time at which they came; each turn also reads the levels, so an edge that the kernel or we dropped
/// costs at most one tick of precision and never leaves a button stuck.
/// </summary>
public sealed class GpioPanel : IDisposable
{
    /// <summary>Edges kept between two turns. A loose contact makes more; the level read at the turn makes up for the rest.</summary>
    public const int EdgeQueue = 512;

    private readonly GpioController _gpio;
    private readonly PanelGpioOptions _options;
    private readonly TimeProvider _time;
    private readonly Channel<(int Pin, bool Contact, TimeSpan At)> _edges =
        Channel.CreateBounded<(int, bool, TimeSpan)>(new BoundedChannelOptions(EdgeQueue) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private static readonly ImmutableArray<PanelLamp> Lamps = [.. Enum.GetValues<PanelLamp>()];

    private readonly ImmutableArray<int> _buttonPins;
    private readonly Dictionary<int, ButtonTrack> _buttons = [];
    private readonly Dictionary<int, bool> _lit = [];

    /// <summary>Opens the pins: lamps dark, buttons watched. The controller stays the caller's.</summary>
    /// <exception cref="InvalidOperationException">A pin is taken or does not know the mode it needs.</exception>
    public GpioPanel(GpioController gpio, PanelGpioOptions options, TimeProvider time)
    {
        _gpio = gpio;
        _options = options;
        _time = time;
        foreach (int pin in Lamps.SelectMany(lamp => options.Lamp(lamp).All))
        {
            gpio.OpenPin(pin, PinMode.Output, Level(false, options.LampsActiveLow));
            _lit[pin] = false;
        }
        _buttonPins = [.. options.Buttons.All.Select(button => button.Pin)];
        foreach ((PanelButton button, int pin) in options.Buttons.All)
        {
            gpio.OpenPin(pin, ButtonMode(pin));
            _buttons[pin] = ButtonTrack.Found(button, Contact(gpio.Read(pin)), Now);
            gpio.RegisterCallbackForPinValueChangedEvent(pin, PinEventTypes.Rising | PinEventTypes.Falling, OnEdge);
        }
    }

    /// <summary>Reaches the pins as the options say.</summary>
    /// <exception cref="PlatformNotSupportedException">This machine has no such pins.</exception>
    public static GpioController Open(PanelGpioOptions options) => options.Access switch
    {
        GpioAccess.LibGpiod => new GpioController(new LibGpiodDriver(options.Chip)),
        GpioAccess.LibGpiodV2 => new GpioController(new LibGpiodV2Driver(options.Chip)),
        _ => new GpioController(),
    };

    /// <summary>Takes in what happened on the buttons, in order, and shows <paramref name="view"/> as it looks now.</summary>
    public ImmutableArray<Gesture> Turn(PanelView view)
    {
        ImmutableArray<Gesture>.Builder gestures = ImmutableArray.CreateBuilder<Gesture>();
        while (_edges.Reader.TryRead(out (int Pin, bool Contact, TimeSpan At) edge))
            Take(edge.Pin, _buttons[edge.Pin].Edge(edge.Contact, edge.At, _options.Timing));

        TimeSpan now = Now;
        foreach (int pin in _buttonPins)
        {
            Take(pin, _buttons[pin].Edge(Contact(_gpio.Read(pin)), now, _options.Timing));
            Take(pin, _buttons[pin].Settle(now, _options.Timing));
        }
        Light(view, now);
        return gestures.DrainToImmutable();

        void Take(int pin, (ButtonTrack Track, Gesture? Gesture) step)
        {
            _buttons[pin] = step.Track;
            if (step.Gesture is { } gesture)
                gestures.Add(gesture);
        }
    }

    /// <summary>Turns until cancelled. <paramref name="press"/> must not block: lamps and buttons wait for it.</summary>
    public async Task RunAsync(Func<PanelView> view, Action<Gesture> press, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.Tick, _time);
        do
        {
            foreach (Gesture gesture in Turn(view()))
                press(gesture);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>All lamps dark, all pins given back.</summary>
    public void Dispose()
    {
        foreach (int pin in _buttons.Keys)
        {
            _gpio.UnregisterCallbackForPinValueChangedEvent(pin, OnEdge);
            _gpio.ClosePin(pin);
        }
        foreach (int pin in _lit.Keys)
        {
            _gpio.Write(pin, Level(false, _options.LampsActiveLow));
            _gpio.ClosePin(pin);
        }
        _buttons.Clear();
        _lit.Clear();
    }

    // The panel's clock: all faces count from the zero of the monotonic clock, so they blink together.
    private TimeSpan Now => _time.GetElapsedTime(0);

    private void Light(PanelView view, TimeSpan now)
    {
        foreach (PanelLamp lamp in Lamps)
        {
            LampPattern pattern = view[lamp].Pattern;
            LampPins pins = _options.Lamp(lamp);
            int[] lit = pattern.IsLit(now) ? [.. pins.LitFor(pattern.Colour)] : [];
            foreach (int pin in pins.All)
            {
                bool wanted = lit.Contains(pin);
                if (_lit[pin] == wanted)
                    continue;
                _gpio.Write(pin, Level(wanted, _options.LampsActiveLow));
                _lit[pin] = wanted;
            }
        }
    }

    // Runs on the driver's thread: note it and leave.
    private void OnEdge(object sender, PinValueChangedEventArgs edge) =>
        _edges.Writer.TryWrite((edge.PinNumber, Contact(edge.ChangeType == PinEventTypes.Rising ? PinValue.High : PinValue.Low), Now));

    private PinMode ButtonMode(int pin) => _options.ButtonsActiveLow switch
    {
        true when _gpio.IsPinModeSupported(pin, PinMode.InputPullUp) => PinMode.InputPullUp,
        false when _gpio.IsPinModeSupported(pin, PinMode.InputPullDown) => PinMode.InputPullDown,
        // The board must then bring its own resistor.
        _ => PinMode.Input,
    };

    private bool Contact(PinValue level) => (level == PinValue.Low) == _options.ButtonsActiveLow;

    private static PinValue Level(bool on, bool activeLow) => on != activeLow ? PinValue.High : PinValue.Low;
}
