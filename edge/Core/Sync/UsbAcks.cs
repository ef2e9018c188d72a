using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Identity;

namespace Edge.Core.Sync;

/// <summary>How far the relay has one box's items. <paramref name="Ack"/> belongs to the epoch of <paramref name="Epoch"/>.</summary>
public sealed record BoxAck(string Box, EpochGrant Epoch, Ack Ack);

/// <summary>Acks that go to a school on a stick. An ack lets the box forget, so it is signed with the very key that the relay shows on the link, and the box trusts it for the same reason.
/// "EDGEACK1", length of the certificate, certificate (DER), signature (64; ECDSA, SHA-256, P1363, over "edge-usb acks 1", a line end and the payload), payload (JSON).</summary>
/// <param name="Boxes">The boxes of the school that the relay has heard of.</param>
public sealed record UsbAcks(ImmutableArray<BoxAck> Boxes)
{
    public const int MaxBytes = UsbBundleHead.MaxAcksBytes;

    private const int SignatureBytes = 64;
    private const int MaxCertificateBytes = 8 << 10;

    private static ReadOnlySpan<byte> Mark => "EDGEACK1"u8;

    public byte[] Sign(X509Certificate2 relay)
    {
        byte[] payload = JsonSerializer.SerializeToUtf8Bytes(this, SyncJson.Default.UsbAcks);
        using ECDsa key = relay.GetECDsaPrivateKey() ?? throw new CryptographicException("the relay's certificate has no key");
        var bytes = new ArrayBufferWriter<byte>(payload.Length + 1024);
        bytes.Write(Mark);
        bytes.Varint((ulong)relay.RawData.Length);
        bytes.Write(relay.RawData);
        bytes.Write(key.SignData(SignedBytes(payload), HashAlgorithmName.SHA256));
        bytes.Write(payload);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads them when whoever <paramref name="isRelay"/> says is the relay signed them.</summary>
    /// <returns>Null when the bytes are no such thing, or are not trusted.</returns>
    public static UsbAcks? Read(ReadOnlySpan<byte> bytes, Func<X509Certificate2, bool> isRelay)
    {
        if (bytes.Length > MaxBytes || !bytes.StartsWith(Mark))
            return null;
        var reader = new ByteReader(bytes[Mark.Length..]);
        if (!reader.TryVarint(out ulong length) || length > MaxCertificateBytes || !reader.TryBytes((int)length, out ReadOnlySpan<byte> der)
            || !reader.TryBytes(SignatureBytes, out ReadOnlySpan<byte> signature))
            return null;
        try
        {
            using X509Certificate2 relay = X509CertificateLoader.LoadCertificate(der);
            using ECDsa? key = relay.GetECDsaPublicKey();
            if (key is null || !isRelay(relay) || !key.VerifyData(SignedBytes(reader.Rest), signature, HashAlgorithmName.SHA256))
                return null;
        }
        catch (CryptographicException)
        {
            return null;
        }
        return SyncJson.Read(reader.Rest, SyncJson.Default.UsbAcks) is { Boxes.IsDefault: false } acks && acks.Boxes.All(box => BoxId.TryParse(box.Box, out _) && box.Epoch.Epoch > 0) ? acks : null;
    }

    private static byte[] SignedBytes(ReadOnlySpan<byte> payload) => [.. "edge-usb acks 1\n"u8, .. payload];
}
