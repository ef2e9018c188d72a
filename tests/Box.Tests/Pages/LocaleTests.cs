using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Edge.Box.Tests.Pages;

public sealed partial class LocaleTests
{
    [Fact]
    public void Chinese_and_English_have_the_same_keys_with_the_same_places_to_fill()
    {
        Dictionary<string, string> en = Read("en");
        Dictionary<string, string> zh = Read("zh-Hans");
        Assert.Equal(en.Keys.Order(StringComparer.Ordinal), zh.Keys.Order(StringComparer.Ordinal));
        foreach (string key in en.Keys)
            Assert.True(Places(en[key]).SetEquals(Places(zh[key])), $"{key}: \"{en[key]}\" and \"{zh[key]}\" have different places");
    }

    private static HashSet<string> Places(string text) => [.. Place().Matches(text).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"\{(\d+)")]
    private static partial Regex Place();

    private static Dictionary<string, string> Read(string language)
    {
        using Stream stream = typeof(BoxServer).Assembly.GetManifestResourceStream("locale:" + language)!;
        return JsonSerializer.Deserialize<Dictionary<string, string>>(stream)!;
    }
}
