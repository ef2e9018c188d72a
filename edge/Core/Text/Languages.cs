namespace Edge.Core.Text;

/// <summary>Which languages stand in for one another.</summary>
public static class Languages
{
    /// <summary>The schools' main language, for who cannot be asked.</summary>
    public const string Main = "zh-Hans";

    /// <summary>Languages to try for a reader of <paramref name="language"/>, best first:
    /// Tibetan and Yi readers know Chinese; everybody gets English last.</summary>
    public static IReadOnlyList<string> Fallback(string language) => Primary(language) switch
    {
        "zh" => ["zh-Hans", "zh", "en"],
        "bo" => ["bo", "zh-Hans", "zh", "en"],
        "ii" => ["ii", "zh-Hans", "zh", "en"],
        "en" => ["en", "zh-Hans", "zh"],
        _ => [language, "zh-Hans", "zh", "en"],
    };

    /// <summary>The primary subtag: "zh" of "zh-Hans-CN".</summary>
    public static string Primary(string language)
    {
        int hyphen = language.IndexOf('-', StringComparison.Ordinal);
        return (hyphen < 0 ? language : language[..hyphen]).ToLowerInvariant();
    }

    /// <summary>The first of <paramref name="offered"/> that an Accept-Language header asks for, else the first offered
    /// (RFC 9110 §12.5.4; the order of the header stands for its weights).</summary>
    public static string Choose(string? acceptLanguage, IReadOnlyList<string> offered)
    {
        foreach (string wanted in (acceptLanguage ?? "").Split(',', 16, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string primary = Primary(wanted.Split(';')[0]);
            foreach (string candidate in offered)
            {
                if (Primary(candidate) == primary)
                    return candidate;
            }
        }
        return offered[0];
    }
}
