using System.Net;
using System.Text.Json;
using TestKit.Disk;
using TestKit.Identity;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Arm;

/// <summary>The box as it goes onto a Pi, run instruction by instruction: the self-contained <c>linux-arm64</c> build that <c>tools/publish-arm64.sh</c> makes.</summary>
public sealed class ArmTests : IAsyncLifetime
{
    private const string Emulator = "/usr/bin/qemu-aarch64-static";
    // An emulated start takes some ten seconds on two cores that do nothing else.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static readonly string Artifacts = Path.Combine(Repository.Root, "artifacts", "arm64");

    private readonly TempFolder _folder = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private ServerProcess? _box;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        string program = Path.Combine(Artifacts, "box", "box");
        Assert.SkipUnless(File.Exists(Emulator), $"{Emulator} is not installed");
        Assert.SkipUnless(File.Exists(program), $"{program} is not built: tools/publish-arm64.sh artifacts/arm64");
        using var authority = new TestCertificates();
        int port = FreePort.Take();
        _http.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        _box = new ServerProcess(Emulator, ["-L", Path.Combine(Artifacts, "sysroot"), program, "run"], new Dictionary<string, string>
        {
            ["Box__DataFolder"] = _folder["box"],
            ["Box__Port"] = $"{port}",
            ["Box__ToolPort"] = "0",
            ["Box__Address"] = "127.0.0.1",
            ["Identity__RelayUrl"] = $"https://localhost:{FreePort.Take()}",
            ["Identity__AuthorityFile"] = _folder.Write("ca.pem", authority.Authority.ExportCertificatePem()),
        });
        await _box.StartAsync(new Uri(_http.BaseAddress, "healthz"), Token, Patience);
    }

    public async ValueTask DisposeAsync()
    {
        if (_box is not null)
            await _box.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_arm_build_starts_opens_its_databases_and_gives_its_first_page()
    {
        using HttpResponseMessage page = await _http.GetAsync("/", Token);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("<html", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        JsonElement status = JsonElement.Parse(await _http.GetStringAsync("/status.json", Token));
        // Read from SQLite, made by the arm64 build of its library and of .NET's cryptography.
        Assert.Equal(0, status.GetProperty("unsentItems").GetInt64());
        Assert.Matches("^[0-9A-Z]{4}-?[0-9A-Z]{4}$", status.GetProperty("claimCode").GetString());
        Assert.True(File.Exists(_folder["box/feedback.db"]) && File.Exists(_folder["box/content/content.db"]) && File.Exists(_folder["box/identity/box.key"]));
    }
}
