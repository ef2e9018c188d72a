using System.Text;
using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using TestKit;
using TestKit.Content;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>Sticks of every kind, read by the box's content feature. The origin is only there to make packs: its link is never used.</summary>
public sealed class UsbBundleTests : ContentTest
{
    private string Stick => Folder["stick"];

    protected override ValueTask PrepareAsync()
    {
        Directory.CreateDirectory(Stick);
        return base.PrepareAsync();
    }

    private static (string, byte[])[] Files(int seed) =>
    [
        ("video/lesson.mp4", Noise.Of(900_000, seed)),
        ("slides.odp", Noise.Of(70_000, seed + 1)),
        ("notes.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"line {seed}\n", 5_000)))),
        ("empty.txt", []),
    ];

    [Fact]
    public async Task A_pack_on_a_stick_shows_without_any_link()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick);
        await using BoxContent box = await OpenAsync();
        var seen = new List<int>();
        (UsbBundleReport report, _) = await box.Usb.RunAsync(new UsbStick(Stick), new Watch(seen), default);
        Assert.Equal(UsbOutcome.Imported, report.Outcome);
        Assert.Equal((1, 1, 0, 2), (report.WholePacks, report.Packs, report.Damaged, report.NewLists));
        Assert.Equal(100, report.Percent);
        Assert.Equal(seen.Order(), seen);
        await ShowAsync(box);
        foreach ((string path, byte[] bytes) in Files(1))
            Assert.Equal(bytes, await box.ReadAsync("fractions", path));
        Assert.Empty(Origin.Asked);
        Assert.Equal(UsbOutcome.NothingNew, (await TakeAsync(box)).Outcome);
    }

    [Fact]
    public async Task Paid_once_what_the_stick_brought_is_not_fetched_over_the_link()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick);
        await using BoxContent box = await OpenAsync(online: true);
        Assert.Equal(UsbOutcome.Imported, (await TakeAsync(box)).Outcome);
        Assert.True(await box.FetchAsync());
        Assert.Single(box.Library.Shown);
        Assert.Equal(0, Origin.SentBytes);
    }

    [Fact]
    public async Task Only_what_is_missing_is_read_and_what_is_not_planned_is_left()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Manifest other = Origin.AddPack("other", 1, ("a.pdf", Noise.Of(60_000, 77)));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick);
        await using BoxContent box = await OpenAsync();
        await TakeAsync(box);
        Assert.NotEmpty(box.Store.Missing(other.Files.Select(file => file.Recipe ?? file.Sha256)));
        await ShowAsync(box);
        Origin.AddPack("fractions", 2, [.. Files(1).Take(2), ("new.txt", [1, 2, 3])]);
        Origin.Publish(Wanted("fractions", 2));
        StickPress.Write(Origin, Stick);
        UsbBundleReport report = await TakeAsync(box);
        Assert.Equal((UsbOutcome.Imported, 1), (report.Outcome, report.WholePacks));
        Assert.InRange(report.NewBytes, 3, 2_000);
    }

    [Fact]
    public async Task Nothing_old_replaces_new_when_a_stick_lay_in_a_drawer()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick);
        Origin.AddPack("fractions", 2, Files(2));
        Origin.Publish(Wanted("fractions", 2));
        await using BoxContent box = await OpenAsync(online: true);
        Assert.True(await box.FetchAsync());
        Assert.Equal(UsbOutcome.NothingNew, (await TakeAsync(box)).Outcome);
        Assert.Equal(2, box.Lists.Current!.Plan!.Version);
        await ShowAsync(box);
        Assert.Equal(2, box.Library.Find("fractions")!.Manifest.Version);
    }

    [Fact]
    public async Task A_withdrawal_on_a_stick_takes_the_pack_back()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        await using BoxContent box = await OpenAsync(online: true);
        Assert.True(await box.FetchAsync());
        Origin.Withdraw("fractions", 1);
        Origin.Publish();
        StickPress.Write(Origin, Stick);
        Assert.Equal(UsbOutcome.Imported, (await TakeAsync(box)).Outcome);
        await ShowAsync(box);
        Assert.Empty(box.Library.Shown);
    }

    [Fact]
    public async Task A_stick_for_another_school_is_told_so_and_changes_nothing()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick, school: "valley");
        await using BoxContent box = await OpenAsync();
        Assert.Equal(UsbOutcome.OtherSchool, (await TakeAsync(box)).Outcome);
        Assert.Null(box.Lists.Current!.Plan);
    }

    /// <summary>The head says "hill", the plan in it is well signed, and for another school.</summary>
    [Fact]
    public async Task Another_schools_plan_under_our_name_is_refused()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        Origin.SetList(ListKind.Plan, Origin.Keys.Sign(ListKind.Plan, new SitePlan(9, "valley", LocalText.Of("en", "Valley"), [Wanted("fractions", 1)], []).ToPayload()).ToBytes());
        StickPress.Write(Origin, Stick);
        await using BoxContent box = await OpenAsync();
        await TakeAsync(box);
        Assert.Null(box.Lists.Current!.Plan);
        await ShowAsync(box);
        Assert.Empty(box.Library.Shown);
    }

    [Fact]
    public async Task Nothing_unsigned_is_shown_from_a_stick_of_a_foreign_relay()
    {
        await using ContentOrigin foreign = await ContentOrigin.StartAsync();
        foreign.AddPack("fractions", 1, Files(5));
        foreign.Publish(Wanted("fractions", 1));
        StickPress.Write(foreign, Stick);
        await using BoxContent box = await OpenAsync();
        Assert.Equal(UsbOutcome.NotTrusted, (await TakeAsync(box)).Outcome);
        await ShowAsync(box);
        Assert.Empty(box.Library.Shown);
        Assert.Equal(0, box.Lists.VersionOf(ListKind.Catalogue));
    }

    [Fact]
    public async Task A_box_that_no_school_claimed_refuses_politely()
    {
        Origin.Publish();
        StickPress.Write(Origin, Stick);
        using var lists = new ListStore(Folder["unclaimed"], () => null, () => null, Microsoft.Extensions.Logging.Abstractions.NullLogger<ListStore>.Instance);
        await using BoxContent box = await OpenAsync();
        var import = new UsbBundleImport(lists, box.Errata, box.Store, box.Room, box.Library, () => null, Microsoft.Extensions.Logging.Abstractions.NullLogger<UsbBundleImport>.Instance);
        Assert.Equal(UsbOutcome.NotClaimed, (await import.RunAsync(new UsbStick(Stick), null, default)).Report.Outcome);
    }

    [Fact]
    public async Task A_stick_without_anything_of_ours_is_none()
    {
        Put(Path.Combine(Stick, "holiday.txt"), [1, 2, 3]);
        await using BoxContent box = await OpenAsync();
        Assert.Equal(UsbOutcome.NoBundle, (await TakeAsync(box)).Outcome);
        Assert.Equal(UsbOutcome.NoBundle, (await box.Usb.RunAsync(new UsbStick(Folder["not-there"]), null, default)).Report.Outcome);
    }

    /// <summary>Each file left out, and each cut in the middle: as a copy by hand that stopped there leaves it.</summary>
    [Fact]
    public async Task Whole_or_not_at_all_wherever_the_copying_stopped()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.AddPack("other", 1, ("a.pdf", Noise.Of(50_000, 77)));
        Origin.Publish(Wanted("fractions", 1), Wanted("other", 1));
        StickPress.Write(Origin, Stick);
        string[] files = [.. Directory.EnumerateFiles(Stick, "*", SearchOption.AllDirectories).Order()];
        Assert.InRange(files.Length, 9, 20);
        int number = 0;
        foreach (string file in files)
        {
            byte[] bytes = await File.ReadAllBytesAsync(file);
            foreach (Action harm in (Action[])[() => File.Delete(file), () => Put(file, bytes[..(bytes.Length / 2)]), () => Put(file, [.. bytes, 0]), () => Put(file, [])])
            {
                harm();
                string name = $"box{number++}";
                await using (BoxContent box = await OpenAsync(name))
                {
                    UsbBundleReport report = await TakeAsync(box);
                    Assert.Contains(report.Outcome, (UsbOutcome[])[UsbOutcome.NotWhole, UsbOutcome.OtherSchool, UsbOutcome.NoBundle]);
                    await ShowAsync(box);
                    // Without a root list that it has already, a box does as well.
                    Assert.True(box.Library.Shown.Count < 2 || report.Damaged == 1);
                    await box.AssertShownIsWholeAsync();
                }
                Put(file, bytes);
                // The same stick, made whole: it goes on from there.
                await using BoxContent again = await OpenAsync(name);
                Assert.Contains((await TakeAsync(again)).Outcome, (UsbOutcome[])[UsbOutcome.Imported, UsbOutcome.NothingNew]);
                await ShowAsync(again);
                Assert.Equal(2, again.Library.Shown.Count);
            }
        }
    }

    [Fact]
    public async Task Whole_or_not_at_all_whichever_bytes_were_changed()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick);
        var random = new Random(7);
        string[] files = [.. Directory.EnumerateFiles(Stick, "*", SearchOption.AllDirectories).Order()];
        for (int round = 0; round < 40; round++)
        {
            string file = files[round % files.Length];
            byte[] bytes = await File.ReadAllBytesAsync(file);
            byte[] changed = (byte[])bytes.Clone();
            changed[random.Next(changed.Length)] ^= (byte)random.Next(1, 256);
            Put(file, changed);
            await using (BoxContent box = await OpenAsync($"box{round}"))
            {
                UsbBundleReport report = await TakeAsync(box);
                await ShowAsync(box);
                await box.AssertShownIsWholeAsync();
                // A changed byte in the head of a volume is in nobody's chunk.
                Assert.True(report.Outcome is UsbOutcome.NotWhole or UsbOutcome.Imported);
                Assert.True(report.Outcome != UsbOutcome.Imported || box.Library.Shown.Count == 1);
            }
            Put(file, bytes);
        }
    }

    [Fact]
    public async Task Unplug_at_any_instant_keeps_what_had_come_and_the_next_time_goes_on()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.AddPack("other", 1, Files(40));
        Origin.Publish(Wanted("fractions", 1), Wanted("other", 1));
        StickPress.Write(Origin, Stick);
        int pulled = 0;
        for (int at = 1; at < 200; at++)
        {
            string copy = Folder[$"copy{at}"];
            CopyFolder(Stick, copy);
            await using BoxContent box = await OpenAsync($"box{at}");
            int steps = 0;
            (UsbBundleReport report, _) = await box.Usb.RunAsync(new UsbStick(copy), new Act(() =>
            {
                if (++steps == at)
                    Directory.Delete(copy, recursive: true);
            }), default);
            await ShowAsync(box);
            await box.AssertShownIsWholeAsync();
            if (steps < at)
                break;
            if (report.Outcome is UsbOutcome.Pulled or UsbOutcome.NotWhole)
                pulled++;
            Assert.NotEqual(UsbOutcome.NotTrusted, report.Outcome);
            Assert.Contains((await TakeAsync(box)).Outcome, (UsbOutcome[])[UsbOutcome.Imported, UsbOutcome.NothingNew]);
            await ShowAsync(box);
            Assert.Equal(2, box.Library.Shown.Count);
        }
        Assert.InRange(pulled, 5, 200);
    }

    [Fact]
    public async Task Links_on_a_stick_are_not_followed()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        UsbBundleHead head = StickPress.Write(Origin, Stick);
        string volume = Path.Combine(Stick, UsbBundlePaths.Of(head.Volumes[0].Id));
        string elsewhere = Folder["elsewhere"];
        File.Move(volume, elsewhere);
        File.CreateSymbolicLink(volume, elsewhere);
        await using (BoxContent box = await OpenAsync())
        {
            UsbBundleReport report = await TakeAsync(box);
            Assert.Equal((UsbOutcome.NotWhole, 0), (report.Outcome, report.WholePacks));
        }
        File.Delete(volume);
        File.Move(elsewhere, volume);
        string objects = Path.Combine(Stick, UsbBundlePaths.Folder, "objects");
        Directory.Move(objects, elsewhere);
        Directory.CreateSymbolicLink(objects, elsewhere);
        await using BoxContent other = await OpenAsync("other");
        Assert.Equal(UsbOutcome.NotWhole, (await TakeAsync(other)).Outcome);
        Assert.Null(other.Lists.Current!.Plan);
    }

    /// <summary>A well-made head over an index that promises more than there is, chunks that unpack to other lengths, and a manifest that is a bomb.</summary>
    [Fact]
    public async Task Bombs_and_lies_in_sound_wrapping_harm_nothing()
    {
        Manifest manifest = Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        UsbBundleHead head = StickPress.Write(Origin, Stick);
        VolumeRef volume = head.Volumes[0];
        VolumeIndex index = VolumeIndex.Read(Origin.Objects[volume.Index])!;
        // Every entry claims to be a packed chunk of 4 MiB.
        byte[] lies = new VolumeIndex([.. index.Entries.Select(entry => entry with { Coding = ChunkCoding.Brotli, LengthBytes = ContentLimits.MaxChunkBytes })]).ToBytes();
        StickPress.Put(Stick, lies, ChunkId.Of(lies));
        StickPress.WriteHead(Stick, head with { Volumes = [volume with { Index = ChunkId.Of(lies), IndexBytes = lies.Length }] });
        await using (BoxContent box = await OpenAsync())
        {
            UsbBundleReport report = await TakeAsync(box);
            Assert.Equal((UsbOutcome.NotWhole, 0), (report.Outcome, report.WholePacks));
            await ShowAsync(box);
            Assert.Empty(box.Library.Shown);
        }
        // The catalogue names the manifest by hash: a bomb under its name is not even unpacked.
        byte[] bomb = [1, 0x01, 0, 0, 0, .. Enumerable.Repeat((byte)0x0B, 600)];
        StickPress.WriteHead(Stick, head with { Packs = [new UsbBundlePack(ChunkId.Of(manifest.ToBytes()), bomb.Length, [0])] });
        StickPress.Put(Stick, bomb, ChunkId.Of(manifest.ToBytes()));
        await using BoxContent other = await OpenAsync("other");
        Assert.Equal(UsbOutcome.NotWhole, (await TakeAsync(other)).Outcome);
    }

    [Fact]
    public async Task Full_disk_stops_the_stick_and_the_rest_comes_when_there_is_room()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick);
        long free = 500_000;
        await using (BoxContent box = await OpenAsync(freeBytes: () => Volatile.Read(ref free)))
        {
            Assert.Equal(UsbOutcome.Full, (await TakeAsync(box)).Outcome);
            Assert.Empty(box.Library.Shown);
            Volatile.Write(ref free, long.MaxValue);
            Assert.Equal(UsbOutcome.Imported, (await TakeAsync(box)).Outcome);
            await ShowAsync(box);
            Assert.Single(box.Library.Shown);
        }
    }

    /// <summary>A school without any link must not be stuck with what its plan no longer names.</summary>
    [Fact]
    public async Task Full_disk_makes_room_for_a_stick_in_the_plans_order()
    {
        Origin.AddPack("former", 1, Files(1));
        Origin.AddPack("kept", 1, ("a.pdf", Noise.Of(60_000, 77)));
        Origin.Publish(Wanted("former", 1), Wanted("kept", 1));
        StickPress.Write(Origin, Stick);
        await using BoxContent box = await OpenAsync(quotaBytes: 1_600_000);
        Assert.Equal(UsbOutcome.Imported, (await TakeAsync(box)).Outcome);
        await ShowAsync(box);
        Origin.AddPack("wanted", 1, Files(20));
        Origin.Publish(Wanted("wanted", 1), Wanted("kept", 1));
        StickPress.Write(Origin, Stick);
        Assert.Equal(UsbOutcome.Imported, (await TakeAsync(box)).Outcome);
        await ShowAsync(box);
        Assert.Equal(["kept", "wanted"], box.Library.Shown.Select(shown => shown.Pack).Order());
        await box.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task A_damaged_chunk_of_a_shown_pack_heals_from_a_stick()
    {
        Manifest manifest = Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick);
        await using BoxContent box = await OpenAsync();
        await TakeAsync(box);
        await ShowAsync(box);
        Recipe recipe = Recipe.Read((await box.Store.ReadAsync(manifest.File("video/lesson.mp4")!.Recipe!.Value, default))!)!;
        await box.Store.DropAsync(recipe.Chunks[1].Id, default);
        (FileOpening opening, _, _) = await box.Library.OpenFileAsync("fractions", "video/lesson.mp4", default);
        Assert.Equal(FileOpening.Healing, opening);
        Assert.Equal(UsbOutcome.Imported, (await TakeAsync(box)).Outcome);
        await ShowAsync(box);
        Assert.Equal(Files(1)[0].Item2, await box.ReadAsync("fractions", "video/lesson.mp4"));
    }

    [Fact]
    public async Task Corrections_in_words_come_by_stick_and_only_signed_ones_wherever_the_copying_stopped()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        StickPress.Write(Origin, Stick);
        using var stranger = new ListKeys();
        byte[][] records = [Signed(Origin.Keys, "e1", 1), Signed(stranger, "e2", 2), Signed(Origin.Keys, "e3", 3)];
        byte[] whole = ErratumRecords.Join(records.Select(record => (ReadOnlyMemory<byte>)record));
        foreach (int length in (int[])[1, records[0].Length + 1, records[0].Length + 2, whole.Length - 1, whole.Length])
        {
            StickPress.WriteErrata(Stick, whole[..length]);
            await using BoxContent box = await OpenAsync($"cut{length}");
            await TakeAsync(box);
            string[] expected = length == whole.Length ? ["e3", "e1"] : length >= records[0].Length + 2 ? ["e1"] : [];
            Assert.Equal(expected, box.Errata.Current.Of("fractions", 1).Select(erratum => erratum.Id));
            Assert.Equal(UsbOutcome.NothingNew, (await TakeAsync(box)).Outcome);
        }
        // Longer than all that a box keeps: not even opened.
        StickPress.WriteErrata(Stick, new byte[ErratumRecords.MaxFileBytes + 1]);
        await using BoxContent last = await OpenAsync("long");
        await TakeAsync(last);
        Assert.Empty(last.Errata.Current.ById);

        static byte[] Signed(ListKeys keys, string id, long number) =>
            keys.Sign(ListKind.Erratum, new Erratum(number, id, "fractions", 1, null, null, null, LocalText.Of("en", "three, not four"), DateTimeOffset.UnixEpoch, false).ToPayload()).ToBytes();
    }

    private Task<BoxContent> OpenAsync(string name = "box", bool online = false, Func<long>? freeBytes = null, long quotaBytes = 0)
    {
        if (!online)
            Origin.Url = new Uri("http://127.0.0.1:9/");
        return BoxContent.OpenAsync(Folder[name], Origin, freeBytes: freeBytes, quotaBytes: quotaBytes);
    }

    private async Task<UsbBundleReport> TakeAsync(BoxContent box) => (await box.Usb.RunAsync(new UsbStick(Stick), null, default)).Report;

    /// <summary>What the fetch loop does when nudged; without a link it shows what is whole.</summary>
    private static Task<bool> ShowAsync(BoxContent box) => box.TryFetchAsync();

    private static void Put(string path, byte[] bytes)
    {
        using FileStream file = File.Create(path);
        file.Write(bytes);
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private sealed class Watch(List<int> seen) : IProgress<UsbBundleReport>
    {
        public void Report(UsbBundleReport value) => seen.Add(value.Percent);
    }

    private sealed class Act(Action act) : IProgress<UsbBundleReport>
    {
        public void Report(UsbBundleReport value) => act();
    }
}
