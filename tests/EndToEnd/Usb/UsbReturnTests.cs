using System.Text.Json;
using EndToEnd.World;
using TestKit;
using Xunit;

namespace EndToEnd.Usb;

/// <summary>What pupils gave goes back to the centre on a stick, with real programs.</summary>
public sealed class UsbReturnTests : IAsyncLifetime
{
    private School _school = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Stick => _school.Folder["stick"];

    public async ValueTask InitializeAsync()
    {
        _school = new School(boxSettings: folder => new() { ["Usb__MountRoot"] = folder["mnt"], ["Usb__WatchInterval"] = "00:00:00.100", ["Usb__ShownFor"] = "00:00:01" });
        Directory.CreateDirectory(Stick);
        Directory.CreateDirectory(_school.Folder["mnt"]);
        await _school.StartAsync(Token);
        await _school.ScheduleAsync("maths", Token);
        // The first answer goes over the link: the box has its epoch.
        await AskAsync("over the link");
        await UnsentAsync(0);
        _school.Box.CutLink();
    }

    public ValueTask DisposeAsync() => _school.DisposeAsync();

    [Fact]
    public async Task Said_yes_kept_once_by_stick_and_link_and_the_ack_comes_on_the_next_stick()
    {
        for (int i = 0; i < 5; i++)
            await AskAsync($"by stick {i}");
        await ExportAsync();
        await PlugAsync(returned: 5);
        // Sealed: whoever finds the stick reads nothing.
        string file = Assert.Single(Directory.GetFiles(Path.Combine(Stick, "edge-usb", "return")));
        Assert.EndsWith("-000.sealed", file, StringComparison.Ordinal);
        Assert.Equal(-1, (await File.ReadAllBytesAsync(file, Token)).AsSpan().IndexOf("by stick"u8));

        Assert.Equal(5, await ImportAsync());
        Assert.Equal(0, await ImportAsync());
        Assert.Equal(6, await QuestionsAsync());
        Assert.True(File.Exists(Path.Combine(_school.Relay.Folder, "box-logs", Path.GetFileName(file)[..11] + ".log")));

        // The box still holds them; the next stick tells it that it need not.
        await UnsentAsync(5);
        await AskAsync("after");
        await ExportAsync();
        await PlugAsync(returned: 1);
        await UnsentAsync(1);

        // And the link, when it comes back, doubles nothing.
        _school.Box.JoinLink();
        await UnsentAsync(0);
        Assert.Equal(0, await ImportAsync());
        Assert.Equal(7, await QuestionsAsync());
    }

    [Fact]
    public async Task A_tampered_or_foreign_return_is_refused_and_said_so()
    {
        await ReturnOneAsync();
        string file = Assert.Single(Directory.GetFiles(Path.Combine(Stick, "edge-usb", "return")));
        byte[] bytes = await File.ReadAllBytesAsync(file, Token);
        bytes[^20] ^= 1;
        await Edge.Durable.DurableFile.WriteAsync(file, bytes, Token);
        await Edge.Durable.DurableFile.WriteAsync(file.Replace("-000", "-001", StringComparison.Ordinal), "noise"u8.ToArray(), Token);
        (int exitCode, string output, _) = await _school.Relay.RunAsync(Token, "bundle", "import", Stick, "--json");
        Assert.Equal(1, exitCode);
        JsonElement[] results = [.. JsonElement.Parse(output).EnumerateArray()];
        Assert.Equal(["it was damaged or changed on its way", "this is nothing that a box wrote"], results.Select(result => result.GetProperty("refusal").GetString()));
        Assert.Equal(1, await QuestionsAsync());
    }

    [Fact]
    public async Task A_revoked_box_is_not_heard_on_a_stick_either()
    {
        await ReturnOneAsync();
        string box = (await _school.Box.StatusAsync(Token)).GetProperty("box").GetString()!;
        await _school.Relay.CliAsync(Token, "box", "revoke", box);
        (int exitCode, string output, _) = await _school.Relay.RunAsync(Token, "bundle", "import", Stick, "--json");
        Assert.Equal(1, exitCode);
        Assert.Contains("unknown or revoked", output, StringComparison.Ordinal);
        Assert.Equal(1, await QuestionsAsync());
    }

    /// <summary>A stick with one question on it.</summary>
    private async Task ReturnOneAsync()
    {
        await AskAsync("by stick");
        await ExportAsync();
        await PlugAsync(returned: 1);
    }

    private async Task ExportAsync() => await _school.Relay.CliAsync(Token, "bundle", "export", "--for", School.Id, "--to", Stick);

    /// <summary>Plugs the stick in, waits until the box has written onto it, and pulls it.</summary>
    private async Task PlugAsync(int returned)
    {
        string mount = Path.Combine(_school.Folder["mnt"], "sda1");
        Directory.CreateSymbolicLink(mount, Stick);
        await Eventually.Async(
            async () => (await _school.Box.StatusAsync(Token)).GetProperty("usb") is { ValueKind: JsonValueKind.Object } usb && usb.GetProperty("returned").GetInt32() == returned,
            $"{returned} items are on the stick", Token, evidence: () => _school.Evidence);
        Directory.Delete(mount);
        await Eventually.Async(async () => (await _school.Box.StatusAsync(Token)).GetProperty("usb").ValueKind == JsonValueKind.Null, "the stick is forgotten", Token, evidence: () => _school.Evidence);
    }

    private async Task<int> ImportAsync()
    {
        JsonElement results = await _school.Relay.CliAsync(Token, "bundle", "import", Stick);
        return results.EnumerateArray().Sum(result => result.GetProperty("taken").GetProperty("newItems").GetInt32());
    }

    private async Task AskAsync(string text)
    {
        using var phone = new Phone(_school.Box, "maths", 7);
        await phone.AskAsync(text, Token);
    }

    private async Task<int> QuestionsAsync() => (await _school.Relay.GetAsync("/api/feedback", Token)).GetArrayLength();

    private Task UnsentAsync(int items) => Eventually.Async(
        async () => (await _school.Box.StatusAsync(Token)).GetProperty("unsentItems").GetInt32() == items, $"{items} items wait", Token, evidence: () => _school.Evidence);
}
