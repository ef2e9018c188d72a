using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Content;

/// <summary>How the relay prepares updates of packs. Section <c>Content</c>.</summary>
public sealed class ContentOptions
{
    /// <summary>From how many versions before the newest there is a delta and a bundle. Default 3: a box that was off for longer takes chunks.</summary>
    [Range(0, 10)]
    public int UpdatesFrom { get; set; } = 3;

    /// <summary>How long publishing waits for bundles that are being made, so that boxes find them at once. Default 20 s; they are begun when a version is built, and boxes do without until they are there.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan UpdateWait { get; set; } = TimeSpan.FromSeconds(20);
}

[OptionsValidator]
public sealed partial class ContentOptionsValidator : IValidateOptions<ContentOptions>;
