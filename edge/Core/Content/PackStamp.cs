using System.Globalization;

namespace Edge.Core.Content;

/// <summary>Names one state of a pack at a school for good: the signed version, and how many changes the school had laid over it.
/// Text form in addresses: <c>7</c>, or <c>7.3</c> with changes. A page that was made from a state asks for files of that state.</summary>
public readonly record struct PackStamp(long Version, long Layer)
{
    private const int MaxLength = 39;

    public static bool TryParse(ReadOnlySpan<char> text, out PackStamp stamp)
    {
        stamp = default;
        int dot = text.IndexOf('.');
        long layer = 0;
        if (text.Length > MaxLength || !TryNumber(dot < 0 ? text : text[..dot], out long version) || (dot >= 0 && !TryNumber(text[(dot + 1)..], out layer)))
            return false;
        stamp = new PackStamp(version, layer);
        return true;
    }

    public override string ToString() =>
        Layer == 0 ? Version.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{Version}.{Layer}");

    /// <summary>From 1, in its one spelling.</summary>
    private static bool TryNumber(ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        return text.Length > 0 && text[0] is >= '1' and <= '9' && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
