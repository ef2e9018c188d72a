namespace Edge.Core.Feedback;

/// <summary>How long what goes with a question may be.</summary>
public readonly record struct AttachmentLimits(int PhotoBytes, int SoundBytes, TimeSpan SoundLength);

/// <summary>Knows photos and sounds by their content; names and types that a sender gives do not count.</summary>
public static class AttachmentCheck
{
    /// <returns>What it is and its bytes without place and names; null when it is nothing that is taken, or too long.</returns>
    public static (Attachment Attachment, byte[] Bytes)? Take(ReadOnlySpan<byte> file, AttachmentLimits limits)
    {
        if (file.Length <= limits.PhotoBytes && JpegFilter.Clean(file) is { } photo)
            return (Attachment.Of(AttachmentType.Jpeg, photo), photo);
        if (file.Length > limits.SoundBytes)
            return null;
        if (SoundFilter.CleanMp4(file, limits.SoundLength) is { } sound)
            return (Attachment.Of(AttachmentType.Mp4, sound), sound);
        return SoundFilter.CleanAmr(file, limits.SoundLength) is { } amr ? (Attachment.Of(AttachmentType.Amr, amr), amr) : null;
    }
}
