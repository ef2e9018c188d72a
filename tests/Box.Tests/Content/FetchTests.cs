using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Sync;
using Microsoft.Extensions.Time.Testing;
using TestKit;
using TestKit.Disk;
using TestKit.Link;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

public sealed class FetchTests : ContentTest
{
    private static (string, byte[])[] Files(int seed) =>
    [
        ("video/lesson.mp4", Noise.Of(1_200_000, seed)),
        ("slides.odp", Noise.Of(90_000, seed + 1)),
        ("notes.txt", System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"line {seed}\n", 9_000)))),
        ("empty.txt", []),
    ];

    [Fact]
    public async Task A_published_pack_arrives_whole_and_stays_after_a_restart_without_link()
    {
        Manifest manifest = Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        await using (BoxContent box = await OpenAsync())
        {
            Assert.Empty(box.Library.Shown);
            Assert.True(await box.FetchAsync());
            Assert.Equal(new PackReport("fractions", 1, PackHolding.Verified, manifest.LengthBytes, manifest.LengthBytes), Assert.Single(box.Library.Reports));
        }
        await Origin.DisposeAsync();
        await using BoxContent again = await OpenAsync();
        foreach ((string path, byte[] bytes) in Files(1))
            Assert.Equal(bytes, await again.ReadAsync("fractions", path));
        Assert.Equal(1, again.Lists.Current!.Plan!.Version);
    }

    [Fact]
    public async Task Whole_or_not_at_all_and_paid_once_wherever_the_power_goes()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.AddPack("other", 1, ("a.pdf", Noise.Of(50_000, 77)));
        Origin.Publish(Wanted("fractions", 1));
        using var snapshots = new TempFolder();
        int count = 0;
        var readAt = new List<long>();
        await using (BoxContent box = await OpenAsync())
        {
            Assert.True(await box.FetchAsync());
            Origin.AddPack("fractions", 2, [.. Files(2).Take(3), ("new.txt", [1, 2, 3])]);
            Origin.Publish(Wanted("fractions", 2), Wanted("other", 1));
        }
        // What the disk holds whenever a request goes out, a list is taken, or a chunk has come: a power cut leaves just that.
        CountingHandler? link = null;
        void Snapshot()
        {
            Copy(Folder["box"], snapshots[$"{count++}"]);
            readAt.Add(link!.ReadBytes);
        }
        link = new CountingHandler(Snapshot);
        await using (BoxContent box = await OpenAsync(handler: link))
        {
            box.Lists.Changed += Snapshot;
            box.Library.Changed += Snapshot;
            Assert.True(await box.FetchAsync());
            Snapshot();
        }
        Assert.InRange(count, 20, 200);
        long worst = 0;
        for (int i = 0; i < count; i++)
        {
            await using BoxContent box = await BoxContent.OpenAsync(snapshots[$"{i}"], Origin);
            Assert.True(box.Library.Find("fractions")!.Manifest.Version is 1 or 2);
            await box.AssertShownIsWholeAsync();
            Assert.True(await box.FetchAsync());
            Assert.Equal(2, box.Library.Find("fractions")!.Manifest.Version);
            Assert.Equal(2, box.Library.Shown.Count);
            await box.AssertShownIsWholeAsync();
            worst = Math.Max(worst, readAt[i] + box.Link.ReadBytes - link.ReadBytes);
        }
        // In flight at the cut: one batch that was not committed yet, its last chunk included.
        Assert.InRange(worst, 1, BoxContent.Options.CommitBytes + 4 * Chunker.MediaAverageBytes);
    }

    [Fact]
    public async Task Paid_once_when_the_link_breaks_again_and_again()
    {
        Manifest manifest = Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        await using var proxy = ImpairedProxy.To(Origin.Url.Port);
        Origin.Url = new Uri($"http://127.0.0.1:{proxy.Port}");
        await using BoxContent box = await OpenAsync();
        int cuts = 0;
        // Shorter than a chunk of the video: only resuming inside it gets on.
        for (proxy.SeverAfter(60_000); !await box.TryFetchAsync(); proxy.SeverAfter(60_000))
        {
            proxy.Join();
            Assert.Empty(box.Library.Shown);
            Assert.True(++cuts < 500, "it does not get on");
        }
        Assert.Single(box.Library.Shown);
        await box.AssertShownIsWholeAsync();
        Assert.True(cuts > 10);
        // Manifest, index and volume once; a small object that broke off in the middle is begun anew.
        long once = manifest.ToBytes().Length + manifest.Volumes.Sum(volume => volume.LengthBytes + volume.IndexBytes);
        Assert.InRange(box.Link.ReadBytes, once - 100, once + 4_000);
    }

    /// <summary>The processor is the school's while a pack comes for hours.</summary>
    [Fact]
    public async Task A_slow_transfer_rests_between_what_comes()
    {
        Origin.AddPack("fractions", 1, ("video.mp4", Noise.Of(600_000, 1)));
        Origin.Publish(Wanted("fractions", 1));
        await using var proxy = ImpairedProxy.To(Origin.Url.Port);
        proxy.RateBytesPerSecond = 200_000;
        Origin.Url = new Uri($"http://127.0.0.1:{proxy.Port}");
        var time = new TimerCount();
        await using BoxContent box = await BoxContent.OpenAsync(Folder["box"], Origin, time);
        Assert.True(await box.FetchAsync());
        Assert.InRange(time.Timers, 1, 1_000);
    }

    private sealed class TimerCount : TimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _timers);
            return System.CreateTimer(callback, state, dueTime, period);
        }
    }

    [Fact]
    public async Task A_chunk_whose_bytes_are_wrong_is_not_kept_and_does_not_stop_the_rest()
    {
        Manifest bad = Origin.AddPack("bad", 1, ("video.mp4", Noise.Of(900_000, 5)));
        Origin.AddPack("good", 1, ("video.mp4", Noise.Of(100_000, 6)));
        Origin.Publish(Wanted("bad", 1, DateTimeOffset.UnixEpoch), Wanted("good", 1));
        ChunkId volume = bad.Volumes[0].Id;
        byte[] right = Origin.Replace(volume, []);
        byte[] wrong = [.. right];
        wrong[400_000] ^= 1;
        Origin.Replace(volume, wrong);
        await using BoxContent box = await OpenAsync();
        Assert.False(await box.FetchAsync());
        Assert.Equal("good", Assert.Single(box.Library.Shown).Pack);
        long sent = Origin.SentBytes;
        Origin.Replace(volume, right);
        Assert.True(await box.FetchAsync());
        Assert.NotNull(box.Library.Find("bad"));
        Assert.InRange(Origin.SentBytes - sent, 1, 4 * Chunker.MediaAverageBytes);
    }

    [Fact]
    public async Task A_version_that_is_wrong_in_itself_is_never_shown()
    {
        Manifest sound = Origin.AddPack("sound", 1, ("a.txt", Noise.Of(40_000, 1)));
        PackFile file = sound.Files[0];
        Origin.AddManifest(sound with { Pack = "traversal", Files = [file with { Path = "../../etc/cron.d/x" }] });
        Origin.AddManifest(sound with { Pack = "mixed", Files = [file with { Sha256 = ChunkId.Of("other"u8) }] });
        Origin.AddManifest(sound with { Pack = "longer", Files = [file with { LengthBytes = 41_000 }] });
        Origin.AddManifest(sound with { Pack = "nowhere", Volumes = [], Files = [file with { Sha256 = ChunkId.Of("nowhere"u8) }] });
        Origin.Publish(Wanted("traversal", 1), Wanted("mixed", 1), Wanted("longer", 1), Wanted("nowhere", 1), Wanted("sound", 1));
        await using BoxContent box = await OpenAsync();
        Assert.False(await box.FetchAsync());
        Assert.Equal("sound", Assert.Single(box.Library.Shown).Pack);
    }

    [Fact]
    public async Task What_is_due_first_is_fetched_first()
    {
        Manifest late = Origin.AddPack("a-late", 1, ("v.mp4", Noise.Of(200_000, 1)));
        Manifest soon = Origin.AddPack("b-soon", 1, ("v.mp4", Noise.Of(200_000, 2)));
        Origin.Publish(Wanted("a-late", 1), Wanted("b-soon", 1, DateTimeOffset.UnixEpoch));
        await using BoxContent box = await OpenAsync();
        Assert.True(await box.FetchAsync());
        List<ChunkId> asked = [.. Origin.Asked];
        Assert.True(asked.IndexOf(soon.Volumes[0].Id) < asked.IndexOf(late.Volumes[0].Id));
    }

    [Fact]
    public async Task A_pack_that_was_only_renamed_costs_a_manifest()
    {
        (string, byte[])[] files = Files(1);
        Origin.AddPack("fractions", 1, files);
        Origin.Publish(Wanted("fractions", 1));
        await using BoxContent box = await OpenAsync();
        Assert.True(await box.FetchAsync());
        long sent = Origin.SentBytes;
        Origin.AddPack("fractions", 2, [.. files.Select(file => ("moved/" + file.Item1, file.Item2))]);
        Origin.Publish(Wanted("fractions", 2));
        Assert.True(await box.FetchAsync());
        Assert.InRange(Origin.SentBytes - sent, 1, 1_000);
        Assert.Equal(files[0].Item2, await box.ReadAsync("fractions", "moved/video/lesson.mp4"));
        sent = Origin.SentBytes;
        Assert.True(await box.FetchAsync());
        Assert.Equal(0, Origin.SentBytes - sent);
    }

    [Fact]
    public async Task A_withdrawn_version_goes_and_only_then()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        await using (BoxContent box = await OpenAsync())
        {
            Assert.True(await box.FetchAsync());
            Origin.Publish(); // no longer planned: it stays
            Assert.True(await box.FetchAsync());
            Assert.Single(box.Library.Shown);
            Origin.Withdraw("fractions", 1);
            Origin.Publish();
            Assert.True(await box.FetchAsync());
            Assert.Empty(box.Library.Shown);
        }
        await using BoxContent again = await OpenAsync();
        Assert.Empty(again.Library.Shown);
    }

    [Fact]
    public async Task Full_disk_what_is_wanted_less_is_not_fetched_and_nothing_else_changes()
    {
        Origin.AddPack("first", 1, ("a.mp4", Noise.Of(100_000, 1)));
        Origin.Publish(Wanted("first", 1));
        long free = long.MaxValue;
        await using BoxContent box = await OpenAsync(freeBytes: () => free);
        Assert.True(await box.FetchAsync());
        Origin.AddPack("second", 1, ("b.mp4", Noise.Of(100_000, 2)));
        Origin.Publish(Wanted("second", 1), Wanted("first", 1));
        free = BoxContent.Options.ReserveBytes + 20_000;
        long sent = Origin.SentBytes;
        Assert.False(await box.FetchAsync());
        Assert.InRange(Origin.SentBytes - sent, 1, 10_000);
        Assert.Equal("first", Assert.Single(box.Library.Shown).Pack);
        await box.AssertShownIsWholeAsync();
        free = long.MaxValue;
        Assert.True(await box.FetchAsync());
        Assert.Equal(2, box.Library.Shown.Count);
    }

    [Fact]
    public async Task Damage_on_disk_is_never_served_and_only_the_damaged_chunk_is_fetched_again()
    {
        (string, byte[])[] files = Files(1);
        Origin.AddPack("fractions", 1, files);
        Origin.Publish(Wanted("fractions", 1));
        await using BoxContent box = await OpenAsync();
        Assert.True(await box.FetchAsync());
        using (FileStream file = File.OpenWrite(Folder["box/store/000000.chunks"]))
        {
            file.Position = 600_000;
            file.WriteByte(0x5A);
            file.WriteByte(0xA5);
        }
        int told = 0;
        box.Library.Damaged += () => told++;
        await Assert.ThrowsAsync<IOException>(() => box.ReadAsync("fractions", "video/lesson.mp4"));
        Assert.Equal(1, told);
        Assert.Equal(FileOpening.Healing, (await box.Library.OpenFileAsync("fractions", "video/lesson.mp4", default)).Opening);
        Assert.Equal(files[1].Item2, await box.ReadAsync("fractions", "slides.odp"));
        long sent = Origin.SentBytes;
        Assert.True(await box.FetchAsync());
        Assert.InRange(Origin.SentBytes - sent, 1, 4 * Chunker.MediaAverageBytes);
        await box.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task Losing_the_index_costs_no_byte_of_content()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        await using (BoxContent box = await OpenAsync())
            Assert.True(await box.FetchAsync());
        Folder.Write("box/content.db", "this is not a database, and long enough that SQLite looks at it closely: " + new string('x', 4096));
        File.Delete(Folder["box/content.db-wal"]);
        long sent = Origin.SentBytes;
        await using BoxContent again = await OpenAsync();
        Assert.True(await again.FetchAsync());
        await again.AssertShownIsWholeAsync();
        Assert.Single(again.Library.Shown);
        Assert.Equal(sent, Origin.SentBytes);
    }

    [Fact]
    public async Task A_pack_whose_last_byte_came_before_the_link_went_shows_without_it()
    {
        Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        await using (BoxContent box = await OpenAsync())
            Assert.True(await box.FetchAsync());
        using (var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Folder["box/content.db"]}"))
        {
            database.Open();
            using var command = database.CreateCommand();
            command.CommandText = "DELETE FROM shown";
            command.ExecuteNonQuery();
        }
        await using BoxContent again = await OpenAsync(handler: new CountingHandler(() => throw new HttpRequestException("no link")));
        await Assert.ThrowsAsync<HttpRequestException>(again.FetchAsync);
        Assert.Single(again.Library.Shown);
        await again.AssertShownIsWholeAsync();
    }

    [Fact]
    public async Task A_transfer_is_ended_when_it_stalls_and_not_because_it_is_long()
    {
        Manifest manifest = Origin.AddPack("fractions", 1, Files(1));
        Origin.Publish(Wanted("fractions", 1));
        var time = new FakeTimeProvider();
        await using BoxContent box = await OpenAsync(time);
        Origin.Hangs = true;
        Task<bool> hanging = box.FetchAsync();
        for (int i = 0; i < 2_000 && !hanging.IsCompleted; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            // Time flies only once the transfer hangs: while bytes come, the guard must not see an empty span.
            if (Origin.Asked.Contains(manifest.Volumes[0].Id))
                time.Advance(BoxContent.Options.StallTime);
        }
        IOException stalled = await Assert.ThrowsAsync<IOException>(() => hanging);
        Assert.Contains("stalled", stalled.Message, StringComparison.Ordinal);
        Origin.Hangs = false;
        Assert.True(await box.FetchAsync());
    }

    [Fact]
    public void A_slow_transfer_that_gets_on_is_left_alone()
    {
        var time = new FakeTimeProvider();
        using var guard = new StallGuard(TimeSpan.FromSeconds(30), 1024, time, default);
        for (int i = 0; i < 100; i++)
        {
            guard.Progress(1024);
            time.Advance(TimeSpan.FromSeconds(30));
        }
        Assert.False(guard.Token.IsCancellationRequested);
        guard.Progress(1023);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(guard.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task An_urgent_pack_overtakes_a_long_one_under_way()
    {
        Manifest slow = Origin.AddPack("long", 1, ("v.mp4", Noise.Of(9_000_000, 1)));
        Origin.Publish(Wanted("long", 1));
        var time = new FakeTimeProvider();
        Manifest urgent = null!;
        await using BoxContent box = await OpenAsync(time);
        box.Library.Changed += () =>
        {
            if (urgent is null && box.Library.Reports.Any(report => report is { State: PackHolding.Fetching, HaveBytes: > 0 }))
            {
                urgent = Origin.AddPack("urgent", 1, ("a.txt", [1]));
                Origin.Publish(Wanted("long", 1), Wanted("urgent", 1, DateTimeOffset.UnixEpoch));
                time.Advance(BoxContent.Options.ListInterval);
            }
        };
        Assert.True(await box.FetchAsync());
        List<ChunkId> asked = [.. Origin.Asked];
        Assert.True(asked.IndexOf(urgent.Volumes[0].Id) < asked.LastIndexOf(slow.Volumes[0].Id));
        Assert.Equal(2, box.Library.Shown.Count);
    }

    private Task<BoxContent> OpenAsync(TimeProvider? time = null, Func<long>? freeBytes = null, CountingHandler? handler = null) =>
        BoxContent.OpenAsync(Folder["box"], Origin, time, freeBytes, handler);

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
