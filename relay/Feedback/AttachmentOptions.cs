using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Feedback;

/// <summary>Photos and sounds that go with questions. Section <c>Attachment</c>.</summary>
public sealed class AttachmentOptions
{
    /// <summary>Most bytes of photos and sounds taken of one box in a day (UTC). Default 64 MiB.</summary>
    [Range(1L << 20, 1L << 40)]
    public long BoxDayBytes { get; set; } = 64L << 20;

    /// <summary>Longest piece taken. Default 256 KiB.</summary>
    [Range(4 << 10, 4 << 20)]
    public int MaxPieceBytes { get; set; } = 256 << 10;

    /// <summary>Free bytes on disk under which none is taken. Default 1 GiB: what people wrote comes first.</summary>
    [Range(0L, 1L << 40)]
    public long ReserveBytes { get; set; } = 1L << 30;
}

[OptionsValidator]
public sealed partial class AttachmentOptionsValidator : IValidateOptions<AttachmentOptions>;
