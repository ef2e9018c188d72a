using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Edge.Box.Identity;

/// <summary>Trusts the relay by its own authority and name, and by no public one. The time in a certificate is not looked at:
/// this box's clock may be at 1970 or 2099, and a relay whose key was lost is answered with a new authority, not with a date.</summary>
public sealed class RelayTrust
{
    private readonly X509Certificate2Collection _authorities = [];

    /// <exception cref="InvalidDataException">There is no authority to trust: without one this box can talk to nobody.</exception>
    public RelayTrust(IOptions<IdentityOptions> identity, IOptions<BoxOptions> box)
    {
        string path = identity.Value.AuthorityFile ?? Path.Combine(box.Value.DataFolder, "ca.pem");
        try
        {
            _authorities.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or CryptographicException)
        {
            // Said below.
        }
        if (_authorities.Count == 0)
            throw new InvalidDataException($"{path} holds no certificate of the relay's authority: copy keys/ca.pem from the relay's data folder there, or set Identity__AuthorityFile");
    }

    public bool IsRelay(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.1"));
        using var copy = new X509Certificate2(certificate);
        return chain.Build(copy);
    }
}
