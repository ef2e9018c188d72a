using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Identity;

namespace Relay.Identity;

/// <summary>The relay's own authority (ECDSA P-256): certifies the relay's servers and every box. Boxes trust this one and no public one.</summary>
public sealed class CertificateAuthority(X509Certificate2 certificate, TimeProvider time) : IDisposable
{
    /// <summary>Life of a box's working certificate; the box renews when a third is left.</summary>
    public static readonly TimeSpan BoxLifetime = TimeSpan.FromDays(90);

    /// <summary>How long after its end a working certificate still serves to get a new one, and nothing else.</summary>
    public static readonly TimeSpan RenewalGrace = TimeSpan.FromDays(548);

    private static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(20 * 365);

    // A box whose clock is a day slow must not refuse a certificate for being from tomorrow.
    private static readonly TimeSpan Backdated = TimeSpan.FromDays(2);

    private const string ServerUse = "1.3.6.1.5.5.7.3.1"; // RFC 5280 §4.2.1.12
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>The authority's certificate with its private key.</summary>
    public X509Certificate2 Certificate { get; } = certificate;

    /// <summary>Makes a new authority.</summary>
    public static X509Certificate2 CreateAuthority(string name, TimeProvider time)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset now = time.GetUtcNow();
        return request.CreateSelfSigned(now - Backdated, now + AuthorityLifetime);
    }

    /// <summary>A certificate with a fresh key for the relay's servers.</summary>
    public X509Certificate2 IssueServer(IReadOnlyList<string> names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
        {
            if (IPAddress.TryParse(name, out IPAddress? address))
                alternatives.AddIpAddress(address);
            else
                alternatives.AddDnsName(name);
        }
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(alternatives.Build());
        using X509Certificate2 issued = Issue(request, ServerUse, ServerLifetime);
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>A client certificate with a fresh key, for the relay itself at an external broker.</summary>
    public X509Certificate2 IssueClient(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = Issue(new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256), ClientUse, ServerLifetime);
        return issued.CopyWithPrivateKey(key);
    }

    /// <summary>Whether a certificate request proves a P-256 key (RFC 2986). Its subject is not looked at: the relay names the box.</summary>
    public static bool IsSound(string requestPem) => TryLoad(requestPem) is not null;

    /// <summary>Certifies a box's key under the name the relay gave it.</summary>
    /// <exception cref="CryptographicException">The request is not sound.</exception>
    public X509Certificate2 IssueBox(BoxId box, string requestPem)
    {
        CertificateRequest asked = TryLoad(requestPem) ?? throw new CryptographicException("the certificate request is not sound");
        return Issue(new CertificateRequest(new X500DistinguishedName($"CN={box}"), asked.PublicKey, HashAlgorithmName.SHA256), ClientUse, BoxLifetime);
    }

    public void Dispose() => Certificate.Dispose();

    private static CertificateRequest? TryLoad(string requestPem)
    {
        if (requestPem.Length > 4096)
            return null;
        try
        {
            CertificateRequest request = CertificateRequest.LoadSigningRequestPem(requestPem, HashAlgorithmName.SHA256);
            using ECDsa? key = request.PublicKey.GetECDsaPublicKey();
            return key is { KeySize: 256 } ? request : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private X509Certificate2 Issue(CertificateRequest request, string use, TimeSpan lifetime)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        DateTimeOffset now = time.GetUtcNow();
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f; // positive (RFC 5280 §4.1.2.2)
        return request.Create(Certificate, now - Backdated, now + lifetime, serial);
    }
}
