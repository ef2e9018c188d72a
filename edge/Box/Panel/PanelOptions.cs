using System.ComponentModel.DataAnnotations;
using Edge.Hardware;
using Microsoft.Extensions.Options;

namespace Edge.Box.Panel;

public sealed class PanelOptions
{
    /// <summary>How often the panel looks at the box's facts. Default 100 ms: half of the 200 ms in which all faces must agree.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:00.100")]
    public TimeSpan Evaluate { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest time that a question for the next state is kept open. Default 25 s, under the 30 s after which many proxies give up.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:00:25")]
    public TimeSpan LongPoll { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>Questions kept open at one time; more are told to come back in two seconds. Default 100 screens.</summary>
    [Range(1, 1000)]
    public int MaxWaiting { get; set; } = 100;

    /// <summary>Effects waiting to be acted on; when full, presses are refused until there is room. Default 64.</summary>
    [Range(8, 1024)]
    public int EffectQueue { get; set; } = 64;

    /// <summary>Longest time for acting on one effect. Default 10 s: the next one may be SAFE OFF.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan EffectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Least time between two writes of the panel's memory to disk. Default 1 s, to spare the card.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan RememberEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Lessons of the timetable begin on the screen by themselves when their time comes; off: with START only. Default on.</summary>
    public bool StartsAtBell { get; set; } = true;

    /// <summary>Class that sits before the screen, as the timetable writes it ("3A"): of two lessons at one time its own is shown. Default empty: the one that began first.</summary>
    [StringLength(40)]
    public string Class { get; set; } = "";

    [ValidateObjectMembers]
    public PanelGpioOptions Gpio { get; set; } = new();
}

[OptionsValidator]
public sealed partial class PanelOptionsValidator : IValidateOptions<PanelOptions>;

/// <summary>The pin map as a whole: no pin twice, every lamp able to show its colours.</summary>
public sealed class PanelPinsValidator : IValidateOptions<PanelOptions>
{
    public ValidateOptionsResult Validate(string? name, PanelOptions options) =>
        options.Gpio.Enabled && options.Gpio.Problems().ToArray() is { Length: > 0 } problems
            ? ValidateOptionsResult.Fail(problems)
            : ValidateOptionsResult.Success;
}
