using System.Text;

namespace Edge.Core.Live;

/// <summary>A line of text that belongs to a lesson's speech.</summary>
/// <param name="Number">In the order in which the relay took them in, from 1, over all languages of the lesson.</param>
/// <param name="Language">BCP 47.</param>
/// <param name="Start">Second of the lesson.</param>
/// <param name="Text">Plain text, never markup; lines are parted by line feeds.</param>
public sealed record Caption(long Number, string Language, TimeSpan Start, TimeSpan End, string Text)
{
    /// <summary>Letters of one caption: four long lines.</summary>
    public const int MaxTextLength = 400;

    /// <summary>Longest that one is shown.</summary>
    public static readonly TimeSpan MaxLength = TimeSpan.FromSeconds(60);

    /// <summary>No lesson lasts longer.</summary>
    public static readonly TimeSpan MaxSecond = TimeSpan.FromHours(24);

    /// <summary>Is this a language tag that may stand in lists and addresses?</summary>
    public static bool IsLanguage(string tag)
    {
        if (tag.Length is < 2 or > 16 || !char.IsAsciiLetter(tag[0]) || !char.IsAsciiLetter(tag[1]) || tag[^1] == '-')
            return false;
        return tag.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');
    }

    /// <summary>Text without control letters, empty lines and blanks at the ends of lines.</summary>
    /// <returns>Null when nothing is left or it is too long.</returns>
    public static string? Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (string line in text.Split('\n', '\r'))
        {
            string kept = string.Concat(line.Where(letter => !char.IsControl(letter))).Trim();
            if (kept.Length > 0)
                clean.Append(clean.Length > 0 ? "\n" : "").Append(kept);
        }
        return clean.Length is > 0 and <= MaxTextLength ? clean.ToString() : null;
    }

    public bool IsSound => Number > 0 && IsLanguage(Language) && Start >= TimeSpan.Zero && Start < End && End <= MaxSecond && End - Start <= MaxLength && Clean(Text) == Text;
}
