using System.Collections.Immutable;

namespace Edge.Core.Feedback;

/// <summary>Counts a poll: of each voter the last vote counts, votes for options that are not there count nowhere.</summary>
public static class PollTally
{
    /// <param name="votesInOrder">Voter (a seat, or school and seat) and option, oldest first.</param>
    /// <param name="options">Number of options.</param>
    /// <returns>Votes per option.</returns>
    public static ImmutableArray<int> Count<TVoter>(IEnumerable<(TVoter Voter, string Option)> votesInOrder, int options) where TVoter : notnull
    {
        var last = new Dictionary<TVoter, int>();
        foreach ((TVoter voter, string option) in votesInOrder)
        {
            if (OptionOf(option, options) is { } index)
                last[voter] = index;
        }
        int[] counts = new int[options];
        foreach (int index in last.Values)
            counts[index]++;
        return [.. counts];
    }

    /// <summary>The option that a poll answer's content names, null when there is none such.</summary>
    public static int? OptionOf(string? content, int options) =>
        int.TryParse(content, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int index) && index < options ? index : null;
}
