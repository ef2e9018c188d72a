using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Box.Identity;
using Edge.Core.Identity;
using Microsoft.Extensions.Options;
using TestKit.Content;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Identity;

public sealed class BoxIdentityTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ListKeys _lists = new();
    private readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;

    public BoxIdentityTests()
    {
        var request = new CertificateRequest("CN=relay authority", _authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _authorityKey.Dispose();
        _lists.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_new_box_has_a_code_and_keeps_code_key_and_request_through_a_restart()
    {
        using BoxIdentity first = await OpenAsync();
        string request = await first.CertificateRequestAsync(Token);
        using BoxIdentity second = await OpenAsync();
        Assert.Equal(first.ClaimCode, second.ClaimCode);
        Assert.Equal(first.ClaimCode, ClaimCode.Normalise(first.ClaimCode));
        Assert.Equal(request, await second.CertificateRequestAsync(Token));
        Assert.Null(second.Claimed);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["box.key"]));
    }

    [Fact]
    public async Task A_grant_for_this_box_is_kept_through_a_restart()
    {
        using BoxIdentity box = await OpenAsync();
        Assert.True(await box.KeepGrantAsync(await GrantAsync(box), Token));
        using BoxIdentity again = await OpenAsync();
        Assert.Equal("baiyun", again.Claimed!.School);
        Assert.True(again.Claimed.Certificate.HasPrivateKey);
        Assert.Null(again.ClaimCode);
    }

    [Fact]
    public async Task A_grant_for_another_key_another_name_or_with_a_false_root_changes_nothing()
    {
        using BoxIdentity box = await OpenAsync();
        EnrolGrant good = await GrantAsync(box);
        using var otherFolder = new TempFolder();
        using BoxIdentity other = await BoxIdentity.OpenAsync(otherFolder.Path, Token);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        SignedList forged = SignedList.Sign(ListKind.Root, _lists.Root.Payload, stranger);
        EnrolGrant[] bad =
        [
            good with { Certificate = (await GrantAsync(other)).Certificate },
            good with { Box = BoxId.New().ToString() },
            good with { School = "../etc" },
            good with { Epoch = 0 },
            good with { RootList = "not base64" },
            good with { RootList = Convert.ToBase64String(forged.ToBytes()) },
            good with { Certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
        ];
        foreach (EnrolGrant grant in bad)
            Assert.False(await box.KeepGrantAsync(grant, Token), grant.ToString());
        Assert.Null(box.Claimed);
        Assert.False(File.Exists(_folder["grant.json"]));
    }

    [Fact]
    public async Task Unplug_at_any_instant_a_torn_grant_or_claim_leaves_a_box_that_can_be_claimed()
    {
        using (BoxIdentity box = await OpenAsync())
            Assert.True(await box.KeepGrantAsync(await GrantAsync(box), Token));
        byte[] whole = await File.ReadAllBytesAsync(_folder["grant.json"], Token);
        foreach (int length in (int[])[0, 1, whole.Length / 2, whole.Length - 1])
        {
            await using (FileStream torn = File.Create(_folder["grant.json"]))
                await torn.WriteAsync(whole.AsMemory(0, length), Token);
            await using (FileStream torn = File.Create(_folder["claim.json"]))
                await torn.WriteAsync("{\"Code\":\"AAA"u8.ToArray(), Token);
            using BoxIdentity box = await OpenAsync();
            Assert.Null(box.Claimed);
            Assert.NotNull(box.ClaimCode);
        }
    }

    [Fact]
    public async Task The_relay_is_known_by_its_authority_and_name_and_not_by_dates()
    {
        await Edge.Durable.DurableFile.WriteAsync(_folder["ca.pem"], System.Text.Encoding.ASCII.GetBytes(_authority.ExportCertificatePem()), Token);
        var trust = new RelayTrust(Options.Create(new IdentityOptions { AuthorityFile = _folder["ca.pem"] }), Options.Create(new BoxOptions()));
        using X509Certificate2 expired = Issue(_authority, _authorityKey, "1.3.6.1.5.5.7.3.1");
        Assert.True(trust.IsRelay(expired, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.False(trust.IsRelay(expired, SslPolicyErrors.RemoteCertificateNameMismatch));
        Assert.False(trust.IsRelay(null, SslPolicyErrors.RemoteCertificateNotAvailable));
        using X509Certificate2 client = Issue(_authority, _authorityKey, "1.3.6.1.5.5.7.3.2");
        Assert.False(trust.IsRelay(client, SslPolicyErrors.None));
        using var strangerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=relay authority", strangerKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 stranger = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        using X509Certificate2 forged = Issue(stranger, strangerKey, "1.3.6.1.5.5.7.3.1");
        Assert.False(trust.IsRelay(forged, SslPolicyErrors.None));
    }

    private Task<BoxIdentity> OpenAsync() => BoxIdentity.OpenAsync(_folder.Path, Token);

    private async Task<EnrolGrant> GrantAsync(BoxIdentity box)
    {
        BoxId id = BoxId.New();
        CertificateRequest asked = CertificateRequest.LoadSigningRequestPem(await box.CertificateRequestAsync(Token), HashAlgorithmName.SHA256);
        var request = new CertificateRequest(new X500DistinguishedName($"CN={id}"), asked.PublicKey, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.Create(_authority, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(90), RandomNumberGenerator.GetBytes(8));
        return new EnrolGrant(id.ToString(), "baiyun", certificate.ExportCertificatePem(), 1, Convert.ToBase64String(_lists.Root.ToBytes()));
    }

    /// <summary>A certificate that ended in 1971.</summary>
    private static X509Certificate2 Issue(X509Certificate2 authority, ECDsa authorityKey, string use)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        return request.Create(authority.SubjectName, X509SignatureGenerator.CreateForECDsa(authorityKey), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1), [1, 2, 3]);
    }
}
