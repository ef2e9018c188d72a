using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Durable;
using Microsoft.Extensions.Logging.Abstractions;
using TestKit;
using TestKit.Disk;
using Xunit;
using Xunit.Sdk;

namespace Edge.Box.Tests.Content;

/// <summary>A thousand stores, each with cuts of the power at chance step boundaries of import, show, eviction and rewriting. The seed is in the failure: the same seed, the same day.</summary>
public sealed class StorePowerTests : IDisposable
{
    private const int SeedsEach = 100;
    private const int Days = 5;

    private readonly TempFolder _folder = Directory.Exists("/dev/shm") ? new TempFolder("/dev/shm") : new TempFolder();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    public async Task Unplug_at_any_instant_what_shows_is_whole_and_what_was_stored_is_there(int hundred)
    {
        (int cuts, int dropped, int deleted) = (0, 0, 0);
        for (int seed = hundred * SeedsEach; seed < (hundred + 1) * SeedsEach; seed++)
        {
            using var world = new StoreWorld(seed, _folder[$"{seed}"]);
            try
            {
                await world.LiveAsync(Days);
            }
            catch (XunitException e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
            cuts += world.Cuts;
            dropped += world.Dropped;
            deleted += world.Deleted;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{cuts} cuts, {dropped} chunks dropped for room, {deleted} files deleted");
        Assert.True(cuts > 2 * SeedsEach && dropped > SeedsEach && deleted > SeedsEach, $"too quiet: {cuts} cuts, {dropped} dropped, {deleted} deleted");
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task The_campaign_goes_red_when_a_sync_is_left_out(bool flushes, bool names)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            using var world = new StoreWorld(seed, _folder[$"blind-{flushes}-{seed}"], forgetsFlushes: flushes, forgetsNames: names);
            try
            {
                await world.LiveAsync(Days);
            }
            catch (XunitException)
            {
                return;
            }
        }
        Assert.Fail("50 stores without syncs, and nobody noticed");
    }

    [Fact]
    public async Task Full_disk_at_every_write_nothing_is_half_and_it_goes_on_when_there_is_room()
    {
        byte[][] chunks = [.. Enumerable.Range(0, 12).Select(n => Noise.Of(1_500, n))];
        var disk = new SimulatedDisk(new Random(1));
        Directory.CreateDirectory(_folder["full"]);
        using var database = new DurableDatabase(_folder["full/index.db"], ContentTables.Schema);
        using DiskChunkStore store = DiskChunkStore.Open(disk, database, new ContentOptions { StoreFileBytes = 4_096, ReserveBytes = 0 }, () => long.MaxValue, NullLogger.Instance);
        for (int n = 0; n < chunks.Length; n++)
        {
            ArrivedChunk[] one = [ArrivedChunk.Plain(ChunkId.Of(chunks[n]), chunks[n])];
            disk.Refuses = true;
            await Assert.ThrowsAsync<IOException>(() => store.AddAsync(one, default));
            Assert.Single(store.Missing([one[0].Id]));
            for (int held = 0; held < n; held++)
                Assert.Equal(chunks[held], await store.ReadAsync(ChunkId.Of(chunks[held]), default));
            disk.Refuses = false;
            await store.AddAsync(one, default);
        }
        Assert.Empty(store.Missing(chunks.Select(chunk => ChunkId.Of(chunk))));
    }
}
