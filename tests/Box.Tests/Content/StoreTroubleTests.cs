using System.Diagnostics;
using Edge.Core.Content;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using TestKit;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>What the store does when its disk or its clock is not what it should be: the table in <c>docs/operations.md</c>.</summary>
public sealed class StoreTroubleTests : ContentTest
{
    private const int PackBytes = 700_000;

    [Fact]
    public async Task Full_disk_that_others_filled_keeps_what_shows_and_goes_on_when_there_is_room()
    {
        await using Mount disk = await Mount.MemoryAsync(Folder["disk"], "3m");
        Origin.AddPack("first", 1, ("v.mp4", Noise.Of(PackBytes, 1)));
        Origin.AddPack("second", 1, ("v.mp4", Noise.Of(3 * PackBytes, 2)));
        await using (BoxContent box = await OpenAsync())
        {
            Origin.Publish(Wanted("first", 1));
            Assert.True(await box.FetchAsync());
            Origin.Publish(Wanted("first", 1), Wanted("second", 1));
            Exception full = await Assert.ThrowsAnyAsync<Exception>(() => box.FetchAsync());
            Assert.True(full is IOException or SqliteException, full.ToString());
            await box.AssertShownIsWholeAsync();
        }
        await disk.RunAsync("-o", "remount,size=12m");
        await using BoxContent again = await OpenAsync();
        Assert.Equal("first", Assert.Single(again.Library.Shown).Pack);
        Assert.True(await again.FetchAsync());
        Assert.Equal(2, again.Library.Shown.Count);
        await again.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task A_disk_that_turned_read_only_goes_on_serving()
    {
        await using Mount disk = await Mount.MemoryAsync(Folder["disk"], "12m");
        Origin.AddPack("first", 1, ("v.mp4", Noise.Of(PackBytes, 1)));
        Origin.AddPack("second", 1, ("v.mp4", Noise.Of(PackBytes, 2)));
        await using BoxContent box = await OpenAsync();
        Origin.Publish(Wanted("first", 1));
        Assert.True(await box.FetchAsync());
        Origin.Publish(Wanted("first", 1), Wanted("second", 1));
        // The kernel turns a failing disk read-only under programs that have files open; a forced remount does the same to writers that come later.
        if (await disk.TryAsync("-o", "remount,ro"))
        {
            Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => box.FetchAsync());
            Assert.True(refused is IOException or UnauthorizedAccessException or SqliteException, refused.ToString());
            await box.AssertShownIsWholeAsync();
            await disk.RunAsync("-o", "remount,rw");
        }
        Assert.True(await box.FetchAsync());
        await box.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task The_clock_may_lie_nothing_is_dropped_or_refused_because_of_it()
    {
        string[] packs = ["a", "b", "c"];
        foreach (string pack in packs)
            Origin.AddPack(pack, 1, ("v.mp4", Noise.Of(PackBytes, pack[0])));
        DateTimeOffset[] clocks = [new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), DateTimeOffset.UnixEpoch, new(2099, 12, 31, 23, 59, 59, TimeSpan.Zero), new(2001, 1, 1, 0, 0, 0, TimeSpan.Zero)];
        for (int i = 0; i < clocks.Length; i++)
        {
            await using BoxContent box = await BoxContent.OpenAsync(Folder["disk"], Origin, new FakeTimeProvider(clocks[i]), quotaBytes: 3_000_000);
            Assert.Equal(packs.Take(i), box.Library.Shown.Select(pack => pack.Pack));
            Origin.Publish([.. packs.Take(i + 1).Select(pack => Wanted(pack, 1, new DateTimeOffset(2026, 3, 3, 8, 0, 0, TimeSpan.Zero)))]);
            Assert.True(await box.FetchAsync());
            Assert.Equal(packs.Take(i + 1), box.Library.Shown.Select(pack => pack.Pack));
            await box.AssertShownIsWholeAsync();
        }
    }

    [Fact]
    public async Task A_lost_index_of_a_full_store_costs_no_byte_of_what_is_planned()
    {
        string[] packs = ["a", "b", "c", "d"];
        foreach (string pack in packs.Append("e"))
            Origin.AddPack(pack, 1, ("v.mp4", Noise.Of(PackBytes, pack[0])));
        PlannedPack Due(string pack, int day) => Wanted(pack, 1, DateTimeOffset.UnixEpoch.AddDays(day));
        await using (BoxContent box = await OpenAsync(3_000_000))
        {
            Origin.Publish([.. packs.Select((pack, i) => Due(pack, 10 - i))]);
            Assert.True(await box.FetchAsync());
        }
        foreach (string file in Directory.GetFiles(Folder["disk"], "content.db*"))
            File.Delete(file);
        Origin.Publish([Due("e", 1), .. packs.Select((pack, i) => Due(pack, 10 - i))]);
        long sent = Origin.SentBytes;
        await using BoxContent again = await OpenAsync(3_000_000);
        await again.FetchAsync();
        Assert.Equal(["b", "c", "d", "e"], again.Library.Shown.Select(pack => pack.Pack));
        Assert.InRange(Origin.SentBytes - sent, PackBytes, PackBytes + 20_000);
        await again.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task A_lost_index_hides_nothing_not_even_what_no_plan_names_any_more()
    {
        Origin.AddPack("planned", 1, ("v.mp4", Noise.Of(PackBytes, 1)));
        Origin.AddPack("former", 1, ("v.mp4", Noise.Of(PackBytes, 2)));
        Origin.AddPack("taken", 1, ("v.mp4", Noise.Of(PackBytes, 3)));
        Origin.AddPack("never", 1, ("v.mp4", Noise.Of(PackBytes, 4)));
        await using (BoxContent box = await OpenAsync())
        {
            Origin.Publish(Wanted("planned", 1), Wanted("former", 1), Wanted("taken", 1));
            Assert.True(await box.FetchAsync());
            Origin.Publish(Wanted("planned", 1), Wanted("taken", 1));
            Assert.True(await box.FetchAsync());
            Assert.Equal(["former", "planned", "taken"], box.Library.Shown.Select(pack => pack.Pack));
        }
        foreach (string file in Directory.GetFiles(Folder["disk"], "content.db*"))
            File.Delete(file);
        Origin.Withdraw("taken", 1);
        Origin.Publish(Wanted("planned", 1));
        long sent = Origin.SentBytes;
        await using (BoxContent again = await OpenAsync())
        {
            Assert.True(await again.FetchAsync());
            Assert.Equal(["former", "planned"], again.Library.Shown.Select(pack => pack.Pack));
            Assert.Equal(sent, Origin.SentBytes);
            await again.AssertShownIsWholeAsync();
            Assert.False(again.Store.IsIndexMadeAnew);
        }
    }

    private Task<BoxContent> OpenAsync(long quotaBytes = 0) => BoxContent.OpenAsync(Folder["disk"], Origin, quotaBytes: quotaBytes);

    /// <summary>A small disk in memory; needs root.</summary>
    private sealed class Mount(string folder) : IAsyncDisposable
    {
        public static async Task<Mount> MemoryAsync(string folder, string size)
        {
            Directory.CreateDirectory(folder);
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
            var mount = new Mount(folder);
            Assert.SkipUnless(await mount.TryAsync("-t", "tmpfs", "-o", $"size={size}", "edge-test"), "mounting is not allowed here");
            return mount;
        }

        public async Task RunAsync(params string[] arguments) => Assert.True(await TryAsync(arguments));

        public async Task<bool> TryAsync(params string[] arguments) => await ProcessAsync("mount", [.. arguments, folder]);

        public async ValueTask DisposeAsync()
        {
            SqliteConnection.ClearAllPools();
            await ProcessAsync("umount", ["-l", folder]);
        }

        private static async Task<bool> ProcessAsync(string program, string[] arguments)
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
    }
}
