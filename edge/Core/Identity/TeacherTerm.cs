namespace Edge.Core.Identity;

/// <summary>How long a temporary teacher may teach.</summary>
/// <param name="Until">The last day.</param>
/// <param name="BlindDays">Days that may be worked while nobody knows the date: as many as there were to the last day when it was set.</param>
/// <param name="BlindUsed">Of those, used up.</param>
public readonly record struct TeacherTerm(DateOnly Until, int BlindDays, int BlindUsed)
{
    /// <summary>Longest time ahead for which one may be set.</summary>
    public const int MaxDays = 200;

    /// <param name="today">The date to go by; null when nobody knows.</param>
    public bool IsOver(DateOnly? today) => today is { } date ? date > Until : BlindUsed >= BlindDays;
}
