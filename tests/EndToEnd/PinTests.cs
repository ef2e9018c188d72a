using System.Net;
using EndToEnd.World;
using TestKit;
using Xunit;

namespace EndToEnd;

/// <summary>A pin set at the relay, and the box that makes room by it. Real programs.</summary>
public sealed class PinTests : IAsyncLifetime
{
    private const int PackBytes = 700_000;

    // Four such packs fit, in store files of 1 MiB.
    private readonly School _school = new(boxSettings: _ => new Dictionary<string, string> { ["Content__QuotaBytes"] = "3000000", ["Content__StoreFileBytes"] = $"{1 << 20}" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _school.StartAsync(Token);

    public ValueTask DisposeAsync() => _school.DisposeAsync();

    [Theory]
    [InlineData(null, "d")]
    [InlineData("all", "c")]
    [InlineData(School.Id, "c")]
    public async Task Full_disk_a_pinned_pack_stays_where_another_would_have_stayed_without_the_pin(string? pinnedFor, string goes)
    {
        string[] packs = ["a", "b", "c", "d"];
        foreach (string pack in packs)
            await PublishAsync(pack);
        await ShownAsync(packs);
        if (pinnedFor is not null)
            await _school.Relay.CliAsync(Token, "pack", "pin", "d", "--for", pinnedFor);
        // Needed at a time, it goes before what is needed at none.
        await PublishAsync("e", "--due", "tomorrow 08:00");
        await ShownAsync([.. packs.Where(pack => pack != goes), "e"]);
        using HttpResponseMessage gone = await _school.Box.Http.GetAsync($"/library/{goes}/film.mp4", Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        if (pinnedFor is null)
            return;

        Assert.Equal(PackBytes, (await _school.Box.Http.GetByteArrayAsync("/library/d/film.mp4", Token)).Length);
        // Let go of, it makes room like any other.
        await _school.Relay.CliAsync(Token, "pack", "pin", "d", "--for", pinnedFor, "--off");
        await PublishAsync("f", "--due", "tomorrow 07:00");
        await ShownAsync(["a", "b", "e", "f"]);
    }

    [Fact]
    public async Task The_command_says_what_it_cannot_do()
    {
        await PublishAsync("a");
        await _school.Relay.CliAsync(Token, "pack", "pin", "a", "--for", "all");
        foreach ((string[] Arguments, string Why) call in ((string[], string)[])
        [
            (["pack", "pin", "a", "--for", School.Id, "--off"], "pinned for all schools"),
            (["pack", "pin", "none", "--for", "all"], "there is no pack none"),
            (["pack", "pin", "a", "--for", "nobody"], "not in the registry"),
        ])
        {
            (int exitCode, _, string error) = await _school.Relay.RunAsync(Token, call.Arguments);
            Assert.Equal(1, exitCode);
            Assert.Contains(call.Why, error, StringComparison.Ordinal);
        }
        (int wrongUse, _, _) = await _school.Relay.RunAsync(Token, "pack", "pin", "a");
        Assert.Equal(2, wrongUse);
        Assert.Equal("*", Assert.Single((await _school.Relay.CliAsync(Token, "pack", "list")).EnumerateArray().Single().GetProperty("pinnedFor").EnumerateArray()).GetString());
    }

    private async Task PublishAsync(string pack, params string[] more)
    {
        _school.Folder.Write($"{pack}/pack.json", $$"""{ "id": "{{pack}}", "title": { "en": "{{pack}}" } }""");
        _school.Folder.Write($"{pack}/film.mp4", Noise.Of(PackBytes, pack[0]));
        await _school.Relay.CliAsync(Token, "pack", "build", _school.Folder[pack]);
        await _school.Relay.CliAsync(Token, ["pack", "publish", pack, "--to", "all", .. more]);
    }

    private Task ShownAsync(string[] packs) => Eventually.Async(async () =>
        (await _school.Box.StatusAsync(Token)).GetProperty("packs").EnumerateArray().Where(pack => pack.GetProperty("state").GetString() == "Verified")
            .Select(pack => pack.GetProperty("pack").GetString()).Order().SequenceEqual(packs), $"{string.Join(' ', packs)} show", Token, evidence: () => _school.Evidence);
}
