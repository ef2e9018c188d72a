using System.Collections.Concurrent;

namespace Edge.Box.Feedback;

/// <summary>What the class does just now: which question it answers. In memory only; after a restart the next answer tells.</summary>
public sealed class ClassPulse(TimeProvider time)
{
    /// <summary>How long after the last answer its question counts as being answered.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (string Poll, long At)> _answered = [];

    /// <summary>Somebody answered.</summary>
    public void Answered(string lesson, string poll) => _answered[lesson] = (poll, time.GetTimestamp());

    /// <summary>Takes it off the screen until the next answer.</summary>
    public void Hide(string lesson) => _answered.TryRemove(lesson, out _);

    /// <summary>The question that a lesson's class answers now; null: none.</summary>
    public string? Poll(string lesson) => _answered.TryGetValue(lesson, out var last) && time.GetElapsedTime(last.At) < Beat ? last.Poll : null;
}
