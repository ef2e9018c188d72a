using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Console;

/// <summary>What the console calls silent, and how much one page lists. Section <c>Console</c>.</summary>
public sealed class ConsoleOptions
{
    /// <summary>A box without a link for so long is called silent; before that it works from its store, which is normal.
    /// Default 24 h: schools switch off at night.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "60.00:00:00")]
    public TimeSpan SilentAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Most rows on one page. Default 50.</summary>
    [Range(5, 500)]
    public int PageRows { get; set; } = 50;
}

[OptionsValidator]
public sealed partial class ConsoleOptionsValidator : IValidateOptions<ConsoleOptions>;
