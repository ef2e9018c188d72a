using TestKit.Content;
using TestKit.Disk;
using Xunit;
using Xunit.Sdk;

namespace Relay.Tests.Content;

/// <summary>Two hundred relays, each with cuts of the power at chance step boundaries of build, intake, publish, withdrawal and lists. With the thousand stores of the box these are the
/// simulated power cuts. The seed is in the failure: the same seed, the same day.</summary>
public sealed class PublishPowerTests : IDisposable
{
    private const int SeedsEach = 50;
    private const int Days = 5;

    private readonly TempFolder _folder = Directory.Exists("/dev/shm") ? new TempFolder("/dev/shm") : new TempFolder();
    private readonly ListKeys _keys = new();

    public void Dispose()
    {
        _keys.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Unplug_at_any_instant_every_version_is_whole_and_what_was_published_is_published(int fifty)
    {
        (int cuts, int published, int updates) = (0, 0, 0);
        for (int seed = fifty * SeedsEach; seed < (fifty + 1) * SeedsEach; seed++)
        {
            using var world = new PublishWorld(seed, _folder[$"{seed}"], _keys);
            try
            {
                await world.LiveAsync(Days);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
            cuts += world.Cuts;
            published += world.Published;
            updates += world.Updates;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{cuts} cuts, {published} times published, {updates} updates");
        Assert.True(cuts > 2 * SeedsEach && published > 2 * SeedsEach && updates > SeedsEach, $"too quiet: {cuts} cuts, {published} times published, {updates} updates");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task The_campaign_goes_red_when_a_sync_is_left_out(bool flushes, bool names)
    {
        for (int seed = 0; seed < SeedsEach; seed++)
        {
            using var world = new PublishWorld(seed, _folder[$"blind-{flushes}-{seed}"], _keys, forgetsFlushes: flushes, forgetsNames: names);
            try
            {
                await world.LiveAsync(Days);
            }
            catch (XunitException)
            {
                return;
            }
        }
        Assert.Fail($"{SeedsEach} relays without syncs, and nobody noticed");
    }
}
