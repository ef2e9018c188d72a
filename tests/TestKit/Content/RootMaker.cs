using System.Collections.Immutable;
using System.Security.Cryptography;
using Edge.Core.Identity;

namespace TestKit.Content;

/// <summary>Makes roots the way their keys' holders do: each names keys and thresholds, and is signed by whom the test says.</summary>
public static class RootMaker
{
    public static string Id(ECDsa key) => KeyId.Of(key.ExportSubjectPublicKeyInfo());

    public static TrustRole Role(int threshold, params ReadOnlySpan<ECDsa> keys)
    {
        var ids = ImmutableArray.CreateBuilder<string>();
        foreach (ECDsa key in keys)
            ids.Add(Id(key));
        return new TrustRole(ids.ToImmutable(), threshold);
    }

    public static ImmutableSortedDictionary<string, string> Keys(params ReadOnlySpan<ECDsa> keys)
    {
        var named = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (ECDsa key in keys)
            named[Id(key)] = PublicKeys.Of(key);
        return named.ToImmutable();
    }

    /// <summary>The next version, unsigned.</summary>
    public static TrustRoot After(TrustRoot held, Func<TrustRoot, TrustRoot> change, params ReadOnlySpan<ECDsa> newKeys) =>
        change(held with { Version = held.Version + 1, Keys = held.Keys.SetItems(Keys(newKeys)) });

    public static SignedList Sign(TrustRoot root, params ReadOnlySpan<ECDsa> signers) => SignedList.Sign(ListKind.Root, root.ToPayload(), signers);
}
