namespace Edge.Box.Pages;

/// <summary>Sizes for people.</summary>
public static class Sizes
{
    /// <summary>"1.7 MB": decimal units, as phones and sticks say it.</summary>
    public static string Of(long bytes) => bytes switch
    {
        < 1_000 => $"{bytes} B",
        < 1_000_000 => $"{bytes / 1_000.0:0} kB",
        < 1_000_000_000 => $"{bytes / 1_000_000.0:0.0} MB",
        _ => $"{bytes / 1_000_000_000.0:0.0} GB",
    };
}
