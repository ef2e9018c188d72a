using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Core.Text;
using Edge.Durable;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Relay.Content;
using Relay.Fleet;
using Relay.Identity;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Fleet;

public sealed class EnrolmentDeskTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
    private readonly ECDsa _boxKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly FleetOptions _options = new() { MaxWaitingBoxes = 3 };
    private RelayKeys _keys = null!;
    private DurableDatabase _database = null!;
    private FleetStore _fleet = null!;
    private EnrolmentDesk _desk = null!;
    private School _school = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _keys = await RelayKeys.OpenAsync(_folder["keys"], ["localhost"], _time, Token);
        _database = new DurableDatabase(_folder["relay.db"], FleetTables.Schema);
        _fleet = new FleetStore(_database, _time);
        _desk = new EnrolmentDesk(_database, _fleet, _keys, Options.Create(_options), _time);
        _school = await _fleet.AddSchoolAsync("baiyun", LocalText.Of("zh-Hans", "白云小学"), Token);
    }

    public ValueTask DisposeAsync()
    {
        _database.Dispose();
        _keys.Dispose();
        _boxKey.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_claimed_box_collects_a_certificate_for_its_key_its_school_and_the_root()
    {
        string code = ClaimCode.New();
        string ticket = await ApplyAsync(code);
        Assert.NotNull(_desk.Collect(ticket).Left);

        (ClaimOutcome outcome, BoxId box) = await _desk.ClaimAsync(code.ToLowerInvariant(), _school, Token);
        Assert.Equal(ClaimOutcome.Claimed, outcome);

        EnrolGrant grant = _desk.Collect(ticket).Grant!;
        Assert.Equal((box.ToString(), "baiyun", 1), (grant.Box, grant.School, grant.Epoch));
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(grant.Certificate);
        Assert.Equal(_boxKey.ExportSubjectPublicKeyInfo(), certificate.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Equal(BoxCertificateVerdict.Valid, new BoxCertificates(_keys.Authority, _time).Judge(certificate, out BoxId named));
        Assert.Equal(box, named);
        Assert.Equal("baiyun", _fleet.SchoolOf(box));
        Assert.True(SignedList.TryParse(Convert.FromBase64String(grant.RootList), out SignedList root));
        Assert.True(TrustRoot.Read(root.Payload.Span)!.Trusts(root));
    }

    [Fact]
    public async Task Asking_twice_with_the_same_code_and_key_gives_the_same_ticket()
    {
        string code = ClaimCode.New();
        string request = Request();
        (_, EnrolTicket? first) = await _desk.ApplyAsync(new EnrolRequest(code, request), Token);
        (_, EnrolTicket? second) = await _desk.ApplyAsync(new EnrolRequest(code, request), Token);
        Assert.Equal(first!.Ticket, second!.Ticket);
    }

    [Fact]
    public async Task A_code_that_another_box_shows_is_refused()
    {
        string code = ClaimCode.New();
        await ApplyAsync(code);
        (EnrolOutcome outcome, _) = await _desk.ApplyAsync(new EnrolRequest(code, Request()), Token);
        Assert.Equal(EnrolOutcome.CodeTaken, outcome);
    }

    [Fact]
    public async Task A_code_can_be_claimed_up_to_its_end_and_not_after()
    {
        string early = ClaimCode.New(), late = ClaimCode.New();
        await ApplyAsync(early);
        string lateTicket = await ApplyAsync(late);

        _time.Advance(_options.ClaimCodeLifetime - TimeSpan.FromSeconds(1));
        Assert.Equal(ClaimOutcome.Claimed, (await _desk.ClaimAsync(early, _school, Token)).Outcome);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ClaimOutcome.Expired, (await _desk.ClaimAsync(late, _school, Token)).Outcome);
        Assert.Equal((null, null), _desk.Collect(lateTicket));
        Assert.Single(_fleet.Boxes());
    }

    [Fact]
    public async Task Wrong_unknown_and_used_codes_are_told_apart_and_change_nothing()
    {
        string code = ClaimCode.New();
        await ApplyAsync(code);
        Assert.Equal(ClaimOutcome.NoCode, (await _desk.ClaimAsync("1234", _school, Token)).Outcome);
        Assert.Equal(ClaimOutcome.Unknown, (await _desk.ClaimAsync(ClaimCode.New(), _school, Token)).Outcome);
        Assert.Empty(_fleet.Boxes());
        BoxId box = (await _desk.ClaimAsync(code, _school, Token)).Box;
        Assert.Equal((ClaimOutcome.AlreadyClaimed, box), await _desk.ClaimAsync(code, _school, Token));
        Assert.Single(_fleet.Boxes());
    }

    [Fact]
    public async Task Requests_that_prove_no_P256_key_are_refused()
    {
        using var rsa = RSA.Create(2048);
        string rsaRequest = new CertificateRequest("CN=box", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
        // Another key's signature over this request: no proof of possession.
        string tampered = Request().Insert(100, "A").Remove(101, 1);
        foreach (string request in (string[])["", "garbage", rsaRequest, tampered])
            Assert.Equal(EnrolOutcome.Malformed, (await _desk.ApplyAsync(new EnrolRequest(ClaimCode.New(), request), Token)).Outcome);
        Assert.Equal(EnrolOutcome.Malformed, (await _desk.ApplyAsync(new EnrolRequest("not a code", Request()), Token)).Outcome);
    }

    [Fact]
    public async Task Waiting_boxes_are_bounded()
    {
        for (int i = 0; i < _options.MaxWaitingBoxes; i++)
            await ApplyAsync(ClaimCode.New());
        Assert.Equal(EnrolOutcome.Busy, (await _desk.ApplyAsync(new EnrolRequest(ClaimCode.New(), Request()), Token)).Outcome);
    }

    [Fact]
    public async Task A_certificate_is_good_to_its_end_then_for_renewal_then_for_nothing()
    {
        string code = ClaimCode.New();
        string ticket = await ApplyAsync(code);
        await _desk.ClaimAsync(code, _school, Token);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(_desk.Collect(ticket).Grant!.Certificate);
        var certificates = new BoxCertificates(_keys.Authority, _time);

        _time.Advance(CertificateAuthority.BoxLifetime - TimeSpan.FromSeconds(1));
        Assert.Equal(BoxCertificateVerdict.Valid, certificates.Judge(certificate, out BoxId box));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(BoxCertificateVerdict.Expired, certificates.Judge(certificate, out _));

        using X509Certificate2 renewed = X509Certificate2.CreateFromPem((await _desk.RenewAsync(box, Request(), Token))!);
        Assert.Equal(BoxCertificateVerdict.Valid, certificates.Judge(renewed, out BoxId same));
        Assert.Equal(box, same);

        _time.Advance(CertificateAuthority.RenewalGrace);
        Assert.Equal(BoxCertificateVerdict.Foreign, certificates.Judge(certificate, out _));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_foreign_whatever_it_says()
    {
        using X509Certificate2 stranger = CertificateAuthority.CreateAuthority("Edge relay authority", _time);
        using var authority = new CertificateAuthority(stranger, _time);
        using X509Certificate2 forged = authority.IssueBox(BoxId.New(), Request());
        Assert.Equal(BoxCertificateVerdict.Foreign, new BoxCertificates(_keys.Authority, _time).Judge(forged, out _));
        // Ours, but the server's: not for clients.
        Assert.Equal(BoxCertificateVerdict.Foreign, new BoxCertificates(_keys.Authority, _time).Judge(_keys.Server, out _));
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Keys_made_on_first_start_are_the_same_on_the_next()
    {
        using RelayKeys again = await RelayKeys.OpenAsync(_folder["keys"], ["localhost"], _time, Token);
        Assert.Equal(_keys.Authority.Certificate.Thumbprint, again.Authority.Certificate.Thumbprint);
        Assert.Equal(_keys.StaffKey, again.StaffKey);
        Assert.Equal(_keys.Root.ToBytes(), again.Root.ToBytes());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder["keys"], "ca.key")));
        Assert.True(TrustRoot.Read(_keys.Root.Payload.Span)!.Trusts(again.Sign(ListKind.Plan, "{}"u8.ToArray())));
    }

    [Fact]
    public async Task A_revoked_box_has_no_school_any_more()
    {
        string code = ClaimCode.New();
        await ApplyAsync(code);
        BoxId box = (await _desk.ClaimAsync(code, _school, Token)).Box;
        Assert.True(await _fleet.RevokeAsync(box, Token));
        Assert.Null(_fleet.SchoolOf(box));
        Assert.False(await _fleet.RevokeAsync(BoxId.New(), Token));
    }

    [Fact]
    public async Task A_late_report_does_not_replace_a_newer_one()
    {
        string code = ClaimCode.New();
        await ApplyAsync(code);
        BoxId box = (await _desk.ClaimAsync(code, _school, Token)).Box;
        await _fleet.ReportedAsync(box, 2, Report(2, PackHolding.Verified), Token);
        await _fleet.ReportedAsync(box, 1, Report(1, PackHolding.Fetching), Token);
        Assert.Equal(2, StatusReport.Read(_fleet.Box(box)!.Status)!.Counter);
        Assert.Equal(new PackArrivals(1, 1), _fleet.ArrivalsOf("fractions", 1));
        Assert.Equal(new PackArrivals(0, 0), _fleet.ArrivalsOf("fractions", 2));
    }

    private static byte[] Report(long counter, PackHolding holding) => new StatusReport(
        counter, "0.1.0", TimeSpan.FromMinutes(1), [new PackReport("fractions", 1, holding, 5, 10)], [], 0, 1_000_000, new ListVersions(1, 1, 1)).ToJson();

    private async Task<string> ApplyAsync(string code)
    {
        (EnrolOutcome outcome, EnrolTicket? ticket) = await _desk.ApplyAsync(new EnrolRequest(code, Request()), Token);
        Assert.Equal(EnrolOutcome.Waiting, outcome);
        return ticket!.Ticket;
    }

    private string Request() => new CertificateRequest("CN=box", _boxKey, HashAlgorithmName.SHA256).CreateSigningRequestPem();
}
