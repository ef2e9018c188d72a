using System.Device.Gpio;

namespace TestKit.Panel;

/// <summary>
/// Pins of a board that is not there. Inputs have pull-ups and pull-downs, and contacts that a test closes and opens,
/// each change an edge; outputs keep what was written and when. Stricter than a board: reading a pin that floats,
/// or writing one that is no output, throws.
/// </summary>
public sealed class SimulatedGpioDriver(TimeProvider time, int pinCount = 28) : GpioDriver
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Pin> _pins = Enumerable.Range(0, pinCount).ToDictionary(number => number, number => new Pin());

    /// <summary>While true, edges reach nobody: an overrun of the kernel's queue. Levels still read true.</summary>
    public bool LosesEdges { get; set; }

    /// <summary>False: the chip has no pull resistors; the board brings its own, which hold each pin at the other level than its contact gives.</summary>
    public bool HasPulls { get; init; } = true;

    /// <summary>The level that a closed contact gives: ground, or the supply.</summary>
    public PinValue ContactsTo { get; init; } = PinValue.Low;

    protected override int PinCount => pinCount;

    /// <summary>Pins that are open now.</summary>
    public IReadOnlyList<int> OpenPins
    {
        get
        {
            lock (_gate)
                return [.. _pins.Where(pin => pin.Value.Mode is not null).Select(pin => pin.Key)];
        }
    }

    /// <summary>Closes or opens the contact of a pin. Callbacks run before this returns.</summary>
    public void Contact(int pin, bool closed)
    {
        PinEventTypes edge;
        PinChangeEventHandler? callbacks;
        lock (_gate)
        {
            Pin it = _pins[pin];
            PinValue? before = LevelOf(it);
            it.Closed = closed;
            if (LevelOf(it) is not { } after || after == before)
                return;
            edge = after == PinValue.High ? PinEventTypes.Rising : PinEventTypes.Falling;
            callbacks = LosesEdges ? null : edge == PinEventTypes.Rising ? it.Rising : it.Falling;
        }
        callbacks?.Invoke(this, new PinValueChangedEventArgs(edge, pin));
    }

    /// <summary>What an output drives now.</summary>
    public PinValue Output(int pin)
    {
        lock (_gate)
            return _pins[pin].Written.Count > 0 ? _pins[pin].Written[^1].Level : throw new InvalidOperationException($"pin {pin} was never driven");
    }

    /// <summary>All that was written to an output, with the panel clock's time.</summary>
    public IReadOnlyList<(TimeSpan At, PinValue Level)> Written(int pin)
    {
        lock (_gate)
            return [.. _pins[pin].Written];
    }

    /// <summary>True while somebody listens to the pin's edges.</summary>
    public bool IsWatched(int pin)
    {
        lock (_gate)
            return _pins[pin] is { Rising: not null } or { Falling: not null };
    }

    protected override void OpenPin(int pinNumber)
    {
        lock (_gate)
            _pins[pinNumber].Mode = PinMode.Input;
    }

    protected override void ClosePin(int pinNumber)
    {
        lock (_gate)
            _pins[pinNumber].Mode = null;
    }

    protected override void SetPinMode(int pinNumber, PinMode mode)
    {
        lock (_gate)
            _pins[pinNumber].Mode = mode;
    }

    protected override PinMode GetPinMode(int pinNumber)
    {
        lock (_gate)
            return _pins[pinNumber].Mode ?? throw new InvalidOperationException($"pin {pinNumber} is not open");
    }

    protected override bool IsPinModeSupported(int pinNumber, PinMode mode) =>
        mode is PinMode.Input or PinMode.Output || HasPulls;

    protected override PinValue Read(int pinNumber)
    {
        lock (_gate)
            return LevelOf(_pins[pinNumber]) ?? throw new InvalidOperationException($"pin {pinNumber} floats");
    }

    protected override void Write(int pinNumber, PinValue value)
    {
        lock (_gate)
        {
            if (_pins[pinNumber].Mode != PinMode.Output)
                throw new InvalidOperationException($"pin {pinNumber} is no output");
            _pins[pinNumber].Written.Add((time.GetElapsedTime(0), value));
        }
    }

    protected override void AddCallbackForPinValueChangedEvent(int pinNumber, PinEventTypes eventTypes, PinChangeEventHandler callback)
    {
        lock (_gate)
        {
            if (eventTypes.HasFlag(PinEventTypes.Rising))
                _pins[pinNumber].Rising += callback;
            if (eventTypes.HasFlag(PinEventTypes.Falling))
                _pins[pinNumber].Falling += callback;
        }
    }

    protected override void RemoveCallbackForPinValueChangedEvent(int pinNumber, PinChangeEventHandler callback)
    {
        lock (_gate)
        {
            _pins[pinNumber].Rising -= callback;
            _pins[pinNumber].Falling -= callback;
        }
    }

    protected override WaitForEventResult WaitForEvent(int pinNumber, PinEventTypes eventTypes, CancellationToken cancellationToken) =>
        throw new NotSupportedException("the panel listens by callbacks");

    private PinValue? LevelOf(Pin pin) => pin switch
    {
        { Mode: PinMode.Output, Written: [.., (_, var level)] } => level,
        { Mode: PinMode.Output } => PinValue.Low,
        { Closed: true } => ContactsTo,
        { Mode: PinMode.InputPullUp } => PinValue.High,
        { Mode: PinMode.InputPullDown } => PinValue.Low,
        _ when !HasPulls => !ContactsTo,
        _ => null,
    };

    private sealed class Pin
    {
        public PinMode? Mode { get; set; }
        public bool Closed { get; set; }
        public List<(TimeSpan At, PinValue Level)> Written { get; } = [];
        public PinChangeEventHandler? Rising { get; set; }
        public PinChangeEventHandler? Falling { get; set; }
    }
}
