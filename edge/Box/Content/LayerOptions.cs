using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>What the school may lay over packs. Section <c>Layer</c>.</summary>
public sealed class LayerOptions
{
    /// <summary>Room for all files of the school's own. Default 2 GiB.</summary>
    [Range(1 << 20, 1L << 40)]
    public long QuotaBytes { get; set; } = 2L << 30;

    /// <summary>Longest file that a teacher may bring. Default 256 MiB: half an hour of a phone's video at a modest size.</summary>
    [Range(1 << 10, 12L << 30)]
    public long MaxFileBytes { get; set; } = 256L << 20;
}

[OptionsValidator]
public sealed partial class LayerOptionsValidator : IValidateOptions<LayerOptions>;
