using Edge.Core.Text;

namespace Relay.Cli;

/// <summary>Words as people type them on a command line: "Fractions", or "en=Fractions" "zh-Hans=分数".</summary>
internal static class LocalWords
{
    /// <returns>Null when nothing was given.</returns>
    public static LocalText? Read(string[] given)
    {
        LocalText? all = null;
        foreach (string text in given)
        {
            string[] parts = text.Split('=', 2);
            (string language, string words) = parts.Length == 2 && parts[0].Length is >= 2 and <= 12 ? (parts[0], parts[1]) : (LanguageOf(text), text);
            all = all is null ? LocalText.Of(language, words) : all.And(language, words);
        }
        return all;
    }

    /// <summary>By the letters: Chinese, or English.</summary>
    public static string LanguageOf(string text) => text.Any(c => c >= 0x2E80) ? "zh-Hans" : "en";
}
