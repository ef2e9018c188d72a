using System.Diagnostics;
using System.Text.Json;
using EndToEnd.World;
using Microsoft.Playwright;
using TestKit;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Keys;

/// <summary>The keys part of docs/operations.md, run line by line against a real relay and a real box, so that it does not rot.</summary>
public sealed class KeyDrillTests : IAsyncLifetime
{
    private const string Passphrase = "a long enough passphrase";

    private readonly School _school = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Where people keep their key files.</summary>
    private string Desk => _school.Folder["desk"];

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Desk);
        await _school.StartAsync(Token);
    }

    public ValueTask DisposeAsync() => _school.DisposeAsync();

    [Fact]
    public async Task Nothing_unsigned_is_shown_and_every_line_of_the_key_drill_does_what_it_says()
    {
        await BuildAsync("fractions", "one");
        await BuildAsync("leadschool-maths", "one");
        // Two of three root keys, made and used where there is no relay; from here on two people publish.
        await DrillAsync("move");
        File.Delete(Path.Combine(_school.Relay.Folder, "keys", "root.key"));
        await RootAtBoxAsync(2);

        // One signature is not enough; the second person's brings it to the school.
        string[] publish = Lines("publish");
        await RunAsync(publish[0]);
        JsonElement waiting = Assert.Single((await _school.Relay.CliAsync(Token, "proposal", "list")).EnumerateArray());
        Assert.Equal(("Waiting", 1, 2), (waiting.GetProperty("state").GetString(), waiting.GetProperty("approvals").GetArrayLength(), waiting.GetProperty("needed").GetInt32()));
        Assert.Empty((await _school.Box.StatusAsync(Token)).GetProperty("packs").EnumerateArray());
        foreach (string line in publish[1..])
            await RunAsync(line);
        await ShownAsync("fractions", 1);

        // A publisher signs what is its own, and nothing else.
        await DrillAsync("publisher");
        await ShownAsync("leadschool-maths", 1);
        Assert.Contains("not in the hands", await FailAsync("relay pack publish fractions --to all --publisher leadschool --sign lead/lead.key"), StringComparison.Ordinal);
        Assert.Contains("may not approve", await FailAsync("relay pack publish fractions --to all --sign lead/lead.key"), StringComparison.Ordinal);

        // The box is off while three keys are replaced one after the other, and the relay starts anew in between.
        await _school.Box.StopAsync();
        await DrillAsync("staff");
        await DrillAsync("lists");
        await _school.Relay.StopAsync();
        await _school.Relay.StartAsync(Token);
        await DrillAsync("root");
        await _school.Box.StartAsync(Token);
        await RootAtBoxAsync(5);
        Assert.Equal(["fractions", "leadschool-maths"], await VerifiedAsync());

        // Who was replaced signs nothing any more; who replaced them does.
        await BuildAsync("fractions", "two");
        Assert.Contains("may not approve", await FailAsync("relay pack publish fractions --to all --sign wang/wang.key"), StringComparison.Ordinal);
        await RunAsync("relay pack publish fractions --to all --sign li/li.key");
        JsonElement last = (await _school.Relay.CliAsync(Token, "proposal", "list")).EnumerateArray().Last(proposal => proposal.GetProperty("state").GetString() == "Waiting");
        await ApproveInThePageAsync(last.GetProperty("id").GetInt64(), Path.Combine(Desk, "zhao", "zhao.key"));
        await ShownAsync("fractions", 2);

        // A publisher that was revoked brings nothing new; what the school has stays.
        await RunAsync("relay publisher revoke leadschool");
        await BuildAsync("leadschool-maths", "two");
        Assert.Contains("not in the hands", await FailAsync("relay pack publish leadschool-maths --to all --publisher leadschool --sign lead/lead.key"), StringComparison.Ordinal);
        Assert.Equal(["fractions", "leadschool-maths"], await VerifiedAsync());
    }

    [Fact]
    public async Task A_revoked_box_is_dropped_within_two_seconds()
    {
        string box = (await _school.Box.StatusAsync(Token)).GetProperty("box").GetString()!;
        await Eventually.Async(async () => (await _school.Box.StatusAsync(Token)).GetProperty("linkUp").GetBoolean(), "the link is up", Token, evidence: () => _school.Evidence);
        await _school.Relay.CliAsync(Token, "box", "revoke", box);
        await Eventually.Async(async () => !(await _school.Box.StatusAsync(Token)).GetProperty("linkUp").GetBoolean(), "the link is cut", Token, TimeSpan.FromSeconds(2), () => _school.Evidence);
    }

    /// <summary>Signs on the console's page, on a small phone; the key file never leaves the browser.</summary>
    private async Task ApproveInThePageAsync(long proposal, string keyFile)
    {
        await using Browser browser = await Browser.StartAsync();
        await using Visit visit = await browser.VisitAsync(_school.Relay.Console);
        await visit.Page.GotoAsync($"/login?key={_school.Relay.StaffKey}&returnUrl=/approvals");
        string form = $"#p{proposal} form[data-sign]";
        await visit.Page.SetInputFilesAsync($"{form} [data-file]", keyFile);
        await visit.Page.FillAsync($"{form} [data-passphrase]", "a wrong passphrase");
        await visit.Page.ClickAsync($"{form} button");
        await Assertions.Expect(visit.Page.Locator($"{form} [data-problem]")).ToContainTextAsync("passphrase is wrong", new() { Timeout = 30_000 });
        await visit.Page.FillAsync($"{form} [data-passphrase]", Passphrase);
        await visit.Page.ClickAsync($"{form} button");
        await Assertions.Expect(visit.Page.Locator("[role=status]").First).ToContainTextAsync("has enough signatures", new() { Timeout = 30_000 });
        Assert.Empty(visit.Foreign);
        Assert.Empty(visit.Errors);
    }

    private async Task DrillAsync(string name)
    {
        foreach (string line in Lines(name))
            await RunAsync(line);
    }

    /// <summary>The commands between the marks of one part.</summary>
    private static string[] Lines(string name)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "operations.md"));
        int from = Array.IndexOf(lines, $"<!-- drill:{name} -->");
        Assert.True(from >= 0, $"docs/operations.md has no drill {name}");
        string[] commands = [.. lines.Skip(from + 1).TakeWhile(line => line != "<!-- /drill -->").Where(line => line.StartsWith("relay ", StringComparison.Ordinal))];
        Assert.NotEmpty(commands);
        return commands;
    }

    private async Task RunAsync(string line)
    {
        (int exitCode, string output, string error) = await TypeAsync(line);
        Assert.True(exitCode == 0, $"{line}: {exitCode} {error}{output}\n{_school.Evidence}");
    }

    private async Task<string> FailAsync(string line)
    {
        (int exitCode, string output, string error) = await TypeAsync(line);
        Assert.True(exitCode == 1, $"{line}: {exitCode} {output}{error}");
        return error;
    }

    private async Task<(int ExitCode, string Output, string Error)> TypeAsync(string line)
    {
        string[] words = line.Replace("DATA", _school.Relay.Folder, StringComparison.Ordinal).Split(' ');
        var start = new ProcessStartInfo("dotnet", [Repository.Program("relay", "relay"), .. words[1..]]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = Desk };
        start.Environment["RELAY_PASSPHRASE"] = Passphrase;
        // Making keys and signing roots happens on machines that know of no relay.
        bool offline = words is ["relay", "keys", "staff", ..] or ["relay", "keys", "root", "key" or "sign", ..];
        start.Environment["RELAY_URL"] = offline ? "http://127.0.0.1:1" : _school.Relay.Console.ToString();
        start.Environment["Relay__DataFolder"] = offline ? _school.Folder["nowhere"] : _school.Relay.Folder;
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(Token);
        Task<string> error = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output, await error);
    }

    private async Task BuildAsync(string pack, string text)
    {
        _school.Folder.Write($"{pack}/pack.json", $$$"""{"id":"{{{pack}}}","title":{"en":"{{{pack}}}"}}""");
        _school.Folder.Write($"{pack}/notes.txt", text);
        await _school.Relay.CliAsync(Token, "pack", "build", _school.Folder[pack]);
    }

    private Task RootAtBoxAsync(long version) => Eventually.Async(
        async () => (await _school.Box.StatusAsync(Token)).GetProperty("lists").GetProperty("root").GetInt64() == version, $"the box is at root {version}", Token, evidence: () => _school.Evidence);

    private Task ShownAsync(string pack, long version) => Eventually.Async(
        async () => (await _school.Box.StatusAsync(Token)).GetProperty("packs").EnumerateArray().Any(report =>
            report.GetProperty("pack").GetString() == pack && report.GetProperty("version").GetInt64() == version && report.GetProperty("state").GetString() == "Verified"),
        $"{pack}@{version} shows", Token, evidence: () => _school.Evidence);

    private async Task<string[]> VerifiedAsync() =>
    [
        .. (await _school.Box.StatusAsync(Token)).GetProperty("packs").EnumerateArray().Where(report => report.GetProperty("state").GetString() == "Verified")
            .Select(report => report.GetProperty("pack").GetString()!).Order(StringComparer.Ordinal),
    ];
}
