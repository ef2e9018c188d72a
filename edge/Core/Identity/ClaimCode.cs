using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>The code a new box shows and staff type: two groups of four symbols, the last one a check symbol that
/// catches any single wrong symbol. 35 bits of chance; it only pairs, the box's key is what proves it.</summary>
public static class ClaimCode
{
    // No I, L, O, U: as in Crockford's base32, what a tired eye confuses is read as the intended symbol.
    private const string Symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int SymbolCount = 8;

    public static string New()
    {
        string body = RandomNumberGenerator.GetString(Symbols, SymbolCount - 1);
        return Format(body + Check(body));
    }

    /// <summary>Brings what was typed into the shown form: case, spaces and hyphens do not matter, O is 0, I and L are 1.</summary>
    /// <returns>Null when it cannot be a code.</returns>
    public static string? Normalise(string? typed)
    {
        if (typed is null || typed.Length > 32)
            return null;
        Span<char> kept = stackalloc char[SymbolCount];
        int length = 0;
        foreach (char raw in typed)
        {
            if (raw is ' ' or '-')
                continue;
            char c = char.ToUpperInvariant(raw) switch { 'O' => '0', 'I' or 'L' => '1', char other => other };
            if (length == SymbolCount || !Symbols.Contains(c, StringComparison.Ordinal))
                return null;
            kept[length++] = c;
        }
        return length == SymbolCount && Check(kept[..^1]) == kept[^1] ? Format(new string(kept)) : null;
    }

    private static string Format(string symbols) => $"{symbols[..4]}-{symbols[4..]}";

    /// <summary>Sum of the symbols weighted 1, 3, 5 …, modulo 32: odd weights have an inverse, so one changed symbol always changes the sum.</summary>
    private static char Check(ReadOnlySpan<char> body)
    {
        int sum = 0;
        for (int i = 0; i < body.Length; i++)
            sum += (2 * i + 1) * Symbols.IndexOf(body[i], StringComparison.Ordinal);
        return Symbols[sum % Symbols.Length];
    }
}
