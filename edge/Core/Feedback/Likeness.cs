using System.Collections.Immutable;
using System.Text;

namespace Edge.Core.Feedback;

/// <summary>How alike two texts are in their letters: pairs of neighbouring characters, so that it does without knowing words and works for Chinese as for English.
/// It proposes; a person decides.</summary>
public static class Likeness
{
    /// <summary>From here on two texts are offered as alike: three fifths of their pairs are the same.</summary>
    public const int AlikePercent = 60;

    /// <summary>How much of the pairs of two texts is the same (Dice): 0 to 100. Case, width, spaces and punctuation do not count.</summary>
    public static int Percent(string one, string other) => Percent(PairsOf(one), PairsOf(other));

    /// <summary>Texts that are alike, directly or over others in between: each group with at least two, by their places in <paramref name="texts"/>.
    /// Which texts are together does not depend on their order.</summary>
    public static ImmutableArray<ImmutableArray<int>> Groups(IReadOnlyList<string> texts)
    {
        HashSet<(int, int)>[] pairs = [.. texts.Select(PairsOf)];
        int[] leader = [.. Enumerable.Range(0, texts.Count)];
        int LeaderOf(int i) => leader[i] == i ? i : leader[i] = LeaderOf(leader[i]);
        for (int i = 0; i < pairs.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (Percent(pairs[i], pairs[j]) >= AlikePercent)
                    leader[LeaderOf(i)] = LeaderOf(j);
            }
        }
        return [.. Enumerable.Range(0, texts.Count).GroupBy(LeaderOf).Where(group => group.Skip(1).Any()).Select(group => group.ToImmutableArray())];
    }

    private static int Percent(HashSet<(int, int)> one, HashSet<(int, int)> other)
    {
        int all = one.Count + other.Count;
        return all == 0 ? 100 : 200 * one.Count(other.Contains) / all;
    }

    private static HashSet<(int, int)> PairsOf(string text)
    {
        int[] letters = [.. Plain(text).EnumerateRunes().Where(Rune.IsLetterOrDigit).Select(rune => Rune.ToLowerInvariant(rune).Value)];
        // A text of one character has no neighbours; texts without any are alike, as signs: "???" and "!".
        return letters.Length == 1 ? [(letters[0], 0)] : [.. letters.Zip(letters.Skip(1))];
    }

    /// <summary>Full-width letters and digits as the plain ones.</summary>
    private static string Plain(string text)
    {
        var sound = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) // half surrogates become U+FFFD: Normalize would throw on them
            sound.Append(rune);
        return sound.ToString().Normalize(NormalizationForm.FormKC);
    }
}
