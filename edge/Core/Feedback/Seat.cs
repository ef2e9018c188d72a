namespace Edge.Core.Feedback;

/// <summary>Who sits there. The numbers travel: never reuse one.</summary>
public enum SeatRole : byte
{
    Pupil = 0,
    Teacher = 1,
    /// <summary>The room itself: the panel, the classroom remote.</summary>
    Room = 2,
}

/// <summary>Who gave an item, as far as anybody above the school may know: a class and a seat number, or a role. Never a name.</summary>
/// <param name="Class">The class as people write it: "3A", "三(1)班"; 1 to 32 characters.</param>
/// <param name="Number">1 to 999 for a pupil, else 0.</param>
/// <param name="Role">Who sits there.</param>
public readonly record struct Seat(string Class, int Number, SeatRole Role)
{
    public const int MaxClassLength = 32;
    public const int MaxNumber = 999;

    public bool IsValid =>
        IsClass(Class) && (Role == SeatRole.Pupil ? Number is >= 1 and <= MaxNumber : Role is SeatRole.Teacher or SeatRole.Room && Number == 0);

    public static bool IsClass(string? text)
    {
        if (text is null || text.Length is 0 or > MaxClassLength)
            return false;
        foreach (char c in text)
        {
            if (char.IsControl(c) || char.IsSurrogate(c))
                return false;
        }
        return true;
    }
}
