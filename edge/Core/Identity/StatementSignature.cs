using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>One signature over a statement, a short text that both ends write for themselves: the key's <see cref="KeyId"/> and
/// the ECDSA value with SHA-256 (IEEE P1363, 64 bytes for P-256) in base64.</summary>
public sealed record StatementSignature(string Key, string Value)
{
    /// <summary>Most signatures on one statement.</summary>
    public const int MaxSignatures = 16;

    private const int MaxValueBytes = 128;

    public static StatementSignature Sign(ReadOnlySpan<byte> statement, ECDsa key) =>
        new(KeyId.Of(key.ExportSubjectPublicKeyInfo()), Convert.ToBase64String(key.SignData(statement, HashAlgorithmName.SHA256)));

    /// <summary>True when the value is this key's signature over the statement.</summary>
    /// <param name="statement">Byte for byte.</param>
    /// <param name="publicKey">SubjectPublicKeyInfo in base64, checked before.</param>
    public bool Covers(ReadOnlySpan<byte> statement, string publicKey)
    {
        Span<byte> value = stackalloc byte[MaxValueBytes];
        if (!Convert.TryFromBase64String(Value, value, out int length))
            return false;
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
        return key.VerifyData(statement, value[..length], HashAlgorithmName.SHA256);
    }
}
