using System.Security.Cryptography;
using TestKit.Link;
using TestKit.Processes;
using Xunit;

namespace EndToEnd.Link;

/// <summary>What a kill in the middle of a fetch costs on a paid link, with a real box, a real relay and a link between them that counts what it delivers.</summary>
public sealed class WasteTests
{
    private const int MostBytes = 512_000;

    /// <summary>A satellite link of half the usual round trip, so that the short form is short; what may be on the way does not depend on it.</summary>
    private static readonly LinkShape Bad = new(4_000_000, TimeSpan.FromMilliseconds(150), 0.02, 250_000);

    private static readonly bool Long = Environment.GetEnvironmentVariable("EDGE_LONG") == "1";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Paid_once_a_kill_at_any_instant_costs_no_more_than_what_was_on_the_way()
    {
        SkipWithoutLink();
        long[] wasted = await WastedAsync(kills: Long ? 40 : 2, settings: null);
        Assert.True(wasted.Max() <= MostBytes, $"bytes paid for nothing: {string.Join(", ", wasted)}");
        if (Long)
            await TheMeasureSeesABoxThatLetsMoreBeOnTheWayAsync();
    }

    private static async Task TheMeasureSeesABoxThatLetsMoreBeOnTheWayAsync()
    {
        long[] wasted = await WastedAsync(kills: 6, new Dictionary<string, string> { ["Content__InFlightBytes"] = $"{4 << 20}" });
        Assert.True(wasted.Max() > MostBytes, $"bytes paid for nothing: {string.Join(", ", wasted)}");
    }

    private static async Task<long[]> WastedAsync(int kills, IReadOnlyDictionary<string, string>? settings)
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("EDGE_SEED"), out int given) ? given : RandomNumberGenerator.GetInt32(1_000_000);
        var chance = new Random(seed);
        await using LinkWorld world = await LinkWorld.StartAsync(Repository.PublishedBox, settings, Token);
        // More than comes in that time.
        string pack = await world.PublishAsync(kills * 4_000_000 + 4_000_000, () => world.Link.Shape = Bad, Token);
        KillCost cost = await KillCost.BeginAsync(world, pack, Token);
        var wasted = new long[kills];
        for (int i = 0; i < kills; i++)
        {
            // From the first handshake to the middle of a transfer.
            await Task.Delay(TimeSpan.FromSeconds(0.2 + 4 * chance.NextDouble()), TimeProvider.System, Token);
            wasted[i] = await cost.KillAsync(Token);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"EDGE_SEED={seed}: {string.Join(", ", wasted)} bytes, {wasted.Average():0} on average");
        return wasted;
    }

    private static void SkipWithoutLink()
    {
        bool mustRun = Environment.GetEnvironmentVariable("CI") == "true";
        Assert.SkipWhen(EmulatedLink.Missing is not null && !mustRun, EmulatedLink.Missing ?? "");
    }
}
