using System.Diagnostics;
using System.Text.Json;
using EndToEnd.World;
using TestKit;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Usb;

/// <summary>The way by stick with real programs: staff write it, a caretaker plugs it in, a technician imports it by hand.</summary>
public sealed class UsbTests : IAsyncLifetime
{
    private School _school = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Stick => _school.Folder["stick"];

    private string MountRoot => _school.Folder["mnt"];

    public async ValueTask InitializeAsync()
    {
        _school = new School(boxSettings: folder => new() { ["Usb__MountRoot"] = folder["mnt"], ["Usb__WatchInterval"] = "00:00:00.100" });
        Directory.CreateDirectory(Stick);
        Directory.CreateDirectory(MountRoot);
        await _school.StartAsync(Token);
        // From here on no packet passes: what arrives came on the stick.
        _school.Box.CutLink();
    }

    public ValueTask DisposeAsync() => _school.DisposeAsync();

    [Fact]
    public async Task A_stick_that_is_plugged_in_brings_a_pack_and_the_box_says_so()
    {
        var press = new PackPress(_school.Relay, _school.Folder, seed: 3);
        await press.PublishAsync(Token);
        JsonElement made = await ExportAsync("nothing");
        Assert.True(made.GetProperty("volumeBytes").GetInt64() > 1_500_000);
        Plug();
        await OutcomeAsync("Imported");
        var reader = new PackReader(_school.Box, press);
        await Eventually.Async(async () => await reader.ShownAsync(Token) == 1, "the pack shows", Token, evidence: () => _school.Evidence);
        await reader.ReadAsync(Token);
        Assert.Equal(3, reader.Reads);
        Assert.Contains("1 of 1 packs are whole", await InEnglishAsync(), StringComparison.Ordinal);
        Unplug();

        // The next edition: told what the school has by the plan of the stick before, the second stick is small.
        await press.PublishAsync(Token);
        JsonElement second = await ExportAsync($"{made.GetProperty("planVersion").GetInt64()}");
        Assert.InRange(second.GetProperty("volumeBytes").GetInt64(), 1, 400_000);
        Plug();
        await Eventually.Async(async () => await reader.ShownAsync(Token) == 2, "the next edition shows", Token, evidence: () => _school.Evidence);
        await reader.ReadAsync(Token);
    }

    [Fact]
    public async Task A_correction_in_words_comes_by_stick_and_so_does_its_withdrawal()
    {
        var press = new PackPress(_school.Relay, _school.Folder, seed: 5);
        await press.PublishAsync(Token);
        await ExportAsync("nothing");
        Plug();
        await OutcomeAsync("Imported");
        await Eventually.Async(async () => await new PackReader(_school.Box, press).ShownAsync(Token) == 1, "the pack shows", Token, evidence: () => _school.Evidence);
        Unplug();
        JsonElement made = await _school.Relay.CliAsync(Token, "pack", "erratum", press.Pack, "--text", "three, not four");
        await ExportAsync("last");
        Plug();
        await Eventually.Async(async () => (await PackPageAsync(press.Pack)).Contains("three, not four", StringComparison.Ordinal), "the correction shows", Token, evidence: () => _school.Evidence);
        Unplug();
        await _school.Relay.CliAsync(Token, "pack", "erratum", press.Pack, "--withdraw", made.GetProperty("id").GetString()!);
        await ExportAsync("last");
        Plug();
        await Eventually.Async(async () => !(await PackPageAsync(press.Pack)).Contains("three, not four", StringComparison.Ordinal), "it is gone", Token, evidence: () => _school.Evidence);
        // The link, when it is back, has nothing to add.
        _school.Box.JoinLink();
        await Eventually.Async(async () => (await _school.Box.StatusAsync(Token)).GetProperty("linkUp").GetBoolean(), "the link is back", Token, evidence: () => _school.Evidence);
        Assert.DoesNotContain("three, not four", await PackPageAsync(press.Pack), StringComparison.Ordinal);
    }

    private Task<string> PackPageAsync(string pack) => _school.Box.Http.GetStringAsync($"/pack/{pack}", Token);

    [Fact]
    public async Task A_technician_imports_by_hand_beside_the_running_box_and_without_it()
    {
        var press = new PackPress(_school.Relay, _school.Folder, seed: 4);
        await press.PublishAsync(Token);
        await ExportAsync("nothing");
        (int exitCode, string output) = await ImportAsync(Stick);
        Assert.Equal((0, "Imported"), (exitCode, JsonElement.Parse(output).GetProperty("outcome").GetString()));
        var reader = new PackReader(_school.Box, press);
        await Eventually.Async(async () => await reader.ShownAsync(Token) == 1, "the pack shows", Token, evidence: () => _school.Evidence);

        await press.PublishAsync(Token);
        await ExportAsync("nothing");
        await _school.Box.StopAsync();
        (exitCode, output) = await ImportAsync(Stick);
        Assert.Equal((0, 1), (exitCode, JsonElement.Parse(output).GetProperty("wholePacks").GetInt32()));
        await _school.Box.StartAsync(Token);
        Assert.Equal(2, await reader.ShownAsync(Token));
        await reader.ReadAsync(Token);
        (exitCode, output) = await ImportAsync(_school.Folder["mnt"]);
        Assert.Equal((1, "NoBundle"), (exitCode, JsonElement.Parse(output).GetProperty("outcome").GetString()));
    }

    [Fact]
    public async Task The_school_network_cannot_ask_for_an_import()
    {
        using HttpResponseMessage answer = await _school.Box.Http.PostAsync($"/control/import?path={Uri.EscapeDataString(Stick)}", null, Token);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, answer.StatusCode);
    }

    private async Task<JsonElement> ExportAsync(string since) => await _school.Relay.CliAsync(Token, "bundle", "export", "--for", School.Id, "--since", since, "--to", Stick);

    private void Plug() => Directory.CreateSymbolicLink(Path.Combine(MountRoot, "sda1"), Stick);

    private void Unplug() => Directory.Delete(Path.Combine(MountRoot, "sda1"));

    private Task OutcomeAsync(string outcome) => Eventually.Async(
        async () => (await _school.Box.StatusAsync(Token)).GetProperty("usb") is { ValueKind: JsonValueKind.Object } usb && usb.GetProperty("outcome").GetString() == outcome,
        $"the box says {outcome}", Token, evidence: () => _school.Evidence);

    private async Task<string> InEnglishAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_school.Box.Site, "status"));
        request.Headers.AcceptLanguage.ParseAdd("en");
        using HttpResponseMessage answer = await _school.Box.Http.SendAsync(request, Token);
        return await answer.Content.ReadAsStringAsync(Token);
    }

    private async Task<(int ExitCode, string Output)> ImportAsync(string path)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.Program("edge/Box", "box"), "import", path, "--data", _school.Box.Folder, "--json"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["Content__ReserveBytes"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(Token);
        Task<string> error = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True((await output).StartsWith('{'), $"box import ended with {process.ExitCode}: {await output}{await error}");
        return (process.ExitCode, await output);
    }
}
