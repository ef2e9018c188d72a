using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Edge.Core.Identity;

/// <summary>Keys that may sign one kind of list, and how many of them must.</summary>
public sealed record TrustRole(ImmutableArray<string> Keys, int Threshold)
{
    /// <summary>True when enough distinct keys of this role signed the statement.</summary>
    /// <param name="statement">What was signed, byte for byte.</param>
    /// <param name="signatures">By whomever; those of other keys count for nothing.</param>
    /// <param name="publicKeys">Public keys by their <see cref="KeyId"/>.</param>
    public bool IsMet(ReadOnlySpan<byte> statement, ImmutableArray<StatementSignature>? signatures, IReadOnlyDictionary<string, string> publicKeys)
    {
        int valid = 0;
        foreach (string key in Keys.Distinct())
        {
            if (publicKeys.TryGetValue(key, out string? publicKey) && SignedBy(key, statement, signatures ?? [], publicKey))
                valid++;
        }
        return valid >= Threshold;
    }

    /// <summary>The same keys are enough of the same: what the former signed still counts under this role.</summary>
    public bool KeepsAll(TrustRole former) => former.Keys.All(Keys.Contains);

    private static bool SignedBy(string key, ReadOnlySpan<byte> statement, ImmutableArray<StatementSignature> signatures, string publicKey)
    {
        foreach (StatementSignature signature in signatures)
        {
            if (signature.Key == key && signature.Covers(statement, publicKey))
                return true;
        }
        return false;
    }
}

/// <summary>What came of checking a list against a root and against what is held.</summary>
public enum ListVerdict
{
    Accepted,
    /// <summary>Same version as the one held: nothing to do.</summary>
    Held,
    /// <summary>Not a list, or its payload is not of its kind.</summary>
    Malformed,
    /// <summary>Too few valid signatures by the keys of this kind.</summary>
    Untrusted,
    /// <summary>Older than the one held.</summary>
    Older,
}

/// <summary>Payload of the root list: the public keys and what each kind of list needs.
/// Keys are SubjectPublicKeyInfo in base64, named by <see cref="KeyId"/>.</summary>
/// <param name="Version">From 1, each root one more than the former.</param>
/// <param name="Keys">All keys that a role names.</param>
/// <param name="Root">Who signs the next root.</param>
/// <param name="Catalogue">Who signs the catalogue.</param>
/// <param name="Plan">Who signs the schools' plans.</param>
/// <param name="Publish">Who besides must sign each pack version that is to be shown (<see cref="Content.PublishRule"/>); null: nobody, the catalogue's signature is enough.</param>
/// <param name="Sealing">The relay's P-256 key for key agreement (SubjectPublicKeyInfo, base64): what a box seals with it only the relay can read. Null: none.</param>
/// <param name="Names">What people call the keys, for those who read the root before they sign it.</param>
/// <param name="Issued">When it was made, by its maker's clock.</param>
/// <param name="Expires">When a newer one should have come. After it boxes warn; nothing stops.</param>
public sealed record TrustRoot(
    long Version,
    ImmutableSortedDictionary<string, string> Keys,
    TrustRole Root,
    TrustRole Catalogue,
    TrustRole Plan,
    TrustRole? Publish = null,
    string? Sealing = null,
    ImmutableSortedDictionary<string, string>? Names = null,
    DateTimeOffset? Issued = null,
    DateTimeOffset? Expires = null)
{
    /// <summary>Most keys in one root.</summary>
    public const int MaxKeys = 64;

    /// <summary>Longest name of a key, in characters.</summary>
    public const int MaxNameLength = 64;

    /// <summary>Reads the payload of a root list.</summary>
    /// <returns>Null when it is no sound root: wrong JSON, an unknown key in a role, a threshold that cannot be met.</returns>
    public static TrustRoot? Read(ReadOnlySpan<byte> payload)
    {
        TrustRoot? root;
        if (payload.Length > RootChain.MaxRootBytes)
            return null;
        try
        {
            root = JsonSerializer.Deserialize(payload, IdentityJson.Default.TrustRoot);
        }
        catch (JsonException)
        {
            return null;
        }
        return root is not null && root.IsSound() ? root : null;
    }

    public byte[] ToPayload() => JsonSerializer.SerializeToUtf8Bytes(this, IdentityJson.Default.TrustRoot);

    public TrustRole RoleOf(ListKind kind) => kind switch
    {
        ListKind.Root => Root,
        ListKind.Catalogue => Catalogue,
        // Words about a pack are what titles and lessons of a plan are: the same keys sign them.
        ListKind.Plan or ListKind.Erratum => Plan,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>True when enough distinct keys of the list's role signed it.</summary>
    public bool Trusts(SignedList list)
    {
        TrustRole role = RoleOf(list.Kind);
        int valid = 0;
        foreach (string keyId in role.Keys.Distinct())
        {
            if (!list.Signatures.Any(s => s.Key == keyId))
                continue;
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(Keys[keyId]), out _);
            if (list.IsSignedBy(keyId, key))
                valid++;
        }
        return valid >= role.Threshold;
    }

    /// <summary>Whether <paramref name="candidate"/> may follow this root: version grows by one,
    /// and both this root's and its own root keys signed it (TUF 1.0 §5.3.4).</summary>
    public ListVerdict Judge(SignedList candidate, out TrustRoot? next)
    {
        next = null;
        if (candidate.Kind != ListKind.Root || Read(candidate.Payload.Span) is not { } read)
            return ListVerdict.Malformed;
        if (read.Version == Version)
            return ListVerdict.Held;
        if (read.Version < Version)
            return ListVerdict.Older;
        if (read.Version != Version + 1 || !Trusts(candidate) || !read.Trusts(candidate))
            return ListVerdict.Untrusted;
        next = read;
        return ListVerdict.Accepted;
    }

    private bool IsSound()
    {
        foreach (TrustRole role in (TrustRole[])[Root, Catalogue, Plan, .. Publish is null ? [] : (TrustRole[])[Publish]])
        {
            if (role.Keys.IsDefaultOrEmpty || role.Keys.Any(key => key is null || !Keys.ContainsKey(key)) || role.Threshold < 1 || role.Threshold > role.Keys.Distinct().Count())
                return false;
        }
        return Version >= 1
            && Keys.Count <= MaxKeys
            && Keys.All(key => PublicKeys.IsSound(key.Key, key.Value))
            && (Sealing is null || PublicKeys.IdOf(Sealing) is not null)
            && (Names is null || Names.Count <= MaxKeys && Names.All(name => name.Value is { Length: <= MaxNameLength }));
    }
}
