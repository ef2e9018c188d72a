using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Neighbours;

/// <summary>How boxes on one LAN help each other. Section <c>Neighbour</c>.</summary>
public sealed class NeighbourOptions : IValidatableObject
{
    /// <summary>Find other boxes by DNS-SD and be found. Default true; needs Debian's avahi-daemon and avahi-utils, and does without when they are not there.</summary>
    public bool Discovery { get; set; } = true;

    /// <summary>Boxes to ask besides those found, <c>address:port</c> parted by commas. Default none.</summary>
    public string Known { get; set; } = "";

    /// <summary>Longest silence of a neighbour. Default 3 s: on a LAN that is long, and the WAN waits meanwhile.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Slower than this a neighbour is left. Default 64 KiB/s: what a good WAN gives.</summary>
    [Range(0, 1 << 30)]
    public int LeastBytesPerSecond { get; set; } = 64 << 10;

    /// <summary>After this time strikes of a neighbour are forgotten. Default 30 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan ForgetAfter { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Neighbours that are served at one time; others are told to come later. Default 2.</summary>
    [Range(0, 64)]
    public int MostServed { get; set; } = 2;

    /// <summary>Bytes a second given to all neighbours together. Default 4 MiB/s: a third of a 100 Mbit/s network stays for hundreds of viewers.</summary>
    [Range(1 << 10, 1 << 30)]
    public int ServedBytesPerSecond { get; set; } = 4 << 20;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string known in KnownHosts.Where(known => !Uri.TryCreate($"http://{known}/", UriKind.Absolute, out _)))
            yield return new ValidationResult($"\"{known}\" is no address:port", [nameof(Known)]);
    }

    internal IEnumerable<string> KnownHosts => Known.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

[OptionsValidator]
public sealed partial class NeighbourOptionsValidator : IValidateOptions<NeighbourOptions>;
