using System.Collections.Immutable;
using System.Globalization;

namespace Edge.Core.Feedback;

/// <summary>What is counted of use. The places travel: never change one.</summary>
public enum UsageKey
{
    /// <summary>Pages seen.</summary>
    Visits = 0,
    /// <summary>Lessons, recordings, films and sounds begun.</summary>
    Plays = 1,
    /// <summary>Other files taken.</summary>
    Downloads = 2,
    /// <summary>Exercises and tools opened.</summary>
    Applications = 3,
}

/// <summary>How much one box was used on one day, so far: totals that only grow, so the largest that was heard is the newest.</summary>
/// <param name="Storage">Names the file that counts; another card, another name.</param>
/// <param name="Day">By the box's time.</param>
/// <param name="Counts">By <see cref="UsageKey"/>.</param>
public sealed record UsageDay(ulong Storage, DateOnly Day, ImmutableArray<long> Counts)
{
    /// <summary>How many counters there are.</summary>
    public const int Keys = 4;

    /// <summary>No day of a school has more.</summary>
    public const long Most = 1_000_000_000;

    private const string DayForm = "yyyy-MM-dd";

    public long this[UsageKey key] => Counts[(int)key];

    /// <summary>As an item carries it: name in 16 hexadecimal digits, day, the counts; parted by single spaces.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{Storage:x16} {Day.ToString(DayForm, CultureInfo.InvariantCulture)} {string.Join(' ', Counts)}");

    /// <returns>Null when the text is not exactly one day.</returns>
    public static UsageDay? Read(string text)
    {
        string[] words = text.Split(' ');
        if (words.Length != 2 + Keys || words[0].Length != 16 || !ulong.TryParse(words[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong storage)
            || !DateOnly.TryParseExact(words[1], DayForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day))
            return null;
        var counts = ImmutableArray.CreateBuilder<long>(Keys);
        foreach (string word in words.AsSpan(2))
        {
            if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count > Most)
                return null;
            counts.Add(count);
        }
        return new UsageDay(storage, day, counts.MoveToImmutable());
    }
}
