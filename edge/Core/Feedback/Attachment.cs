using System.Globalization;
using Edge.Core.Content;

namespace Edge.Core.Feedback;

/// <summary>What may go with a question.</summary>
public enum AttachmentType
{
    /// <summary>A photo.</summary>
    Jpeg,
    /// <summary>Sound in MP4 or 3GP, as the recorders of phones give it.</summary>
    Mp4,
    /// <summary>Sound in AMR, as older recorders give it.</summary>
    Amr,
}

/// <summary>A photo or a sound that goes with a question, named by its content. As a name it is the question's <see cref="FeedbackItem.Subject"/>, so that who gets the question knows what is to come.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Hash">Of its bytes.</param>
/// <param name="LengthBytes">1 to <see cref="MaxLengthBytes"/>.</param>
public sealed record Attachment(AttachmentType Type, ChunkId Hash, int LengthBytes)
{
    /// <summary>Longest that any box sends and any relay takes.</summary>
    public const int MaxLengthBytes = 4 << 20;

    public bool IsPhoto => Type == AttachmentType.Jpeg;

    /// <summary>What it is served as.</summary>
    public string ContentType => Type switch
    {
        AttachmentType.Jpeg => "image/jpeg",
        AttachmentType.Mp4 => "audio/mp4",
        _ => "audio/amr",
    };

    /// <summary>End of a file's name.</summary>
    public string Extension => Type switch
    {
        AttachmentType.Jpeg => "jpg",
        AttachmentType.Mp4 => "m4a",
        _ => "amr",
    };

    public static Attachment Of(AttachmentType type, ReadOnlySpan<byte> bytes) => new(type, ChunkId.Of(bytes), bytes.Length);

    /// <returns>False when <paramref name="name"/> is not exactly what <see cref="ToString"/> gives.</returns>
    public static bool TryParse(string? name, out Attachment attachment)
    {
        attachment = null!;
        if (name?.Split('-') is not [var typeName, var hex, var length])
            return false;
        AttachmentType? type = typeName switch { "jpeg" => AttachmentType.Jpeg, "mp4" => AttachmentType.Mp4, "amr" => AttachmentType.Amr, _ => null };
        if (type is null || !ChunkId.TryParse(hex, out ChunkId hash) || !int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out int lengthBytes))
            return false;
        if (lengthBytes is < 1 or > MaxLengthBytes || length[0] == '0')
            return false;
        attachment = new Attachment(type.Value, hash, lengthBytes);
        return true;
    }

    /// <summary>Its name: type, hash and length, safe in addresses and as a file's name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Type switch { AttachmentType.Jpeg => "jpeg", AttachmentType.Mp4 => "mp4", _ => "amr" })}-{Hash}-{LengthBytes}");
}
