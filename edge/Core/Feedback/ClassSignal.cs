using System.Collections.Immutable;

namespace Edge.Core.Feedback;

/// <summary>What the class signals without words: raised hands, and who cannot follow.</summary>
public static class ClassSignal
{
    /// <summary>Content of a hand that goes up, or of "I cannot follow".</summary>
    public const string Up = "1";

    /// <summary>Content that takes it back; of a teacher, for everybody.</summary>
    public const string Down = "0";

    /// <summary>After so many seconds of the lesson "I cannot follow" no longer holds: pupils forget to take it back.</summary>
    public const int LostFadesAfter = 5 * 60;

    public static bool IsValid(string content) => content is Up or Down;

    /// <summary>Who signals now, in the order in which they began.</summary>
    /// <param name="signalsInOrder">Oldest first.</param>
    /// <param name="since">Signals of an earlier lesson second do not count; null: all do. One without a second always does.</param>
    public static ImmutableArray<Seat> Raised(IEnumerable<(Seat Seat, string Content, int? Second)> signalsInOrder, int? since = null)
    {
        var raised = new List<Seat>();
        foreach ((Seat seat, string content, int? second) in signalsInOrder)
        {
            if (content == Down && seat.Role == SeatRole.Teacher)
                raised.Clear();
            else if (content == Down || second < since)
                raised.Remove(seat);
            else if (content == Up && !raised.Contains(seat))
                raised.Add(seat);
        }
        return [.. raised];
    }
}
