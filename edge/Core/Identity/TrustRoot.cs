using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;

namespace Edge.Core.Identity;

/// <summary>Keys that may sign one kind of list, and how many of them must.</summary>
public sealed record TrustRole(ImmutableArray<string> Keys, int Threshold);

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
public sealed record TrustRoot(
    long Version,
    ImmutableSortedDictionary<string, string> Keys,
    TrustRole Root,
    TrustRole Catalogue,
    TrustRole Plan)
{
    /// <summary>Reads the payload of a root list.</summary>
    /// <returns>Null when it is no sound root: wrong JSON, an unknown key in a role, a threshold that cannot be met.</returns>
    public static TrustRoot? Read(ReadOnlySpan<byte> payload)
    {
        TrustRoot? root;
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
        ListKind.Plan => Plan,
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
        foreach (TrustRole role in (TrustRole[])[Root, Catalogue, Plan])
        {
            if (role.Keys.IsDefaultOrEmpty || role.Threshold < 1 || role.Threshold > role.Keys.Distinct().Count() || role.Keys.Any(k => !Keys.ContainsKey(k)))
                return false;
        }
        Span<byte> bytes = stackalloc byte[200];
        foreach ((string id, string key) in Keys)
        {
            if (!Convert.TryFromBase64String(key, bytes, out int length) || KeyId.Of(bytes[..length]) != id || !IsP256(bytes[..length]))
                return false;
        }
        return Version >= 1;
    }

    private static bool IsP256(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
            return key.KeySize == 256;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
