using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace Edge.Core.Text;

/// <summary>The words of the pages, the display and the messages: one flat key → text table per language.
/// A key that a language lacks is looked up in its <see cref="Languages.Fallback"/>; one that all lack shows as itself.</summary>
public sealed class Texts
{
    private readonly FrozenDictionary<string, FrozenDictionary<string, string>> _tables;

    /// <param name="locales">Language tag → locale file (JSON object of key → text).</param>
    /// <exception cref="JsonException">A file is no flat object of texts.</exception>
    public Texts(IEnumerable<KeyValuePair<string, byte[]>> locales)
    {
        _tables = locales.ToFrozenDictionary(
            locale => locale.Key,
            locale =>
            {
                using JsonDocument document = JsonDocument.Parse(locale.Value);
                return document.RootElement.EnumerateObject()
                    .Select(property => KeyValuePair.Create(property.Name, property.Value.GetString() ?? throw new JsonException($"{property.Name} has no text")))
                    .ToFrozenDictionary();
            });
        Offered = [.. Order.Where(_tables.ContainsKey), .. _tables.Keys.Except(Order).Order(StringComparer.Ordinal)];
    }

    /// <summary>Languages with a table, the schools' main one first.</summary>
    public IReadOnlyList<string> Offered { get; }

    private static readonly string[] Order = ["zh-Hans", "bo", "ii", "en"];

    public string Get(string language, string key)
    {
        foreach (string candidate in Languages.Fallback(language))
        {
            if (_tables.TryGetValue(candidate, out FrozenDictionary<string, string>? table) && table.TryGetValue(key, out string? text))
                return text;
        }
        return key;
    }

    /// <summary>The text with {0}, {1} … filled in, numbers and dates in the language's own form.</summary>
    public string Format(string language, string key, params object[] arguments) =>
        string.Format(CultureInfo.GetCultureInfo(language), Get(language, key), arguments);

    /// <summary>Keys of <paramref name="language"/>'s own table, for the test that keeps the tables in step.</summary>
    public IEnumerable<string> KeysOf(string language) => _tables.TryGetValue(language, out var table) ? table.Keys : [];
}
