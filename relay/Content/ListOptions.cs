using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Content;

/// <summary>For how long lists are signed. Section <c>List</c>. A box whose lists are older warns; nothing stops.</summary>
public sealed class ListOptions
{
    /// <summary>For how long a school's plan is signed; it is renewed when half is over. Default 30 days: a school that was away for the holidays is no news.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "3650.00:00:00")]
    public TimeSpan PlanLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>For how long the catalogue is signed; it is renewed when half is over. Default 120 days: each renewal travels to every box.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "3650.00:00:00")]
    public TimeSpan CatalogueLifetime { get; set; } = TimeSpan.FromDays(120);
}

[OptionsValidator]
public sealed partial class ListOptionsValidator : IValidateOptions<ListOptions>;
