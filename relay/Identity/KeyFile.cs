using System.Security.Cryptography;
using System.Text;
using Edge.Core.Identity;
using Edge.Durable;
using Relay.Cli;

namespace Relay.Identity;

/// <summary>A person's signing key: <c>NAME.key</c>, private, encrypted with a passphrase (PKCS #8, PEM), and <c>NAME.pub</c> to give away.
/// The file's name is what others see beside the signature.</summary>
public static class KeyFile
{
    /// <summary>Shortest passphrase. The file may be stolen: guessing it must cost more than it is worth.</summary>
    public const int MinPassphraseLength = 12;

    // What NIST SP 800-132 asks for, times what a second allows on a laptop.
    private static readonly PbeParameters Protection = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 600_000);

    /// <summary>Makes a key.</summary>
    /// <returns>Its name in lists.</returns>
    /// <exception cref="CommandFailedException">The name is no file name, the passphrase too short, or there is such a key.</exception>
    public static async Task<string> CreateAsync(string folder, string name, string passphrase, CancellationToken cancellationToken)
    {
        if (!Slug.IsValid(name))
            throw new CommandFailedException("the name of a key has lower-case letters, digits and hyphens");
        if (passphrase.Length < MinPassphraseLength)
            throw new CommandFailedException($"a passphrase has at least {MinPassphraseLength} characters");
        string path = Path.Combine(folder, name + ".key");
        if (File.Exists(path))
            throw new CommandFailedException($"{path} exists; keys are never overwritten");
        Directory.CreateDirectory(folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await DurableFile.WriteSecretAsync(path, Encoding.ASCII.GetBytes(key.ExportEncryptedPkcs8PrivateKeyPem(passphrase, Protection) + "\n"), cancellationToken);
        await DurableFile.WriteAsync(Path.Combine(folder, name + ".pub"), Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem() + "\n"), cancellationToken);
        return KeyId.Of(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Opens a private key; asks for the passphrase only when the file has one.</summary>
    /// <exception cref="CommandFailedException">No key, or a wrong passphrase.</exception>
    public static ECDsa Open(string path, Func<string> passphrase)
    {
        if (!File.Exists(path))
            throw new CommandFailedException($"there is no key {path}");
        string pem = File.ReadAllText(path);
        var key = ECDsa.Create();
        try
        {
            if (pem.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal))
                key.ImportFromEncryptedPem(pem, passphrase());
            else if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
                key.ImportFromPem(pem);
            else
                throw new CommandFailedException($"{path} is no private key");
            if (key.KeySize != 256)
                throw new CommandFailedException($"{path} is no P-256 key");
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or PlatformNotSupportedException)
        {
            key.Dispose();
            throw new CommandFailedException($"{path} is no private key, or the passphrase is wrong");
        }
    }

    /// <summary>Reads a public key: what people call it, and as lists name it.</summary>
    /// <exception cref="CommandFailedException">Not a public key of P-256.</exception>
    public static (string Name, string PublicKey) ReadPublic(string path)
    {
        if (!File.Exists(path))
            throw new CommandFailedException($"there is no file {path}");
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(path));
            string publicKey = PublicKeys.Of(key);
            return PublicKeys.IdOf(publicKey) is not null ? (Path.GetFileNameWithoutExtension(path), publicKey) : throw new CommandFailedException($"{path} is no P-256 key");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or PlatformNotSupportedException)
        {
            throw new CommandFailedException($"{path} is no public key");
        }
    }
}
