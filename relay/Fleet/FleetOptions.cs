using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Fleet;

/// <summary>Limits of the claim. Section <c>Fleet</c>.</summary>
public sealed class FleetOptions
{
    /// <summary>How long a claim code can be claimed. Default 24 h: plugged in today, claimed tomorrow morning.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan ClaimCodeLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Most boxes waiting for their claim at once. Default 10 000: more is an attack, not a roll-out.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaitingBoxes { get; set; } = 10_000;
}

[OptionsValidator]
public sealed partial class FleetOptionsValidator : IValidateOptions<FleetOptions>;
