namespace Edge.Core.Identity;

/// <summary>Names of schools, packs and lessons as they stand in addresses, file names and topics:
/// 1 to 64 lower-case letters, digits and hyphens, not starting with a hyphen.</summary>
public static class Slug
{
    public const int MaxLength = 64;

    public static bool IsValid(string? text)
    {
        if (text is null || text.Length is 0 or > MaxLength || text[0] == '-')
            return false;
        foreach (char c in text)
        {
            if (c is not (>= 'a' and <= 'z' or >= '0' and <= '9' or '-'))
                return false;
        }
        return true;
    }

    /// <summary>Makes a slug of a name people gave; letters outside ASCII are dropped.</summary>
    /// <returns>A valid slug, or null when nothing usable is left.</returns>
    public static string? From(string name)
    {
        Span<char> kept = stackalloc char[MaxLength];
        int length = 0;
        foreach (char c in name)
        {
            if (length == MaxLength)
                break;
            char lower = char.ToLowerInvariant(c);
            if (lower is >= 'a' and <= 'z' or >= '0' and <= '9')
                kept[length++] = lower;
            else if (length > 0 && kept[length - 1] != '-')
                kept[length++] = '-';
        }
        string slug = new string(kept[..length]).TrimEnd('-');
        return IsValid(slug) ? slug : null;
    }
}
