using TestKit;
using TestKit.Disk;
using Xunit;

namespace EndToEnd.Kill;

/// <summary>Import, fetch, eviction and publishing with real programs that are killed, or whose disk loses power, at random instants.</summary>
public sealed class StoreKillTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unplug_at_any_instant_kill_9_of_box_and_relay_leaves_every_version_whole_or_not_there()
    {
        await using var campaign = new StoreCampaign(Blow.Kill, Fuzz.IsLong ? 200 : 6);
        await campaign.RunAsync(Token);
        TestContext.Current.TestOutputHelper?.WriteLine(campaign.Summary);
    }

    [Fact]
    public async Task Unplug_at_any_instant_power_cuts_of_a_real_file_system_leave_every_version_whole_or_not_there()
    {
        Assert.SkipWhen(LoopDisk.Trouble() is not null, $"no file system can be mounted: {LoopDisk.Trouble()}");
        await using var campaign = new StoreCampaign(Blow.PowerCut, Fuzz.IsLong ? 100 : 3);
        await campaign.RunAsync(Token);
        TestContext.Current.TestOutputHelper?.WriteLine(campaign.Summary);
    }
}
