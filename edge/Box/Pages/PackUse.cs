using System.Collections.Concurrent;
using Edge.Box.Panel;
using Edge.Core.Content;

namespace Edge.Box.Pages;

/// <summary>Which packs are being taught with at this moment.</summary>
public sealed class PackUse(SiteFacts site, PanelHub panel, TimeProvider time)
{
    /// <summary>How long a lesson's page counts as open after it last asked for anything: it asks every few seconds; without script a reader's look at it is that long.</summary>
    private static readonly TimeSpan Open = TimeSpan.FromMinutes(3);

    /// <summary>Most lessons remembered.</summary>
    private const int MaxLessons = 1_000;

    private readonly ConcurrentDictionary<string, long> _seen = new();

    /// <summary>Notes that somebody has the page of a lesson open.</summary>
    public void Seen(string lesson)
    {
        if (_seen.Count < MaxLessons || _seen.ContainsKey(lesson))
            _seen[lesson] = time.GetTimestamp();
        else
            _seen.Clear();
    }

    /// <summary>Whether a lesson with this pack runs, is on the classroom screen, or is open on somebody's phone.</summary>
    public bool IsInUse(string pack)
    {
        string? onScreen = panel.Current.View.Screen.Lesson;
        return site.Plan() is { } plan && plan.Lessons.Any(lesson => lesson.Kit == pack
            && (lesson.Stage == LessonStage.Running || lesson.Id == onScreen || (_seen.TryGetValue(lesson.Id, out long seen) && time.GetElapsedTime(seen) < Open)));
    }
}
