using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>Somebody else, such as a lead school, who answers for packs of certain names in the place of the relay's staff.</summary>
/// <param name="Name">A slug.</param>
/// <param name="Prefixes">What the ids of its packs begin with; each ends with a hyphen.</param>
/// <param name="Keys">Its public keys by <see cref="KeyId"/>.</param>
/// <param name="Threshold">How many of them must sign a version.</param>
/// <param name="Expires">Lists signed after this take no new version of it.</param>
/// <param name="Signatures">By the staff keys of the root's publish role, over <see cref="Statement"/>; null while the root asks for none.</param>
public sealed record PackPublisher(
    string Name,
    ImmutableArray<string> Prefixes,
    ImmutableSortedDictionary<string, string> Keys,
    int Threshold,
    DateTimeOffset Expires,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<StatementSignature>? Signatures = null)
{
    public const int MaxPrefixes = 16;
    public const int MaxKeys = 16;

    /// <summary>Shortest prefix: three letters or digits and the hyphen. A shorter one would hand over half the catalogue by a slip.</summary>
    public const int MinPrefixLength = 4;

    /// <returns>Null when the bytes are no sound publisher.</returns>
    public static PackPublisher? Read(ReadOnlySpan<byte> json) => ContentJson.Read(json, ContentJson.Default.PackPublisher) is { } publisher && publisher.IsSound() ? publisher : null;

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ContentJson.Default.PackPublisher);

    /// <summary>What staff sign who delegate.</summary>
    public byte[] Statement()
    {
        IEnumerable<string> lines =
        [
            "edge-publisher 1",
            $"name {Name}",
            .. Prefixes.Select(prefix => $"prefix {prefix}"),
            .. Keys.OrderBy(key => key.Key, StringComparer.Ordinal).Select(key => $"key {key.Key} {key.Value}"),
            string.Create(CultureInfo.InvariantCulture, $"threshold {Threshold}"),
            string.Create(CultureInfo.InvariantCulture, $"expires {Expires.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}"),
        ];
        return Encoding.ASCII.GetBytes(string.Join('\n', lines) + "\n");
    }

    /// <summary>Length of the longest prefix that this id begins with; 0: none, the pack is not its.</summary>
    public int Reach(string pack)
    {
        int longest = 0;
        foreach (string prefix in Prefixes)
        {
            if (pack.Length > prefix.Length && pack.StartsWith(prefix, StringComparison.Ordinal))
                longest = Math.Max(longest, prefix.Length);
        }
        return longest;
    }

    public static bool IsPrefix(string? prefix) => prefix is { Length: >= MinPrefixLength } && prefix[^1] == '-' && Slug.IsValid(prefix);

    public bool IsSound() =>
        Slug.IsValid(Name)
        && Prefixes is { IsDefaultOrEmpty: false, Length: <= MaxPrefixes } && Prefixes.All(IsPrefix)
        && Keys.Count is > 0 and <= MaxKeys && Keys.All(key => PublicKeys.IsSound(key.Key, key.Value))
        && Threshold >= 1 && Threshold <= Keys.Count
        && Signatures is null or { IsDefault: false, Length: <= StatementSignature.MaxSignatures };
}
