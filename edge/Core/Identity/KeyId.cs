using System.Security.Cryptography;

namespace Edge.Core.Identity;

/// <summary>Short name of a public key: the first 16 hex digits of the SHA-256 of its SubjectPublicKeyInfo (RFC 5280 §4.1).</summary>
public static class KeyId
{
    public static string Of(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo).AsSpan(0, 8));
}
