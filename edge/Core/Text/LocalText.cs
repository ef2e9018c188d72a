using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Edge.Core.Text;

/// <summary>One text in several languages, keyed by BCP 47 tag (RFC 5646): {"zh-Hans":"分数","en":"Fractions"}.</summary>
[JsonConverter(typeof(LocalTextConverter))]
public sealed record LocalText(ImmutableSortedDictionary<string, string> Texts)
{
    public static LocalText Of(string language, string text) => new(ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create(language, text)]));

    public LocalText And(string language, string text) => new(Texts.SetItem(language, text));

    /// <summary>The text in <paramref name="language"/>, or in the nearest language its readers know (<see cref="Languages.Fallback"/>), or any.</summary>
    public string In(string language)
    {
        foreach (string candidate in Languages.Fallback(language))
        {
            if (Texts.TryGetValue(candidate, out string? text))
                return text;
        }
        return Texts.Count > 0 ? Texts.First().Value : "";
    }

    public bool Equals(LocalText? other) => other is not null && Texts.SequenceEqual(other.Texts);

    public override int GetHashCode() => Texts.Aggregate(0, (hash, pair) => HashCode.Combine(hash, pair.Key, pair.Value));
}

public sealed class LocalTextConverter : JsonConverter<LocalText>
{
    public override LocalText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("a text per language was expected");
        var texts = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string language = reader.GetString()!;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                throw new JsonException("a text was expected");
            texts[language] = reader.GetString()!;
        }
        return new LocalText(texts.ToImmutable());
    }

    public override void Write(Utf8JsonWriter writer, LocalText value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((string language, string text) in value.Texts)
            writer.WriteString(language, text);
        writer.WriteEndObject();
    }
}
