using Edge.Box.Cli;
using Edge.Box.Content;
using Edge.Core.Content;
using TestKit;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>Room for packs in a store that is too small for all of them. Store files are of 1 MiB, packs of 700 kB.</summary>
public sealed class PackRoomTests : ContentTest
{
    private const int PackBytes = 700_000;
    private const long Quota = 3_000_000;
    private const long StoreFile = 1 << 20;
    private const int LongestChunk = 4 * Chunker.MediaAverageBytes;

    [Fact]
    public async Task Full_disk_what_no_plan_names_makes_room_for_what_is_planned()
    {
        await using BoxContent box = await OpenAsync();
        Add("a", "b", "c", "d", "e");
        await PublishAsync(box, Wanted("a", 1), Wanted("b", 1));
        await PublishAsync(box, Wanted("b", 1), Wanted("c", 1));
        Assert.Equal(["a", "b", "c"], Shown(box));
        await PublishAsync(box, Wanted("b", 1), Wanted("c", 1), Wanted("d", 1), Wanted("e", 1));
        Assert.Equal(["b", "c", "d", "e"], Shown(box));
        await box.AssertShownIsWholeAsync();
        Assert.InRange(FolderBytes(), 1, Quota);
    }

    [Fact]
    public async Task Full_disk_what_is_needed_latest_goes_and_nothing_is_fetched_by_turns()
    {
        await using BoxContent box = await OpenAsync();
        Add("a", "b", "c", "d");
        await PublishAsync(box, Due("a", 9), Due("b", 8), Due("c", 7), Due("d", 6));
        Assert.Equal(["a", "b", "c", "d"], Shown(box));
        Add("e");
        Origin.Publish(Due("a", 9), Due("b", 8), Due("c", 7), Due("d", 6), Due("e", 5));
        Assert.True(await box.FetchAsync());
        Assert.Equal(["b", "c", "d", "e"], Shown(box));
        long sent = Origin.SentBytes;
        for (int round = 0; round < 5; round++)
            Assert.False(await box.FetchAsync());
        Assert.Equal(["b", "c", "d", "e"], Shown(box));
        Assert.InRange(Origin.SentBytes - sent, 0, 5_000);
        await box.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task Full_disk_pinned_packs_stay_and_the_former_version_stays_while_there_is_room()
    {
        await using BoxContent box = await OpenAsync();
        Add("a", "b", "c", "d");
        await PublishAsync(box, Wanted("a", 1), Wanted("b", 1));
        await box.Library.PinAsync("a", true, default);
        Assert.True(box.Library.IsPinned("a"));
        Origin.AddPack("b", 2, ("v.mp4", Noise.Of(PackBytes, 77)));
        await PublishAsync(box, Wanted("b", 2));
        long sent = Origin.SentBytes;
        // Rolled back, and forward: all of it is still here.
        await PublishAsync(box, Wanted("b", 1));
        await PublishAsync(box, Wanted("b", 2));
        Assert.InRange(Origin.SentBytes - sent, 0, 5_000);
        await PublishAsync(box, Wanted("b", 2), Due("c", 1), Due("d", 1));
        Assert.Equal(["a", "b", "c", "d"], Shown(box));
        Assert.Equal(2, box.Library.VersionOf("b")!.Version);
        Origin.Publish(Wanted("b", 1), Due("c", 1), Due("d", 1));
        // The former version went; the one that shows stays until it can be replaced, and here it cannot.
        Assert.False(await box.FetchAsync());
        Assert.Equal(2, box.Library.VersionOf("b")!.Version);
        await box.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task Chunks_that_another_pack_needs_stay()
    {
        await using BoxContent box = await OpenAsync();
        byte[] common = Noise.Of(PackBytes, 5);
        Origin.AddPack("a", 1, ("v.mp4", common), ("own.mp4", Noise.Of(1_000_000, 6)));
        Origin.AddPack("b", 1, ("moved/v.mp4", common));
        await PublishAsync(box, Wanted("a", 1));
        long sent = Origin.SentBytes;
        await PublishAsync(box, Wanted("b", 1));
        Assert.InRange(Origin.SentBytes - sent, 1, 5_000);
        Add("c", "d");
        await PublishAsync(box, Wanted("b", 1), Wanted("c", 1), Wanted("d", 1));
        Assert.Equal(["b", "c", "d"], Shown(box));
        await box.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task Rewriting_files_takes_the_room_of_one_file_more_and_few_files()
    {
        await using BoxContent box = await OpenAsync();
        string[] packs = [.. Enumerable.Range(0, 12).Select(i => $"p{i:00}")];
        long most = 0;
        void Look() => most = Math.Max(most, FolderBytes());
        box.Library.Changed += Look;
        for (int i = 0; i < packs.Length; i++)
        {
            // Small packs between, so that files are neither all live nor all dead.
            Origin.AddPack(packs[i], 1, ("v.mp4", Noise.Of(PackBytes, 100 + i)));
            Origin.AddPack($"small{i:00}", 1, ("v.mp4", Noise.Of(40_000, 200 + i)));
            await PublishAsync(box, [Wanted(packs[i], 1), .. Enumerable.Range(Math.Max(0, i - 5), Math.Min(6, i + 1)).Select(n => Wanted($"small{n:00}", 1))]);
            Look();
            await box.AssertShownIsWholeAsync();
        }
        Assert.InRange(most, Quota / 2, Quota + StoreFile + LongestChunk);
        Assert.InRange(Directory.GetFiles(Folder["box/store"]).Length, 2, 8);
    }

    [Fact]
    public async Task Store_is_tidied_in_the_background()
    {
        await using BoxContent box = await OpenAsync();
        Add("a", "b", "c");
        await PublishAsync(box, Wanted("a", 1), Wanted("b", 1), Wanted("c", 1));
        foreach (ChunkHolder holder in box.Store.Holders.Where(holder => holder.Pack is "a" or "b"))
        {
            await box.Library.HideAsync(holder.Pack, 1, default);
            await box.Store.ReleaseAsync(holder.Number, default);
        }
        Assert.InRange(box.Store.DeadBytes, 2 * PackBytes, 2 * PackBytes + 10_000);
        while (await box.Store.TidyAsync(default))
        {
        }
        Assert.InRange(box.Store.DeadBytes, 0, box.Store.UsedBytes / 4);
        Assert.Equal(FolderBytes(), box.Store.UsedBytes);
        await box.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task Damage_is_found_by_the_background_check_and_comes_back_by_itself_after_a_restart_too()
    {
        Add("a", "b");
        await using (BoxContent box = await OpenAsync())
        {
            await PublishAsync(box, Wanted("a", 1), Wanted("b", 1));
            Spoil(300_000);
            int told = 0;
            box.Library.Damaged += () => told++;
            StorePosition at = default;
            int damaged = 0;
            CheckedStretch stretch;
            do
            {
                stretch = await box.Store.CheckAsync(at, 200_000, default);
                damaged += stretch.Damaged.Count;
                at = stretch.Next;
                await box.Store.SetCheckedAsync(at, default);
                Assert.Equal(at, box.Store.Checked);
            }
            while (!stretch.AtEnd);
            Assert.Equal((1, 1), (damaged, told));
            Assert.Single(box.Store.Lost);
        }
        await using BoxContent again = await OpenAsync();
        Assert.Single(again.Store.Lost);
        Assert.Equal(["a", "b"], Shown(again));
        string hit = Assert.Single(again.Library.DamagedPacks).Pack;
        Assert.Equal(FileOpening.Healing, (await again.Library.OpenFileAsync(hit, "v.mp4", default)).Opening);
        Assert.Equal(FileOpening.Opened, (await again.Library.OpenFileAsync(hit == "a" ? "b" : "a", "v.mp4", default)).Opening);
        long sent = Origin.SentBytes;
        Assert.True(await again.FetchAsync());
        Assert.InRange(Origin.SentBytes - sent, 1, LongestChunk);
        Assert.Empty(again.Store.Lost);
        await again.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task Verify_finds_damage_beside_the_running_box_and_the_box_heals_it()
    {
        Add("a");
        await using BoxContent box = await OpenAsync(folder: "box/content");
        await PublishAsync(box, Wanted("a", 1));
        long done = 0;
        VerifyResult sound = await VerifyCommand.RunAsync(Folder["box"], (bytes, _) => done = Math.Max(done, bytes), default);
        Assert.Equal(0, sound.Damaged);
        Assert.True(sound.Chunks > 3 && sound.Bytes == done && done > PackBytes);
        Spoil(300_000, "box/content");
        Assert.Equal(1, (await VerifyCommand.RunAsync(Folder["box"], (_, _) => { }, default)).Damaged);
        Assert.Equal(0, (await VerifyCommand.RunAsync(Folder["box"], (_, _) => { }, default)).Damaged);
        await Assert.ThrowsAsync<IOException>(() => box.ReadAsync("a", "v.mp4"));
        Assert.True(await box.FetchAsync());
        await box.AssertShownIsWholeAsync();
    }

    private void Add(params string[] packs)
    {
        foreach (string pack in packs)
            Origin.AddPack(pack, 1, ("v.mp4", Noise.Of(PackBytes, pack[0])));
    }

    private void Spoil(long offset, string folder = "box")
    {
        using FileStream file = File.OpenWrite(Folder[$"{folder}/store/000000.chunks"]);
        file.Position = offset;
        file.WriteByte(0x5A);
        file.WriteByte(0xA5);
    }

    private static PlannedPack Due(string pack, int day) => Wanted(pack, 1, DateTimeOffset.UnixEpoch.AddDays(day));

    private async Task PublishAsync(BoxContent box, params PlannedPack[] wanted)
    {
        Origin.Publish(wanted);
        Assert.True(await box.FetchAsync());
    }

    private static string[] Shown(BoxContent box) => [.. box.Library.Shown.Select(pack => pack.Pack)];

    private long FolderBytes() => new DirectoryInfo(Folder["box/store"]).EnumerateFiles().Sum(file => file.Length);

    private Task<BoxContent> OpenAsync(string folder = "box") => BoxContent.OpenAsync(Folder[folder], Origin, quotaBytes: Quota);
}
