using System.Globalization;
using Edge.Core.Content;
using Relay.Bundle;
using Relay.Content;
using Relay.Tests.Content;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Bundle;

/// <summary>What the writer puts onto a stick when a version needs only some chunks of old volumes: they are packed anew, as they are.</summary>
public sealed class UsbBundleWriterTests : IAsyncLifetime
{
    private readonly TempFolder _stick = new();
    private ContentHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ContentHost.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _stick.Dispose();
    }

    [Fact]
    public async Task Chunks_of_volumes_that_are_hardly_needed_are_packed_anew_byte_for_byte()
    {
        BuiltPack first = await BuildAsync(Files(10, _ => true));
        BuiltPack second = await BuildAsync([.. Files(10, n => n % 4 == 0), ("new.txt", Text("new"))]);
        WrittenBundle written = await WriteAsync(second, held: null);
        ChunkId[] former = [.. first.Manifest.Volumes.Select(volume => volume.Id)];
        Assert.NotEmpty(second.Manifest.Volumes.Select(volume => volume.Id).Intersect(former));
        Assert.Empty(written.Head.Volumes.Select(volume => volume.Id).Intersect(former));
        Assert.Equal(2, written.Head.Volumes.Length);
        await AssertHoldsAsync(written, second);
        // In the coding they had: nothing was unpacked and packed again.
        Dictionary<ChunkId, VolumeEntry> before = await EntriesAsync(second.Manifest.Volumes);
        foreach (VolumeRef volume in written.Head.Volumes)
        {
            foreach (VolumeEntry entry in VolumeIndex.Read(OnStick(volume.Index))!.Entries)
                Assert.Equal((before[entry.Id].Coding, before[entry.Id].StoredBytes, before[entry.Id].LengthBytes), (entry.Coding, entry.StoredBytes, entry.LengthBytes));
        }
    }

    [Fact]
    public async Task More_than_one_volume_of_them_is_spread_over_several()
    {
        BuiltPack first = await BuildAsync(Files(110, _ => true, bytes: 1_000_000));
        BuiltPack second = await BuildAsync(Files(110, n => n % 2 == 0, bytes: 1_000_000));
        Assert.True(first.Manifest.Volumes.Length >= 3);
        WrittenBundle written = await WriteAsync(second, held: null);
        Assert.Equal(2, written.Head.Volumes.Count(volume => !first.Manifest.Volumes.Contains(volume)));
        Assert.All(written.Head.Volumes, volume => Assert.InRange(volume.LengthBytes, 1, ContentLimits.MaxVolumeBytes));
        await AssertHoldsAsync(written, second);
    }

    [Fact]
    public async Task What_the_school_holds_is_left_out_and_a_stick_written_again_costs_nothing()
    {
        BuiltPack first = await BuildAsync(Files(10, _ => true));
        BuiltPack second = await BuildAsync([.. Files(10, _ => true), ("new.txt", Text("new"))]);
        WrittenBundle written = await WriteAsync(second, held: first);
        Assert.InRange(written.Head.VolumeBytes, 1, 20_000);
        Assert.Equal(0, (await WriteAsync(second, held: first)).WrittenBytes);
        // And then all of it, over what is there.
        await AssertHoldsAsync(await WriteAsync(second, held: null), second);
    }

    [Fact]
    public async Task A_damaged_chunk_at_the_relay_stops_the_writing_before_the_head()
    {
        await BuildAsync(Files(10, _ => true));
        BuiltPack second = await BuildAsync(Files(10, n => n % 4 == 0));
        foreach (VolumeRef volume in second.Manifest.Volumes)
        {
            string path = _host.Store.PathOf(volume.Id);
            byte[] bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            for (int at = 100; at < bytes.Length; at += 1000)
                bytes[at] ^= 1;
            _host.Folder.Write(Path.GetRelativePath(_host.Folder.Path, path), bytes);
        }
        UsbBundleException refused = await Assert.ThrowsAsync<UsbBundleException>(() => WriteAsync(second, held: null));
        Assert.Contains("damaged at the relay", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_stick[UsbBundlePaths.HeadOf("hill")]));
    }

    /// <summary>Every recipe and chunk of the version is in one of the volumes that the head names for it, and sound.</summary>
    private async Task AssertHoldsAsync(WrittenBundle written, BuiltPack pack)
    {
        UsbBundleHead head = UsbBundleHead.Read(await File.ReadAllBytesAsync(_stick[UsbBundlePaths.HeadOf("hill")], TestContext.Current.CancellationToken))!;
        Assert.Equal(written.Head.Volumes, head.Volumes);
        UsbBundlePack carried = Assert.Single(head.Packs);
        Assert.Equal(pack.Id, carried.Manifest);
        var found = new Dictionary<ChunkId, byte[]>();
        foreach (int place in carried.Volumes)
        {
            byte[] volume = OnStick(head.Volumes[place].Id);
            foreach (VolumeEntry entry in VolumeIndex.Read(OnStick(head.Volumes[place].Index))!.Entries)
                Assert.True(found.TryAdd(entry.Id, Volume.Unpack(entry, volume.AsSpan(entry.OffsetBytes, entry.StoredBytes))!) || head.Volumes.Length > 1);
        }
        foreach (PackFile file in pack.Manifest.Files)
        {
            Recipe recipe = file.Recipe is { } id ? Recipe.Read(found[id])! : file.RecipeOfOneChunk;
            foreach (ChunkRef chunk in recipe.Chunks)
                Assert.Equal(chunk.Id, ChunkId.Of(found[chunk.Id]));
        }
    }

    private async Task<WrittenBundle> WriteAsync(BuiltPack pack, BuiltPack? held)
    {
        var objects = ObjectSource.Of(_host.Store);
        var source = new UsbBundleSource(async (id, most, token) => (await objects.Whole(id, most, token))!, async (id, offset, length, token) =>
        {
            byte[] part = new byte[length];
            await objects.Part(id, offset, part, token);
            return part;
        });
        var offer = new UsbBundleOffer("hill", 1, "nothing", [], [new OfferedPack(pack.Manifest.Pack, pack.Manifest.Version, pack.Id, pack.Manifest.ToBytes().Length)], held is null ? [] : [held.Id], [], null);
        return await new UsbBundleWriter(source, _stick.Path, null).WriteAsync(offer, asksForReturn: false, TestContext.Current.CancellationToken);
    }

    private async Task<Dictionary<ChunkId, VolumeEntry>> EntriesAsync(IEnumerable<VolumeRef> volumes)
    {
        var entries = new Dictionary<ChunkId, VolumeEntry>();
        foreach (VolumeRef volume in volumes)
        {
            foreach (VolumeEntry entry in VolumeIndex.Read((await _host.Store.ReadAsync(volume.Index, ContentLimits.MaxIndexBytes, TestContext.Current.CancellationToken))!)!.Entries)
                entries.TryAdd(entry.Id, entry);
        }
        return entries;
    }

    private byte[] OnStick(ChunkId id) => File.ReadAllBytes(_stick[UsbBundlePaths.Of(id)]);

    private async Task<BuiltPack> BuildAsync((string Path, byte[] Bytes)[] files)
    {
        using var folder = new TempFolder();
        folder.Write("pack.json", """{ "id": "book", "title": { "en": "Book" } }""");
        foreach ((string path, byte[] bytes) in files)
            folder.Write(path, bytes);
        return await _host.BuildAsync(folder.Path);
    }

    private static (string, byte[])[] Files(int count, Func<int, bool> which, int bytes = 60_000) =>
        [.. Enumerable.Range(0, count).Where(which).Select(n => n % 4 == 0 && n % 8 == 0 ? ($"text/{n}.txt", Text($"{n}")) : ($"films/{n}.mp4", Noise.Of(bytes, n)))];

    /// <summary>Packs well.</summary>
    private static byte[] Text(string word) => System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 400).Select(n => string.Create(CultureInfo.InvariantCulture, $"line {n} of {word}\n"))));
}
