using System.Text.Json;
using EndToEnd.World;
using TestKit;
using Xunit;

namespace EndToEnd.BadInput;

/// <summary>Claim codes that do not do.</summary>
public sealed class ClaimTests : IAsyncLifetime
{
    private readonly School _school = new(new Dictionary<string, string> { ["Fleet__ClaimCodeLifetime"] = "00:00:03" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _school.Relay.StartAsync(Token);
        await _school.Box.StartAsync(Token);
    }

    public ValueTask DisposeAsync() => _school.DisposeAsync();

    [Fact]
    public async Task A_code_that_is_expired_mistyped_or_shown_by_no_box_claims_nothing_and_says_so()
    {
        string shown = await CodeAsync();
        await Eventually.Async(async () => await CodeAsync() != shown, "the box shows a new code", Token, evidence: () => _school.Evidence);
        foreach ((string code, string why) in new Dictionary<string, string> { [shown] = "expired", ["hello"] = "is no claim code", [Mistyped(shown)] = "is no claim code" })
        {
            (int exitCode, string output, string error) = await _school.Relay.RunAsync(Token, "box", "claim", code, "--school", "Hope School");
            Assert.Equal((1, ""), (exitCode, output));
            Assert.Contains(why, error, StringComparison.Ordinal);
        }
        Assert.Equal(0, (await _school.Relay.GetAsync("/api/boxes", Token)).GetArrayLength());
        Assert.Equal(0, (await _school.Relay.GetAsync("/api/schools", Token)).GetArrayLength());
        Assert.Equal(JsonValueKind.Null, (await _school.Box.StatusAsync(Token)).GetProperty("box").ValueKind);
    }

    private async Task<string> CodeAsync() => (await _school.Box.StatusAsync(Token)).GetProperty("claimCode").GetString()!;

    // Two neighbours in the wrong order: the check symbol finds it.
    // One wrong symbol is what the check symbol promises to find.
    private static string Mistyped(string code) => (code[0] == '7' ? '8' : '7') + code[1..];
}
