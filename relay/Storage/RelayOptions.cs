using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Relay.Storage;

/// <summary>Where the relay keeps its things and under which names and ports it is reached. Section <c>Relay</c>.</summary>
public sealed class RelayOptions : IValidatableObject
{
    /// <summary>Folder of database, content, recordings and keys. Default <c>relay-data</c> in the working folder.</summary>
    [Required]
    public string DataFolder { get; set; } = "relay-data";

    /// <summary>Names boxes use to reach the relay, parted by commas; they stand in its certificate. Default <c>localhost</c>.
    /// Names, not addresses: TLS sessions resume only by name.</summary>
    [Required]
    public string PublicNames { get; set; } = "localhost";

    /// <summary>Address the console and the staff API listen on. Default loopback only: put a reverse proxy with TLS before it.</summary>
    [Required]
    public string ConsoleAddress { get; set; } = "127.0.0.1";

    /// <summary>Port of console and staff API (HTTP). Default 9000; 0 takes a free one.</summary>
    [Range(0, 65535)]
    public int ConsolePort { get; set; } = 9000;

    /// <summary>Address the box API listens on. Default all.</summary>
    [Required]
    public string BoxAddress { get; set; } = "0.0.0.0";

    /// <summary>Port of the box API (HTTPS, client certificates). Default 9443; 0 takes a free one.</summary>
    [Range(0, 65535)]
    public int BoxPort { get; set; } = 9443;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(ConsoleAddress, out _))
            yield return new ValidationResult($"\"{ConsoleAddress}\" is no IP address", [nameof(ConsoleAddress)]);
        if (!IPAddress.TryParse(BoxAddress, out _))
            yield return new ValidationResult($"\"{BoxAddress}\" is no IP address", [nameof(BoxAddress)]);
        if (Names.Count == 0)
            yield return new ValidationResult("at least one name is needed", [nameof(PublicNames)]);
    }

    public IReadOnlyList<string> Names => PublicNames.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

[OptionsValidator]
public sealed partial class RelayOptionsValidator : IValidateOptions<RelayOptions>;
