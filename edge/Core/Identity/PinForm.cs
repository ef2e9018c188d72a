namespace Edge.Core.Identity;

/// <summary>What a PIN looks like.</summary>
public static class PinForm
{
    /// <summary>Shortest PIN of a teacher, in digits.</summary>
    public const int MinTeacherDigits = 6;

    /// <summary>Longest PIN of a teacher, in digits.</summary>
    public const int MaxTeacherDigits = 12;

    /// <summary>Digits of a class's PIN: short enough for children to type.</summary>
    public const int ClassDigits = 4;

    public static bool IsTeachers(string? text) => text is { Length: >= MinTeacherDigits and <= MaxTeacherDigits } && text.All(char.IsAsciiDigit);

    public static bool IsClass(string? text) => text is { Length: ClassDigits } && text.All(char.IsAsciiDigit);
}
