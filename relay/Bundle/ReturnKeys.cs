using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Sync;
using Edge.Durable;

namespace Relay.Bundle;

/// <summary>The keys that returns are sealed for: <c>return.key</c> in the keys folder, made on first start and named in every plan. To change it, rename it to
/// <c>return-OLD.key</c>: a new one is made, and sticks that were sealed for the old one still open.</summary>
public sealed class ReturnKeys : IDisposable
{
    private readonly ImmutableDictionary<string, ECDiffieHellman> _keys;

    private ReturnKeys(string publicKey, ImmutableDictionary<string, ECDiffieHellman> keys)
    {
        PublicKey = publicKey;
        _keys = keys;
    }

    /// <summary>The one to seal for now: SubjectPublicKeyInfo, base64.</summary>
    public string PublicKey { get; }

    /// <exception cref="CryptographicException">A key file is damaged. It is never replaced in silence.</exception>
    public static async Task<ReturnKeys> OpenAsync(string folder, CancellationToken cancellationToken)
    {
        string path = Path.Combine(folder, "return.key");
        if (!File.Exists(path))
        {
            using var made = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            await DurableFile.WriteSecretAsync(path, Encoding.ASCII.GetBytes(made.ExportPkcs8PrivateKeyPem()), cancellationToken);
        }
        var keys = ImmutableDictionary.CreateBuilder<string, ECDiffieHellman>(StringComparer.Ordinal);
        string current = "";
        foreach (string file in Directory.EnumerateFiles(folder, "return*.key"))
        {
            var key = ECDiffieHellman.Create();
            key.ImportFromPem(await File.ReadAllTextAsync(file, cancellationToken));
            byte[] publicKey = key.ExportSubjectPublicKeyInfo();
            keys[SealedReturn.KeyNameOf(publicKey)] = key;
            if (file == path)
                current = Convert.ToBase64String(publicKey);
        }
        return new ReturnKeys(current, keys.ToImmutable());
    }

    /// <summary>The key with this name; null when it is none of ours.</summary>
    public ECDiffieHellman? Find(string name) => _keys.GetValueOrDefault(name);

    public void Dispose()
    {
        foreach (ECDiffieHellman key in _keys.Values)
            key.Dispose();
    }
}
