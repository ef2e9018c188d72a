using System.ComponentModel.DataAnnotations;
using Edge.Core.Panel;

namespace Edge.Hardware;

/// <summary>Which library reaches the pins.</summary>
public enum GpioAccess
{
    /// <summary>The 1.x interface: package libgpiod2, as in Debian 12.</summary>
    LibGpiod,

    /// <summary>The 2.x interface: package libgpiod3, as in Debian 13.</summary>
    LibGpiodV2,

    /// <summary>What System.Device.Gpio takes for the board it recognises; which one that is differs between revisions of one board.</summary>
    Auto,
}

/// <summary>Lamps and buttons on GPIO pins. Numbers are line numbers of the chip (on a Raspberry Pi: BCM numbers);
/// the defaults are the pin map of hardware/board.</summary>
public sealed class PanelGpioOptions
{
    /// <summary>The box has a panel on its pins. Default false: a box without one is served by its page.</summary>
    public bool Enabled { get; set; }

    /// <summary>Default libgpiod 1.x, the one of the appliance's Debian 12.</summary>
    public GpioAccess Access { get; set; } = GpioAccess.LibGpiod;

    /// <summary>Number N of /dev/gpiochipN, unless access is Auto. Default 0 (Raspberry Pi 5 on kernels before 6.6.45: 4).</summary>
    [Range(0, 15)]
    public int Chip { get; set; }

    /// <summary>A contact counts when it has not changed for this long. Default 20 ms, twice the bounce of ordinary push buttons.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:00.100")]
    public TimeSpan Debounce { get; set; } = ButtonTiming.Default.Debounce;

    /// <summary>A button kept down this long is held. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:15")]
    public TimeSpan Hold { get; set; } = ButtonTiming.Default.Hold;

    /// <summary>How often pins are looked at and lamps set. Default 20 ms: with the debounce time well under the 200 ms
    /// in which all faces must agree, and five looks in the shortest blink.</summary>
    [Range(typeof(TimeSpan), "00:00:00.005", "00:00:00.050")]
    public TimeSpan Tick { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Wait before trying again when the pins cannot be reached. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Buttons close to ground and the pin is pulled up. Default true.</summary>
    public bool ButtonsActiveLow { get; set; } = true;

    /// <summary>A lamp is lit by a low pin (LEDs with a common anode). Default false.</summary>
    public bool LampsActiveLow { get; set; }

    public ButtonPins Buttons { get; set; } = new();
    public LampPins Power { get; set; } = new() { Red = 5, Green = 6 };
    public LampPins Link { get; set; } = new() { Red = 12, Green = 13 };
    public LampPins Lesson { get; set; } = new() { Red = 16, Green = 19, Blue = 20 };
    public LampPins Feedback { get; set; } = new() { White = 21 };

    public ButtonTiming Timing => new(Debounce, Hold);

    public LampPins Lamp(PanelLamp lamp) => lamp switch
    {
        PanelLamp.Power => Power,
        PanelLamp.Link => Link,
        PanelLamp.Lesson => Lesson,
        PanelLamp.Feedback => Feedback,
        _ => throw new ArgumentOutOfRangeException(nameof(lamp)),
    };

    /// <summary>What is wrong with the pin map, in words for the technician; empty = sound.</summary>
    public IEnumerable<string> Problems()
    {
        int[] pins = [.. Buttons.All.Select(button => button.Pin), .. Enum.GetValues<PanelLamp>().SelectMany(lamp => Lamp(lamp).All)];
        foreach (int pin in pins.Where(pin => pin is < 0 or > 511).Distinct())
            yield return $"Panel:Gpio: there is no pin {pin}";
        foreach (IGrouping<int, int> pin in pins.GroupBy(pin => pin).Where(group => group.Count() > 1))
            yield return $"Panel:Gpio: pin {pin.Key} is used {pin.Count()} times";
        foreach (PanelLamp lamp in Enum.GetValues<PanelLamp>().Where(lamp => Lamp(lamp).All.Any()))
        {
            foreach (LampColour colour in PanelLamps.ColoursOf(lamp).Where(colour => !Lamp(lamp).CanShow(colour)))
                yield return $"Panel:Gpio:{lamp}: its pins cannot show {colour}";
        }
    }
}

/// <summary>One pin per button; -1 = the board lacks this button.</summary>
public sealed class ButtonPins
{
    public int Start { get; set; } = 17;
    public int Pause { get; set; } = 27;
    public int Next { get; set; } = 22;
    public int Language { get; set; } = 23;
    public int Help { get; set; } = 24;
    public int SafeOff { get; set; } = 25;

    public IEnumerable<(PanelButton Button, int Pin)> All =>
        from button in ((PanelButton Button, int Pin)[])
        [
            (PanelButton.Start, Start), (PanelButton.Pause, Pause), (PanelButton.Next, Next),
            (PanelButton.Language, Language), (PanelButton.Help, Help), (PanelButton.SafeOff, SafeOff),
        ]
        where button.Pin != LampPins.NoPin
        select button;
}

/// <summary>The LEDs of one lamp: bi-colour (red, green), RGB, or a single white one; -1 = not there. None at all = the board lacks this lamp.</summary>
public sealed class LampPins
{
    /// <summary>Says that there is no such pin. Not null: configuration cannot put null over a default.</summary>
    public const int NoPin = -1;

    public int Red { get; set; } = NoPin;
    public int Green { get; set; } = NoPin;
    public int Blue { get; set; } = NoPin;
    public int White { get; set; } = NoPin;

    public IEnumerable<int> All => ((int[])[Red, Green, Blue, White]).Where(pin => pin != NoPin);

    /// <summary>The pins that are lit for <paramref name="colour"/>: amber is red and green, white is its own LED or all three.</summary>
    public IEnumerable<int> LitFor(LampColour colour) => Parts(colour).Where(pin => pin != NoPin);

    public bool CanShow(LampColour colour) => !Parts(colour).Contains(NoPin);

    private int[] Parts(LampColour colour) => colour switch
    {
        LampColour.Red => [Red],
        LampColour.Green => [Green],
        LampColour.Blue => [Blue],
        LampColour.Amber => [Red, Green],
        LampColour.White when White != NoPin => [White],
        LampColour.White => [Red, Green, Blue],
        _ => [],
    };
}
