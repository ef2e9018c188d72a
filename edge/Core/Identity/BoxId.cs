using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>Name of one box: "b" and ten base32 symbols. The relay issues it at the claim; it is the common name
/// of the box's certificate, its MQTT client id and part of its topics.</summary>
public readonly record struct BoxId
{
    private const string Symbols = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int SymbolCount = 10;
    private readonly string? _text;

    private BoxId(string text) => _text = text;

    public static bool TryParse(string? text, out BoxId id)
    {
        id = default;
        if (text is null || text.Length != SymbolCount + 1 || text[0] != 'b')
            return false;
        foreach (char c in text.AsSpan(1))
        {
            if (!Symbols.Contains(c, StringComparison.Ordinal))
                return false;
        }
        id = new BoxId(text);
        return true;
    }

    /// <exception cref="FormatException">The text is no box id.</exception>
    public static BoxId Parse(string text) => TryParse(text, out BoxId id) ? id : throw new FormatException("not a box id");

    /// <summary>A fresh id; 50 bits of chance.</summary>
    public static BoxId New() => new("b" + RandomNumberGenerator.GetString(Symbols, SymbolCount));

    public override string ToString() => _text ?? "";
}
