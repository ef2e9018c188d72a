using System.ComponentModel.DataAnnotations;
using Edge.Core.Feedback;
using Microsoft.Extensions.Options;

namespace Edge.Box.Feedback;

/// <summary>Photos and sounds that go with questions. Section <c>Attachment</c>.</summary>
public sealed class AttachmentOptions
{
    /// <summary>Longest photo as it comes. Default 2 MiB; with script the page makes it some 200 kB before it sends it.</summary>
    [Range(64 << 10, Attachment.MaxLengthBytes)]
    public int MaxPhotoBytes { get; set; } = 2 << 20;

    /// <summary>Longest sound in bytes. Default 1 MiB.</summary>
    [Range(16 << 10, Attachment.MaxLengthBytes)]
    public int MaxSoundBytes { get; set; } = 1 << 20;

    /// <summary>Longest sound in time. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00")]
    public TimeSpan MaxSoundLength { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Most bytes of photos and sounds kept, sent or not. Default 256 MiB. What is sent makes room first; then new ones are refused, while the words are taken.</summary>
    [Range(1L << 20, 1L << 36)]
    public long RoomBytes { get; set; } = 256L << 20;

    /// <summary>Free bytes on disk under which none is taken. Default 512 MiB: what people write comes first.</summary>
    [Range(0L, 1L << 40)]
    public long ReserveBytes { get; set; } = 512L << 20;

    /// <summary>Hours that the box has run since the relay has one, after which it is removed here. Default 336: two weeks of a box that is always on.</summary>
    [Range(1, 24 * 365)]
    public int KeptHours { get; set; } = 14 * 24;

    /// <summary>Longest piece taken of a phone. Default 64 KiB, which is what our page sends.</summary>
    [Range(64 << 10, 1 << 20)]
    public int PhonePieceBytes { get; set; } = 64 << 10;

    /// <summary>Most photos and sounds that are on their way from phones; of more, the one that stands still longest is begun anew. Default 64: a class.</summary>
    [Range(1, 1000)]
    public int MaxComing { get; set; } = 64;

    /// <summary>Longest piece between box and relay. Default 32 KiB: four seconds of the slowest link we serve, then what is more urgent has its turn.</summary>
    [Range(4 << 10, 256 << 10)]
    public int RelayPieceBytes { get; set; } = 32 << 10;

    /// <summary>Longest wait for the relay's word to one piece. Default 60 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Rest after the relay was not reached, or did not take one. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan Rest { get; set; } = TimeSpan.FromSeconds(30);

    internal AttachmentLimits Limits => new(MaxPhotoBytes, MaxSoundBytes, MaxSoundLength);
}

[OptionsValidator]
public sealed partial class AttachmentOptionsValidator : IValidateOptions<AttachmentOptions>;
