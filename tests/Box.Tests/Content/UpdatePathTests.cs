using Edge.Core.Content;
using TestKit;
using TestKit.Content;
using TestKit.Link;
using Xunit;

namespace Edge.Box.Tests.Content;

/// <summary>The cheap ways to a new version: taken when they are cheaper, never trusted, and given up for the plain way when anything is wrong with them.</summary>
public sealed class UpdatePathTests : ContentTest
{
    private Manifest _first = null!;
    private Manifest _second = null!;

    protected override async ValueTask PrepareAsync()
    {
        _first = Origin.AddPack("maths", 1, Files(1));
        Origin.Publish(ContentOrigin.Wanted("maths", 1));
        await using (BoxContent box = await OpenAsync())
            Assert.True(await box.FetchAsync());
        Origin.Asked.Clear();
        _second = Origin.AddPack("maths", 2, Files(2));
    }

    [Fact]
    public async Task The_cheaper_bundle_is_taken_and_nothing_else_is_asked_for()
    {
        OfferedUpdate update = await Origin.OfferAsync(_first, _second);
        Assert.InRange(update.Listed.BundleBytes, 1, _second.Volumes[0].LengthBytes / 2);
        await using BoxContent box = await UpdateAsync();
        Assert.Equal([update.Listed.Delta, update.Listed.Bundle!.Value, update.Bundle.Volumes[0].Id], Origin.Asked.Distinct());
        // Nothing of the bundle stays.
        Assert.Equal(2 + update.Bundle.Windows.Count(), box.Store.Missing([update.Listed.Delta, update.Listed.Bundle!.Value, .. update.Bundle.Windows.Select(window => window.Id)]).Count);
    }

    [Fact]
    public async Task The_cheaper_chunks_are_taken_when_the_bundle_would_cost_more()
    {
        OfferedUpdate update = await Origin.OfferAsync(_first, _second);
        Origin.SetUpdates("maths", 2, update.Listed with { BundleBytes = _second.Volumes[0].LengthBytes });
        await using BoxContent box = await UpdateAsync();
        Assert.Equal([update.Listed.Delta, _second.Volumes[0].Id], Origin.Asked.Distinct());
    }

    [Fact]
    public async Task Moved_files_cost_the_delta_alone()
    {
        Manifest moved = Origin.AddPack("maths", 3, [.. Files(1).Select(file => ("moved/" + file.Path, file.Bytes))]);
        OfferedUpdate update = await Origin.OfferAsync(_first, moved);
        Origin.Publish(ContentOrigin.Wanted("maths", 3));
        await using BoxContent box = await OpenAsync();
        Assert.True(await box.FetchAsync());
        Assert.Equal(3, box.Library.Find("maths")!.Manifest.Version);
        Assert.Equal([update.Listed.Delta], Origin.Asked);
    }

    [Fact]
    public async Task Paid_once_when_the_link_breaks_in_the_bundle_again_and_again()
    {
        OfferedUpdate update = await Origin.OfferAsync(_first, _second, chunksInWindow: 1);
        Origin.Publish(ContentOrigin.Wanted("maths", 2));
        await using var proxy = ImpairedProxy.To(Origin.Url.Port);
        Origin.Url = new Uri($"http://127.0.0.1:{proxy.Port}");
        int cuts = 0;
        long read = 0;
        // Each time the program starts anew, too.
        for (bool done = false; !done; cuts++)
        {
            Assert.True(cuts < 200, "it does not get on");
            proxy.Join();
            proxy.SeverAfter(100_000);
            await using BoxContent box = await OpenAsync();
            done = await box.TryFetchAsync();
            read += box.Link.ReadBytes;
        }
        Assert.True(cuts > 2);
        await using BoxContent whole = await OpenAsync();
        Assert.Equal(2, whole.Library.Find("maths")!.Manifest.Version);
        await whole.AssertShownIsWholeAsync();
        // A window may have to come again after each cut; lists are asked for each time.
        long window = update.Bundle.Windows.Max(entry => entry.StoredBytes);
        Assert.InRange(read, update.Listed.DeltaBytes + update.Listed.BundleBytes - 100, update.Listed.DeltaBytes + update.Listed.BundleBytes + cuts * (window + 6_000));
    }

    public static TheoryData<string> Harms => ["no delta", "false delta", "no bundle", "false bundle", "no volume", "false volume", "another version's delta"];

    [Theory, MemberData(nameof(Harms))]
    public async Task Whatever_is_wrong_with_an_update_the_version_comes_whole(string harm)
    {
        OfferedUpdate update = await Origin.OfferAsync(_first, _second);
        ChunkId what = harm.EndsWith("delta", StringComparison.Ordinal) ? update.Listed.Delta : harm.EndsWith("bundle", StringComparison.Ordinal) ? update.Listed.Bundle!.Value : update.Bundle.Volumes[0].Id;
        if (harm.StartsWith("no ", StringComparison.Ordinal))
            Origin.Remove(what);
        else if (harm.StartsWith("false", StringComparison.Ordinal))
            Origin.Replace(what, [.. Origin.Served(what).Select(b => (byte)(b ^ 1))]);
        else
            Origin.SetUpdates("maths", 2, update.Listed with { Delta = Origin.AddObject((ManifestDelta.Read(Origin.Served(what))! with { To = ChunkId.Of("x"u8) }).ToBytes()) });
        await using BoxContent box = await UpdateAsync();
    }

    [Fact]
    public async Task A_window_that_lies_about_its_chunks_stores_nothing_and_the_version_comes_whole()
    {
        OfferedUpdate update = await Origin.OfferAsync(_first, _second);
        VolumeEntry place = update.Bundle.Windows.First();
        byte[] volume = Origin.Served(update.Bundle.Volumes[0].Id);
        BundleWindow honest = BundleWindow.Read(volume.AsMemory(place.OffsetBytes, place.StoredBytes))!;
        // Well signed and well named, but with the chunks in another order: only the hash of each chunk tells.
        byte[] lie = (honest with { New = [.. honest.New.Reverse()] }).ToBytes();
        var builder = new VolumeBuilder();
        Assert.True(builder.TryAdd(ChunkId.Of(lie), lie, mayCompress: false));
        FinishedVolume finished = builder.Finish();
        var index = new BundleIndex([new BundleVolume(Origin.AddObject(finished.Bytes.ToArray()), finished.Index)]);
        Origin.SetUpdates("maths", 2, update.Listed with { Bundle = Origin.AddObject(index.ToBytes()), BundleBytes = finished.Bytes.Length });
        await using BoxContent box = await UpdateAsync();
    }

    private async Task<BoxContent> UpdateAsync()
    {
        Origin.Publish(ContentOrigin.Wanted("maths", 2));
        BoxContent box = await OpenAsync();
        // What was missing at the relay is tried again in the next round.
        Assert.True(await box.FetchAsync() || await box.FetchAsync());
        Assert.Equal(2, box.Library.Find("maths")!.Manifest.Version);
        await box.AssertShownIsWholeAsync();
        return box;
    }

    private Task<BoxContent> OpenAsync() => BoxContent.OpenAsync(Folder.Path, Origin);

    /// <summary>Noise that no coder packs, with a few bytes changed in each piece: dear as chunks, cheap against the old ones.</summary>
    private static (string Path, byte[] Bytes)[] Files(int version) =>
    [
        .. Enumerable.Range(0, 12).Select(i =>
        {
            byte[] bytes = Noise.Of(90_000, i);
            for (int at = 5_000; version == 2 && at < bytes.Length; at += 20_000)
                bytes[at] ^= 1;
            return ($"pages/{i}.bin", bytes);
        }),
        ("new.bin", Noise.Of(version == 1 ? 60_000 : 400_000, 99)),
    ];
}
