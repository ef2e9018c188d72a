using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Feedback;

namespace Edge.Core.Sync;

/// <summary>A box's return, readable by the relay alone and surely from that box, whoever carries it.
/// <code>
/// "EDGESEL1"
/// first 8 bytes of the SHA-256 of the relay's public key (SubjectPublicKeyInfo)
/// X and Y of a key made for this file alone (P-256, 64 bytes)
/// AES-256-GCM, nonce zero, of: length of the certificate, certificate (DER), signature (64), content
/// tag (16)
/// </code>
/// The key is HKDF-SHA256 of the shared secret (ECDH, RFC 5869, SP 800-56A) with the first 80 bytes as salt and "edge-usb return 1" as purpose; those bytes are authenticated too.
/// A key is used once, so the nonce may stand still. The signature is the box's (ECDSA, SHA-256, P1363) over "edge-usb return 1", a line end, the first 80 bytes and the content.</summary>
public static class SealedReturn
{
    /// <summary>Longest sealed return.</summary>
    public const int MaxBytes = UsbReturn.MaxBytes + (16 << 10);

    private const int KeyIdBytes = 8;
    private const int CoordinateBytes = 32;
    private const int HeadBytes = 8 + KeyIdBytes + 2 * CoordinateBytes;
    private const int TagBytes = 16;
    private const int SignatureBytes = 64;
    private const int MaxCertificateBytes = 8 << 10;

    private static ReadOnlySpan<byte> Mark => "EDGESEL1"u8;

    private static ReadOnlySpan<byte> Purpose => "edge-usb return 1"u8;

    /// <param name="content">A <see cref="UsbReturn"/>.</param>
    /// <param name="box">The box's certificate with its key.</param>
    /// <param name="relayKey">The relay's public key, as the signed plan names it.</param>
    /// <exception cref="CryptographicException">The relay's key is no P-256 key.</exception>
    public static byte[] Seal(ReadOnlySpan<byte> content, X509Certificate2 box, ReadOnlySpan<byte> relayKey)
    {
        using var relay = ECDiffieHellman.Create();
        relay.ImportSubjectPublicKeyInfo(relayKey, out int read);
        if (read != relayKey.Length || relay.KeySize != 256)
            throw new CryptographicException("the relay's key is no P-256 key");
        using var once = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        ECParameters point = once.ExportParameters(includePrivateParameters: false);
        byte[] head = [.. Mark, .. KeyIdOf(relayKey), .. point.Q.X!, .. point.Q.Y!];
        byte[] certificate = box.RawData;
        using ECDsa key = box.GetECDsaPrivateKey() ?? throw new CryptographicException("the box's certificate has no key");
        var plain = new ArrayBufferWriter<byte>(content.Length + certificate.Length + SignatureBytes + 4);
        plain.Varint((ulong)certificate.Length);
        plain.Write(certificate);
        plain.Write(key.SignData(SignedBytes(head, content), HashAlgorithmName.SHA256));
        plain.Write(content);
        byte[] whole = new byte[HeadBytes + plain.WrittenCount + TagBytes];
        head.CopyTo(whole, 0);
        using var cipher = new AesGcm(KeyOf(once, relay.PublicKey, head), TagBytes);
        cipher.Encrypt(new byte[12], plain.WrittenSpan, whole.AsSpan(HeadBytes, plain.WrittenCount), whole.AsSpan(HeadBytes + plain.WrittenCount), head);
        return whole;
    }

    /// <summary>For which key it is sealed; null when the bytes are no sealed return.</summary>
    public static string? RelayKeyOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length is > HeadBytes + TagBytes and <= MaxBytes && bytes.StartsWith(Mark) ? Convert.ToHexStringLower(bytes.Slice(Mark.Length, KeyIdBytes)) : null;

    /// <summary>Opens one. Whose certificate it is, and whether it is good, is for the caller to judge.</summary>
    /// <param name="bytes">As on the stick.</param>
    /// <param name="relay">The relay's private key.</param>
    /// <param name="certificate">The certificate whose key signed the content.</param>
    /// <returns>The content; null when the bytes were changed, are for another key, or their signature is wrong.</returns>
    public static byte[]? Open(ReadOnlySpan<byte> bytes, ECDiffieHellman relay, out X509Certificate2? certificate)
    {
        certificate = null;
        if (RelayKeyOf(bytes) is null)
            return null;
        ReadOnlySpan<byte> head = bytes[..HeadBytes];
        byte[] plain = new byte[bytes.Length - HeadBytes - TagBytes];
        try
        {
            using var once = ECDiffieHellman.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = head.Slice(HeadBytes - 2 * CoordinateBytes, CoordinateBytes).ToArray(), Y = head[^CoordinateBytes..].ToArray() },
            });
            using var cipher = new AesGcm(KeyOf(relay, once.PublicKey, head), TagBytes);
            cipher.Decrypt(new byte[12], bytes[HeadBytes..^TagBytes], bytes[^TagBytes..], plain, head);
            var reader = new ByteReader(plain);
            if (!reader.TryVarint(out ulong length) || length > MaxCertificateBytes || !reader.TryBytes((int)length, out ReadOnlySpan<byte> der)
                || !reader.TryBytes(SignatureBytes, out ReadOnlySpan<byte> signature))
                return null;
            X509Certificate2 read = X509CertificateLoader.LoadCertificate(der);
            byte[] content = reader.Rest.ToArray();
            using ECDsa? key = read.GetECDsaPublicKey();
            if (key is null || !key.VerifyData(SignedBytes(head, content), signature, HashAlgorithmName.SHA256))
            {
                read.Dispose();
                return null;
            }
            certificate = read;
            return content;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Short name of a relay's key, as in the head.</summary>
    public static string KeyNameOf(ReadOnlySpan<byte> relayKey) => Convert.ToHexStringLower(KeyIdOf(relayKey));

    private static byte[] KeyIdOf(ReadOnlySpan<byte> relayKey) => SHA256.HashData(relayKey)[..KeyIdBytes];

    private static byte[] KeyOf(ECDiffieHellman ours, ECDiffieHellmanPublicKey theirs, ReadOnlySpan<byte> head)
    {
        byte[] key = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, ours.DeriveRawSecretAgreement(theirs), key, head, Purpose);
        return key;
    }

    private static byte[] SignedBytes(ReadOnlySpan<byte> head, ReadOnlySpan<byte> content) => [.. Purpose, (byte)'\n', .. head, .. content];
}
