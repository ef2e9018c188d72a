using System.Collections.Immutable;
using Edge.Core.Content;

namespace Edge.Core.Live;

/// <summary>Where a school takes lessons from by its own settings: class → address.</summary>
public sealed record LessonSources(ImmutableDictionary<string, string> ByClass)
{
    /// <summary>Stands for every class.</summary>
    public const string AnyClass = "*";

    /// <param name="text"><c>CLASS=address</c>, several parted by spaces; a class with a space in its name is written with an underscore.</param>
    public static bool TryParse(string text, out LessonSources sources)
    {
        var byClass = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        bool sound = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (word.Split('=', 2) is [{ Length: > 0 } @class, var address] && MediaSource.TryParse(address, out _))
                byClass[@class.Replace('_', ' ')] = address;
            else
                sound = false;
        }
        sources = new LessonSources(byClass.ToImmutable());
        return sound;
    }

    /// <summary>A lesson with the source that it has here. What the plan says goes first.</summary>
    public PlannedLesson For(PlannedLesson lesson) => lesson is { Live: true, Source: null } && (ByClass.GetValueOrDefault(lesson.Class) ?? ByClass.GetValueOrDefault(AnyClass)) is { } source
        ? lesson with { Source = source } : lesson;
}
