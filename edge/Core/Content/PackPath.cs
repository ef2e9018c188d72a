using System.Globalization;
using System.Text;

namespace Edge.Core.Content;

/// <summary>Paths of files inside a pack. What is not plainly harmless on every system is refused, when a pack is built and again when a manifest is read:
/// letters, marks, digits, punctuation and symbols of any script, parts divided by '/', in Unicode normal form C.</summary>
public static class PackPath
{
    /// <summary>Longest path in UTF-8.</summary>
    public const int MaxBytes = 1024;

    /// <summary>Longest part between two slashes in UTF-8, as file systems have it.</summary>
    public const int MaxPartBytes = 255;

    /// <summary>Deepest nesting, the file itself counted.</summary>
    public const int MaxParts = 16;

    private const string Forbidden = "\\:*?\"<>|";

    /// <returns>What is wrong with the path, in words for its author; null when it is fine.</returns>
    public static string? Problem(string path)
    {
        // The length in characters first: a path of megabytes is not worth encoding.
        if (path.Length is 0 or > MaxBytes || Encoding.UTF8.GetByteCount(path) > MaxBytes)
            return $"a path has 1 to {MaxBytes} bytes";
        if (CharacterProblem(path) is { } problem)
            return problem;
        if (!path.IsNormalized(NormalizationForm.FormC))
            return "the name is not in Unicode normal form C";
        string[] parts = path.Split('/');
        if (parts.Length > MaxParts)
            return $"more than {MaxParts} folders deep";
        foreach (string part in parts)
        {
            if (PartProblem(part) is { } partProblem)
                return partProblem;
        }
        return null;
    }

    /// <summary>Looks for paths that cannot stand beside each other on a disk that ignores case: the same name twice, or a file that is also a folder.</summary>
    /// <returns>The first path that clashes with an earlier one; null when there is none.</returns>
    public static string? FirstClash(IEnumerable<string> paths)
    {
        var files = new HashSet<string>(StringComparer.Ordinal);
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            string folded = path.ToUpperInvariant();
            if (folders.Contains(folded) || !files.Add(folded))
                return path;
            for (int slash = folded.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = folded.IndexOf('/', slash + 1))
            {
                string folder = folded[..slash];
                if (files.Contains(folder))
                    return path;
                folders.Add(folder);
            }
        }
        return null;
    }

    private static string? CharacterProblem(string path)
    {
        for (int i = 0; i < path.Length; i++)
        {
            if (!Rune.TryGetRuneAt(path, i, out Rune rune))
                return "half a character (lone surrogate)";
            i += rune.Utf16SequenceLength - 1;
            if (rune.IsAscii && Forbidden.Contains((char)rune.Value))
                return $"the character {rune} is not allowed";
            bool allowed = rune.Value is ' ' or 0x3000 || Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            if (!allowed)
                return $"the character U+{rune.Value:X4} is not allowed";
        }
        return null;
    }

    private static string? PartProblem(string part)
    {
        if (part.Length == 0)
            return "an empty part: no slash at the start, at the end, or twice";
        if (part[0] == '.')
            return "a part begins with a dot";
        if (part[^1] == '.' || part[0] is ' ' or '\u3000' || part[^1] is ' ' or '\u3000')
            return "a part ends with a dot, or begins or ends with a space";
        if (Encoding.UTF8.GetByteCount(part) > MaxPartBytes)
            return $"a part is over {MaxPartBytes} bytes";
        return IsReserved(part) ? $"{part} is a reserved name on some systems" : null;
    }

    /// <summary>Device names of Windows, with or without extension.</summary>
    private static bool IsReserved(string part)
    {
        string stem = part.Split('.')[0].TrimEnd().ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL"
            || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal)) && char.IsDigit(stem[3]));
    }
}
