using System.Security.Cryptography.X509Certificates;
using Edge.Core.Identity;

namespace Relay.Identity;

/// <summary>What a client certificate is worth.</summary>
public enum BoxCertificateVerdict
{
    /// <summary>Ours and in its time.</summary>
    Valid,
    /// <summary>Ours, but its time is over: good for renewal only, up to <see cref="CertificateAuthority.RenewalGrace"/>.</summary>
    Expired,
    /// <summary>Not from our authority, not for clients, or not a box's.</summary>
    Foreign,
}

/// <summary>Reads the box out of a client certificate.</summary>
public sealed class BoxCertificates(CertificateAuthority authority, TimeProvider time)
{
    public BoxCertificateVerdict Judge(X509Certificate2 certificate, out BoxId box)
    {
        if (!BoxId.TryParse(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false), out box) || !IsOurs(certificate))
            return BoxCertificateVerdict.Foreign;
        DateTimeOffset end = new(certificate.NotAfter);
        DateTimeOffset now = time.GetUtcNow();
        if (now <= end)
            return BoxCertificateVerdict.Valid;
        return now <= end + CertificateAuthority.RenewalGrace ? BoxCertificateVerdict.Expired : BoxCertificateVerdict.Foreign;
    }

    private bool IsOurs(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority.Certificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // the fleet table is asked instead
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid; // judged apart
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(certificate);
    }
}
