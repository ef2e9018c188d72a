using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Feedback;

/// <summary>How exported statements name this system. Section <c>Export</c>.</summary>
public sealed class ExportOptions
{
    /// <summary>Address that the actors and activities of exported xAPI statements begin with; one of the school system's own, and never changed after the first export: other systems know the actors by it.</summary>
    [Required]
    public Uri HomePage { get; set; } = new("https://relay.invalid/");
}

[OptionsValidator]
internal sealed partial class ExportOptionsValidator : IValidateOptions<ExportOptions>;
