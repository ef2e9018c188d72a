using System.Globalization;
using System.Text;

namespace Edge.Core.Content;

/// <summary>Cuts text into the terms by which the library is searched. Words of scripts with spaces are terms; of scripts without (Chinese, Yi, Japanese, Korean)
/// each character is one and each pair of neighbours is one, so that a single character finds, and two find more exactly.
/// Capitals, wide forms and accents do not count.</summary>
public static class SearchText
{
    /// <summary>Longest term in characters; what is longer is cut.</summary>
    public const int MaxTermLength = 40;

    /// <summary>Most terms of one question.</summary>
    public const int MaxQueryTerms = 24;

    /// <summary>Longest question in characters; the rest is passed over.</summary>
    public const int MaxQueryLength = 200;

    private const int DigitsInKey = 6;

    /// <summary>The terms of a text that is to be found.</summary>
    public static IEnumerable<string> Terms(string text)
    {
        foreach (Run run in Runs(text))
        {
            if (!run.Dense)
            {
                yield return run.Text;
                continue;
            }
            for (int i = 0; i < run.Characters.Count; i++)
            {
                yield return run.Characters[i];
                if (i > 0)
                    yield return run.Characters[i - 1] + run.Characters[i];
            }
        }
    }

    /// <summary>What must all be in a text that answers <paramref name="query"/>. A word may go on (<c>Prefix</c>); characters of dense scripts are asked for in pairs.</summary>
    public static IReadOnlyList<(string Term, bool Prefix)> Wanted(string query)
    {
        var wanted = new List<(string, bool)>();
        foreach (Run run in Runs(query.Length > MaxQueryLength ? query[..MaxQueryLength] : query))
        {
            if (!run.Dense)
                wanted.Add((run.Text, true));
            else if (run.Characters.Count == 1)
                wanted.Add((run.Characters[0], false));
            else
                wanted.AddRange(run.Characters.Skip(1).Select((character, i) => (run.Characters[i] + character, false)));
        }
        return [.. wanted.Distinct().Take(MaxQueryTerms)];
    }

    /// <summary>A key by which texts stand in the order that people expect: capitals as small letters, numbers by their value.</summary>
    public static string SortKey(string text)
    {
        var key = new StringBuilder(text.Length + DigitsInKey);
        string plain = Fold(text);
        for (int i = 0; i < plain.Length; i++)
        {
            int digits = 0;
            while (i + digits < plain.Length && char.IsAsciiDigit(plain[i + digits]))
                digits++;
            if (digits > 0)
            {
                key.Append('0', Math.Max(0, DigitsInKey - digits)).Append(plain, i, digits);
                i += digits - 1;
            }
            else
            {
                key.Append(plain[i]);
            }
        }
        return key.ToString();
    }

    private readonly record struct Run(bool Dense, string Text, List<string> Characters);

    private static IEnumerable<Run> Runs(string text)
    {
        var word = new StringBuilder();
        var dense = new List<string>();
        foreach (Rune rune in Fold(text).EnumerateRunes())
        {
            bool isDense = IsDense(rune.Value);
            bool isPart = isDense || IsWordPart(rune);
            if (dense.Count > 0 && !isDense)
            {
                yield return new Run(true, "", [.. dense]);
                dense.Clear();
            }
            if (word.Length > 0 && (isDense || !isPart))
            {
                yield return Word(word);
                word.Clear();
            }
            if (isDense)
                dense.Add(rune.ToString());
            else if (isPart)
                word.Append(rune.ToString());
        }
        if (dense.Count > 0)
            yield return new Run(true, "", dense);
        if (word.Length > 0)
            yield return Word(word);
    }

    private static Run Word(StringBuilder word) => new(false, word.ToString(0, Math.Min(word.Length, MaxTermLength)), []);

    private static string Fold(string text)
    {
        // A half of a surrogate pair has no normal form.
        var folded = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            folded.Append(rune.ToString());
        string apart = folded.ToString().Normalize(NormalizationForm.FormKD).ToLowerInvariant();
        folded.Clear();
        foreach (char c in apart)
        {
            if (c is < '\u0300' or > '\u036F')
                folded.Append(c);
        }
        return folded.ToString().Normalize(NormalizationForm.FormKC);
    }

    private static bool IsWordPart(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    /// <summary>Scripts that are written without spaces: kana, Han, Yi, Hangul.</summary>
    private static bool IsDense(int value) =>
        value is (>= 0x3040 and <= 0x30FF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xA000 and <= 0xA48C) or (>= 0xAC00 and <= 0xD7A3)
            or (>= 0xF900 and <= 0xFAFF) or (>= 0x20000 and <= 0x3FFFF) or 0x3005 or 0x3007;
}
