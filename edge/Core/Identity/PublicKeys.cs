using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>Public keys as they stand in lists and files: P-256, SubjectPublicKeyInfo (RFC 5280 §4.1) in base64.</summary>
public static class PublicKeys
{
    // One of P-256 has 91 bytes; the room is for other ways to write the curve.
    private const int MaxBytes = 200;

    /// <summary>The key's name, or null when the text is no P-256 key.</summary>
    public static string? IdOf(string? publicKey)
    {
        Span<byte> bytes = stackalloc byte[MaxBytes];
        if (publicKey is null || !Convert.TryFromBase64String(publicKey, bytes, out int length))
            return null;
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(bytes[..length], out int read);
            return read == length && key.KeySize == 256 ? KeyId.Of(bytes[..length]) : null;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            // The latter is how a point that is not on the curve is told.
            return null;
        }
    }

    /// <summary>True when <paramref name="publicKey"/> is a P-256 key of this name.</summary>
    public static bool IsSound(string id, string? publicKey) => IdOf(publicKey) == id;

    /// <summary>As a list names it.</summary>
    public static string Of(ECDsa key) => Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
}
