using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Access;

/// <summary>Classes with a PIN and the phones in them. Section <c>Access</c>.</summary>
public sealed class AccessOptions
{
    /// <summary>A seat that gave nothing for so long is signed out: phones are shared. Counted while the box runs. Default 90 min: a double lesson.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "12:00:00")]
    public TimeSpan SeatIdle { get; set; } = TimeSpan.FromMinutes(90);

    /// <summary>So long after the end of the lesson in which it came in a seat is signed out, where the box knows the time. Default 10 min: to finish a sentence.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "02:00:00")]
    public TimeSpan SeatAfterLesson { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most classes with a PIN. Default 100.</summary>
    [Range(1, 1_000)]
    public int MaxClasses { get; set; } = 100;

    /// <summary>Most phones that are in a class at one time; the one that was quiet longest leaves for a further one. Default 2000.</summary>
    [Range(50, 20_000)]
    public int MaxSeats { get; set; } = 2_000;

    /// <summary>Most phones that the box knows again; the one that joined longest ago is forgotten for a further one. Default 4000.</summary>
    [Range(50, 40_000)]
    public int MaxPhones { get; set; } = 4_000;
}

[OptionsValidator]
public sealed partial class AccessOptionsValidator : IValidateOptions<AccessOptions>;
