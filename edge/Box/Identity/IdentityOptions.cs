using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Identity;

/// <summary>Which relay this box belongs to. Section <c>Identity</c>.</summary>
public sealed class IdentityOptions : IValidatableObject
{
    /// <summary>The relay's box API. Default <c>https://localhost:9443</c>. A name, not an address: TLS sessions resume only by name.</summary>
    [Required]
    public Uri RelayUrl { get; set; } = new("https://localhost:9443");

    /// <summary>PEM file of the relay's authority, the only one this box trusts. Default <c>ca.pem</c> in the data folder, as the image puts it.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>How often a box that waits for its claim asks. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan ClaimPollInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How often the age of the certificate is looked at. Default 12 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan RenewalCheckInterval { get; set; } = TimeSpan.FromHours(12);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!RelayUrl.IsAbsoluteUri || RelayUrl.Scheme != Uri.UriSchemeHttps)
            yield return new ValidationResult($"\"{RelayUrl}\" is no https:// address", [nameof(RelayUrl)]);
    }
}

[OptionsValidator]
public sealed partial class IdentityOptionsValidator : IValidateOptions<IdentityOptions>;
