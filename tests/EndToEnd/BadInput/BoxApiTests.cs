using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Identity;
using EndToEnd.World;
using TestKit;
using TestKit.Identity;
using Xunit;

namespace EndToEnd.BadInput;

/// <summary>One relay with one claimed box, for all tests of bad input that leave it as it was.</summary>
public sealed class BadInputSchool : IAsyncLifetime
{
    public const string Lesson = "lesson-1";

    /// <summary>Without deltas and bundles, by which a box could do without what is damaged here.</summary>
    public School School { get; } = new(new Dictionary<string, string> { ["Content__UpdatesFrom"] = "0" });

    public PackPress Press { get; private set; } = null!;

    public PackReader Reader { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await School.StartAsync(cancellationToken);
        await School.ScheduleAsync(Lesson, cancellationToken);
        Press = new PackPress(School.Relay, School.Folder, seed: 1);
        Reader = new PackReader(School.Box, Press);
        await Press.PublishAsync(cancellationToken);
        await ShowsAsync(Press.Published, cancellationToken);
    }

    public Task ShowsAsync(long version, CancellationToken cancellationToken) =>
        Eventually.Async(async () => await Reader.ShownAsync(cancellationToken) == version, $"version {version} shows", cancellationToken, evidence: () => School.Evidence);

    /// <summary>What must not change: boxes, schools, packs, targets, lessons and feedback, as staff see them.</summary>
    public async Task<string> StateAsync(CancellationToken cancellationToken)
    {
        var state = new StringBuilder();
        state.AppendJoin(',', (await School.Relay.GetAsync("/api/boxes", cancellationToken)).EnumerateArray().Select(box => $"{box.GetProperty("id")} {box.GetProperty("school")} {box.GetProperty("revoked")}"));
        state.AppendJoin(',', (await School.Relay.GetAsync("/api/packs", cancellationToken)).EnumerateArray().Select(pack => $"{pack.GetProperty("id")} {pack.GetProperty("version")} {pack.GetProperty("targets")}"));
        foreach (string path in (string[])["/api/schools", "/api/feedback"])
            state.Append(await School.Relay.GetAsync(path, cancellationToken));
        return state.ToString();
    }

    public ValueTask DisposeAsync() => School.DisposeAsync();
}

/// <summary>Who is not a box of this relay gets a reason and nothing else.</summary>
public sealed class BoxApiTests(BadInputSchool given) : IClassFixture<BadInputSchool>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("none", "this needs the box's certificate")]
    [InlineData("foreign", "this certificate is not from this relay")]
    [InlineData("unknown", "this box is unknown or revoked")]
    [InlineData("server", "this certificate is not from this relay")]
    public async Task A_caller_that_is_no_box_of_this_relay_is_told_why_and_gets_nothing(string who, string why)
    {
        string before = await given.StateAsync(Token);
        using X509Certificate2? certificate = await CertificateAsync(who);
        using HttpClient api = given.School.BoxApi(certificate);
        foreach (string path in (string[])["/lists/plan", "/lists/catalogue", "/lists/root", $"/content/{new string('0', 64)}", $"/live/{BadInputSchool.Lesson}/index.m3u8", "/time"])
        {
            using HttpResponseMessage answer = await api.GetAsync(path, Token);
            Assert.Equal((path, HttpStatusCode.Forbidden, why), (path, answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)));
        }
        Assert.Equal(before, await given.StateAsync(Token));
    }

    [Fact]
    public async Task The_same_questions_of_the_schools_own_box_are_answered()
    {
        using X509Certificate2 certificate = await given.School.BoxCertificateAsync(Token);
        using HttpClient api = given.School.BoxApi(certificate);
        foreach (string path in (string[])["/lists/plan", "/lists/catalogue", "/lists/root", "/time"])
            Assert.Equal(HttpStatusCode.OK, (await api.GetAsync(path, Token)).StatusCode);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"code\":\"7KQ2-9F4M\",\"certificateRequest\":\"-----BEGIN CERTIFICATE REQUEST-----\\nAAAA\\n-----END CERTIFICATE REQUEST-----\"}")]
    [InlineData("[]")]
    public async Task An_enrolment_that_is_none_is_refused_and_nobody_waits(string body)
    {
        string before = await given.StateAsync(Token);
        using HttpClient api = given.School.BoxApi(null);
        using HttpResponseMessage answer = await api.PostAsync("/enrol", new StringContent(body, null, "application/json"), Token);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal(before, await given.StateAsync(Token));
    }

    [Theory]
    [InlineData("/api/boxes")]
    [InlineData("/api/packs")]
    [InlineData("/api/feedback")]
    public async Task Staff_without_the_key_see_nothing_and_boxes_do_not_reach_staff_addresses(string path)
    {
        using var anyone = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = given.School.Relay.Console };
        Assert.Equal(HttpStatusCode.Unauthorized, (await anyone.GetAsync(path, Token)).StatusCode);
        using X509Certificate2 certificate = await given.School.BoxCertificateAsync(Token);
        using HttpClient api = given.School.BoxApi(certificate);
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync(path, Token)).StatusCode);
    }

    [Theory]
    [InlineData("/library/book/../../identity/box.key")]
    [InlineData("/library/book/..%2f..%2fidentity%2fbox.key")]
    [InlineData("/library/book/%2e%2e/%2e%2e/identity/box.key")]
    [InlineData("/library/..%2fidentity/box.key")]
    [InlineData("/live/..%2fidentity/index.m3u8")]
    [InlineData("/live/%2e%2e%2fidentity/recording.ts")]
    [InlineData("/lesson/..%2f..%2fidentity%2fbox.key")]
    [InlineData("//identity/box.key")]
    public async Task No_address_of_the_site_leads_out_of_what_it_shows(string target)
    {
        string answer = await RawAsync(given.School.Box.Port, target);
        Assert.Matches("^HTTP/1.1 (400|404) ", answer);
        Assert.DoesNotContain("PRIVATE KEY", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/library/cook", HttpStatusCode.NotFound)]
    [InlineData("/library/cook/", HttpStatusCode.NotFound)]
    [InlineData("/library/book/film.mp5", HttpStatusCode.NotFound)]
    [InlineData("/library/book", HttpStatusCode.OK)]
    public async Task An_address_typed_by_hand_leads_to_the_pack_or_says_that_there_is_none(string path, HttpStatusCode status) =>
        Assert.Equal(status, (await given.School.Box.Http.GetAsync(path, Token)).StatusCode);

    private async Task<X509Certificate2?> CertificateAsync(string who)
    {
        switch (who)
        {
            case "none":
                return null;
            case "foreign":
                using (var foreign = new TestCertificates())
                    return Usable(foreign.Client(BoxId.New().ToString()));
            case "server":
                return Authority.Issue(given.School.Relay, (await given.School.BoxCertificateAsync(Token)).GetNameInfo(X509NameType.SimpleName, false), Authority.ServerUse);
            default:
                return Authority.Issue(given.School.Relay, BoxId.New().ToString(), Authority.ClientUse);
        }
    }

    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        using (certificate)
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    // HttpClient would tidy the path up first.
    private static async Task<string> RawAsync(int port, string target)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, Token);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n"), Token);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Token);
    }
}
