using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EndToEnd.World;

/// <summary>Certificates from a relay's own authority, made with the key on its disk: what somebody could show who has got it.</summary>
public static class Authority
{
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    public static X509Certificate2 Issue(RelayNode relay, string commonName, string use)
    {
        string keys = Path.Combine(relay.Folder, "keys");
        using X509Certificate2 authority = X509Certificate2.CreateFromPemFile(Path.Combine(keys, "ca.pem"), Path.Combine(keys, "ca.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(commonName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        using X509Certificate2 issued = request.Create(authority, authority.NotBefore, authority.NotAfter, serial);
        using X509Certificate2 withKey = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
