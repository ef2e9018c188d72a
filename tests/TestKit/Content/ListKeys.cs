using System.Collections.Immutable;
using System.Security.Cryptography;
using Edge.Core.Identity;

namespace TestKit.Content;

/// <summary>Real keys for signed lists: one for the root, one for catalogue and plan; and one that boxes seal to.</summary>
public sealed class ListKeys : IDisposable
{
    private readonly ECDsa _root = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _lists = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public ListKeys()
    {
        (string rootId, string rootKey) = Public(_root);
        (string listId, string listKey) = Public(_lists);
        Trust = new TrustRoot(1, ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, [KeyValuePair.Create(rootId, rootKey), KeyValuePair.Create(listId, listKey)]),
            new TrustRole([rootId], 1), new TrustRole([listId], 1), new TrustRole([listId], 1), Sealing: Convert.ToBase64String(Sealing.ExportSubjectPublicKeyInfo()));
        Root = SignedList.Sign(ListKind.Root, Trust.ToPayload(), _root);
    }

    /// <summary>The relay's private key for what boxes seal.</summary>
    public ECDiffieHellman Sealing { get; } = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public TrustRoot Trust { get; }

    public SignedList Root { get; }

    public SignedList Sign(ListKind kind, ReadOnlyMemory<byte> payload) => SignedList.Sign(kind, payload, kind == ListKind.Root ? _root : _lists);

    public void Dispose()
    {
        _root.Dispose();
        _lists.Dispose();
        Sealing.Dispose();
    }

    private static (string Id, string Key) Public(ECDsa key)
    {
        byte[] info = key.ExportSubjectPublicKeyInfo();
        return (KeyId.Of(info), Convert.ToBase64String(info));
    }
}
