using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Edge.Box.Identity;
using Edge.Box.Panel;
using Edge.Core.Panel;
using Edge.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Edge.Box.Tests.Access;

/// <summary>The pages of a whole box, in this process, by forms alone.</summary>
public sealed partial class AccessPagesTests : IAsyncLifetime
{
    private const string Pin = "246810";

    private readonly TempFolder _folder = new();
    private WebApplication _box = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await TeacherPin.SetAsync(_folder["box/identity"], Pin, Token);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 authority = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await DurableFile.WriteAsync(_folder["box/ca.pem"], Encoding.ASCII.GetBytes(authority.ExportCertificatePem()), Token);
        // Nobody listens there: a box without its relay.
        _box = await BoxServer.BuildAsync(["--Logging:LogLevel:Default=None", "--Identity:RelayUrl=https://localhost:1/", $"--Box:DataFolder={_folder["box"]}", "--Panel:Gpio:Enabled=true", "--Box:Address=127.0.0.1", "--Box:Port=0", "--Box:ToolPort=0"], Token);
        await _box.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _box.StopAsync(Token);
        await _box.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_teacher_gives_a_class_a_PIN_pupils_join_with_it_and_watching_needs_nothing()
    {
        using HttpClient teacher = Phone(), pupil = Phone(), watcher = Phone();
        Assert.Equal("/teacher?back=/teacher/classes", (await teacher.GetAsync("/teacher/classes", Token)).Headers.Location?.ToString());
        await PostAsync(teacher, "/teacher", HttpStatusCode.SeeOther, ("pin", Pin), ("back", "/teacher/classes"));
        await LetInAsync(teacher, GestureKind.Press);
        string made = await PostAsync(teacher, "/teacher/classes", HttpStatusCode.OK, ("do", "pin"), ("class", "三(1)班"));
        string pin = FourDigits().Match(made).Value;

        await PostAsync(pupil, "/class", HttpStatusCode.Forbidden, ("class", "三(1)班"), ("seat", "12"), ("pin", "x"));
        await PostAsync(pupil, "/feedback", HttpStatusCode.Forbidden, ("kind", "Attendance"), ("class", "三(1)班"), ("seat", "12"), ("text", "1"));
        await PostAsync(pupil, "/class", HttpStatusCode.SeeOther, ("class", "三(1)班"), ("seat", "12"), ("pin", pin), ("back", "/library"));
        Assert.Contains("三(1)班", await pupil.GetStringAsync("/class", Token), StringComparison.Ordinal);
        Assert.Contains("1 phones are in.", await teacher.GetStringAsync("/teacher/classes", Token), StringComparison.Ordinal);
        await PostAsync(teacher, "/teacher/classes", HttpStatusCode.SeeOther, ("do", "out"), ("class", "三(1)班"));
        Assert.Contains("id=\"join\"", await pupil.GetStringAsync("/class", Token), StringComparison.Ordinal);

        foreach (string open in (string[])["/", "/library", "/ask", "/status", "/screen"])
            Assert.Equal(HttpStatusCode.OK, (await watcher.GetAsync(open, Token)).StatusCode);
        // A question of a phone that is in no class goes without a seat.
        await PostAsync(watcher, "/feedback", HttpStatusCode.SeeOther, ("kind", "Problem"), ("class", "三(1)班"), ("text", "no sound"));
    }

    [Fact]
    public async Task A_teacher_makes_a_temporary_one_who_may_not_make_another_and_a_forgotten_PIN_takes_a_hand_at_the_box()
    {
        using HttpClient teacher = Phone(), temporary = Phone();
        await PostAsync(teacher, "/teacher/pin", HttpStatusCode.SeeOther, ("pin", "13579135"));
        // Neither a press nor the panel on a page does it.
        PanelHub hub = _box.Services.GetRequiredService<PanelHub>();
        hub.Press(Gesture.Press(PanelButton.Help) with { AtBox = true });
        await PostAsync(teacher, "/panel/press/help", HttpStatusCode.SeeOther, ("hold", "true"));
        Assert.Contains("Hold HELP", await teacher.GetStringAsync("/teacher/door", Token), StringComparison.Ordinal);
        await LetInAsync(teacher, GestureKind.Hold);
        string made = await PostAsync(teacher, "/teacher/people", HttpStatusCode.OK, ("do", "add"), ("name", "Li"), ("until", $"{_box.Services.GetRequiredService<TimeProvider>().GetUtcNow().AddDays(7):yyyy-MM-dd}"));
        await PostAsync(temporary, "/teacher", HttpStatusCode.SeeOther, ("pin", SixDigits().Match(made).Value));
        await LetInAsync(temporary, GestureKind.Press);
        Assert.Equal(HttpStatusCode.OK, (await temporary.GetAsync("/teacher/classes", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await temporary.GetAsync("/teacher/people", Token)).StatusCode);
        await PostAsync(temporary, "/teacher/people", HttpStatusCode.Forbidden, ("do", "add"), ("name", "Wang"));
        await PostAsync(teacher, "/teacher/people", HttpStatusCode.SeeOther, ("do", "remove"), ("name", "Li"));
        Assert.Equal(HttpStatusCode.SeeOther, (await temporary.GetAsync("/teacher/classes", Token)).StatusCode);
    }

    /// <summary>Invariant 10: names stay on the box, in one file.</summary>
    [Fact]
    public async Task A_list_gives_a_class_pictures_and_names_and_no_other_file_of_the_box_learns_them()
    {
        using HttpClient teacher = Phone(), pupil = Phone(), stranger = Phone();
        Assert.Equal(HttpStatusCode.SeeOther, (await SendListAsync(stranger, "class,seat,name\n3A,7,Zhuoma\n")).Status);
        await PostAsync(teacher, "/teacher", HttpStatusCode.SeeOther, ("pin", Pin), ("back", "/teacher/classes"));
        await LetInAsync(teacher, GestureKind.Press);
        (HttpStatusCode status, string answer) = await SendListAsync(teacher, "class,seat,name\n3A,7,Zhuoma-Ciren\n3A,seven,Li Lei\n");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Contains("Line 3:", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("names.", await teacher.GetStringAsync("/teacher/classes", Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await SendListAsync(teacher, "class,seat,name\n3A,7,Zhuoma-Ciren\n3A,70,Li Lei\n")).Status);
        Assert.Contains("2 names.", await teacher.GetStringAsync("/teacher/classes", Token), StringComparison.Ordinal);
        Assert.Contains("Zhuoma-Ciren", await teacher.GetStringAsync("/teacher/roster?class=3A", Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await stranger.GetAsync("/teacher/roster?class=3A", Token)).StatusCode);

        string pin = FourDigits().Match(await PostAsync(teacher, "/teacher/classes", HttpStatusCode.OK, ("do", "pin"), ("class", "3A"))).Value;
        Assert.DoesNotContain("Zhuoma", await PostAsync(pupil, "/class", HttpStatusCode.Forbidden, ("class", "3A"), ("seat", ""), ("pin", "x")), StringComparison.Ordinal);
        string choice = await PostAsync(pupil, "/class", HttpStatusCode.OK, ("class", "3A"), ("seat", ""), ("pin", pin), ("back", "/library"));
        Assert.Contains("Zhuoma-Ciren", choice, StringComparison.Ordinal);
        Assert.Equal(2, choice.Split("name=\"seat\"").Length - 1);
        Assert.Single(choice.Split("<svg"), part => part.Contains("Zhuoma-Ciren", StringComparison.Ordinal)); // seat 70 is beyond the pictures
        await PostAsync(pupil, "/class", HttpStatusCode.SeeOther, ("class", "3A"), ("seat", "7"), ("pin", pin), ("back", "/library"));
        await PostAsync(pupil, "/feedback", HttpStatusCode.SeeOther, ("kind", "Problem"), ("class", "3A"), ("seat", "7"), ("text", "why is it so"));
        // Who is not on the list joins by number.
        await PostAsync(stranger, "/class", HttpStatusCode.SeeOther, ("class", "3A"), ("seat", "9"), ("pin", pin), ("back", "/"));

        byte[] name = Encoding.UTF8.GetBytes("Zhuoma-Ciren"), question = Encoding.UTF8.GetBytes("why is it so");
        Assert.Equal(["roster.json"], Files(name));
        Assert.NotEmpty(Files(question));
        await PostAsync(teacher, "/teacher/classes", HttpStatusCode.SeeOther, ("do", "forget"), ("class", "3A"));
        Assert.Empty(Files(name));
        Assert.Contains("value=\"64\"", await PostAsync(stranger, "/class", HttpStatusCode.OK, ("class", "3A"), ("seat", ""), ("pin", pin)), StringComparison.Ordinal);

        IEnumerable<string> Files(byte[] text) => Directory.EnumerateFiles(_folder["box"], "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is not ("control.sock" or "lock"))
            .Where(file => File.ReadAllBytes(file).AsSpan().IndexOf(text) >= 0).Select(file => Path.GetFileName(file));
    }

    private static async Task<(HttpStatusCode Status, string Answer)> SendListAsync(HttpClient phone, string list)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes(list)), "file", "list.csv" }, { new StringContent(""), "class" } };
        using HttpResponseMessage answer = await phone.PostAsync("/teacher/roster", form, Token);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData("text/plain", "class=3A")]
    [InlineData("multipart/form-data; boundary=x", "class=3A&seat=1")]
    [InlineData("multipart/form-data", "--x")]
    [InlineData("application/x-www-form-urlencoded", "%zz=&&==&\0")]
    public async Task A_form_that_is_none_or_damaged_is_the_senders_fault(string type, string body)
    {
        using HttpClient phone = Phone();
        foreach (string form in (string[])["/class", "/class/out", "/teacher", "/teacher/pin", "/teacher/people", "/teacher/classes", "/teacher/roster", "/problem", "/feedback", "/language", "/panel/press/start"])
        {
            using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            using HttpResponseMessage answer = await phone.PostAsync(form, content, Token);
            Assert.True((int)answer.StatusCode is < 500 or 503, $"{form}: {answer.StatusCode}");
        }
        Assert.Equal(HttpStatusCode.OK, (await phone.GetAsync("/", Token)).StatusCode);
    }

    [Fact]
    public async Task Forms_of_another_site_are_refused()
    {
        using HttpClient phone = Phone();
        phone.DefaultRequestHeaders.Add("Origin", "http://elsewhere.example");
        foreach (string form in (string[])["/class", "/class/out", "/teacher/classes", "/teacher/roster", "/teacher/pin", "/teacher/people"])
            await PostAsync(phone, form, HttpStatusCode.Forbidden, ("class", "3A"), ("do", "pin"));
    }

    /// <summary>HELP on the box, once its display shows the phone; the page then goes on by itself.</summary>
    private async Task LetInAsync(HttpClient phone, GestureKind kind)
    {
        Assert.Equal(HttpStatusCode.OK, (await phone.GetAsync("/teacher/door", Token)).StatusCode);
        _box.Services.GetRequiredService<PanelHub>().Press(new Gesture(PanelButton.Help, kind) { AtBox = true });
        await Eventually.Async(async () => (await phone.GetAsync("/teacher/door", Token)).StatusCode == HttpStatusCode.SeeOther, "the phone is let in", Token);
    }

    private HttpClient Phone() => new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() })
    {
        BaseAddress = new Uri(_box.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        DefaultRequestHeaders = { { "Accept-Language", "en" } },
    };

    private static async Task<string> PostAsync(HttpClient phone, string path, HttpStatusCode expected, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        using HttpResponseMessage answer = await phone.PostAsync(path, form, Token);
        string text = await answer.Content.ReadAsStringAsync(Token);
        Assert.True(expected == answer.StatusCode, $"{path}: {answer.StatusCode} {text}");
        return text;
    }

    [GeneratedRegex(@"(?<= is )\d{6}(?=\.)")]
    private static partial Regex SixDigits();

    [GeneratedRegex(@"(?<= is )\d{4}(?=\.)")]
    private static partial Regex FourDigits();
}
