using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Edge.Box;

/// <summary>Where the box keeps its things and listens. Section <c>Box</c>.</summary>
public sealed class BoxOptions : IValidatableObject
{
    /// <summary>Folder of content, outbox, recordings and identity. Default <c>box-data</c> in the working folder.</summary>
    [Required]
    public string DataFolder { get; set; } = "box-data";

    /// <summary>Address the school's site listens on. Default all: the LAN.</summary>
    [Required]
    public string Address { get; set; } = "0.0.0.0";

    /// <summary>Port of the school's site (HTTP). Default 8080, 80 on the appliance; 0 takes a free one.</summary>
    [Range(0, 65535)]
    public int Port { get; set; } = 8080;

    /// <summary>Port of the interactive tools in packs (HTTP), an origin of their own. Default 8090, on the appliance too; 0 takes a free one. Phones must reach it as they reach the site.</summary>
    [Range(0, 65535)]
    public int ToolPort { get; set; } = 8090;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
            yield return new ValidationResult($"\"{Address}\" is no IP address", [nameof(Address)]);
        if (ToolPort == Port && Port != 0)
            yield return new ValidationResult("the tools need a port of their own", [nameof(ToolPort)]);
    }
}

[OptionsValidator]
public sealed partial class BoxOptionsValidator : IValidateOptions<BoxOptions>;
