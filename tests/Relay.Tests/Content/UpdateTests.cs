using System.Collections.Immutable;
using System.IO.Compression;
using Edge.Core.Content;
using Edge.Zstandard;
using Relay.Content;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Content;

/// <summary>Deltas and bundles as the relay makes them, undone as a box does.</summary>
public sealed class UpdateTests : IAsyncLifetime
{
    private static readonly int Rounds = Fuzz.IsLong ? 200 : 6;

    private ContentHost _host = null!;
    private TempFolder _pack = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await ContentHost.StartAsync();
        _pack = new TempFolder();
        _pack.Write("pack.json", """{ "id": "year", "title": { "en": "Year" } }""");
        for (int i = 0; i < 20; i++)
        {
            _pack.Write($"pages/{i}.html", Text(i, 300));
            _pack.Write($"slides/{i}.pptx", Slides(i, 2025));
        }
        _pack.Write("video/lesson.mp4", Noise.Of(1_500_000, 1));
    }

    public async ValueTask DisposeAsync()
    {
        _pack.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Delta_and_bundle_applied_to_the_old_version_are_the_new_one_whatever_changed()
    {
        await PublishAsync();
        for (int round = 1; round <= Rounds; round++)
        {
            Change(new Random(round));
            BuiltPack built = await PublishAsync();
            ImmutableArray<CatalogueUpdate> listed = (await _host.CatalogueAsync()).Find("year", built.Manifest.Version)!.Updates;
            Assert.Equal(Enumerable.Range(1, 3).Select(back => built.Manifest.Version - back).Where(version => version > 0), listed.Select(update => update.From));
            foreach (CatalogueUpdate update in listed)
                await AppliesAsync(update, built);
        }
    }

    [Fact]
    public async Task A_bundle_of_documents_that_were_saved_again_is_a_fraction_of_its_chunks()
    {
        await PublishAsync();
        for (int i = 0; i < 20; i++)
        {
            _pack.Write($"pages/{i}.html", Text(i, 300).Replace("word 150 ", "another word ", StringComparison.Ordinal));
            _pack.Write($"slides/{i}.pptx", Slides(i, 2026));
        }
        BuiltPack built = await PublishAsync();
        // 20 pages changed; of the slides nothing but their recipes, which only the delta carries.
        Assert.Equal(20 + 20, built.NewChunks);
        CatalogueUpdate update = Assert.Single((await _host.CatalogueAsync()).Find("year", 2)!.Updates);
        Assert.InRange(update.DeltaBytes, 1, 6_000);
        Assert.InRange(update.BundleBytes, 1, 3_000);
        await AppliesAsync(update, built);
    }

    [Fact]
    public async Task Renamed_files_cost_a_delta_of_names_and_no_bundle()
    {
        await PublishAsync();
        Directory.Move(_pack["slides"], _pack["lessons"]);
        await PublishAsync();
        CatalogueUpdate update = Assert.Single((await _host.CatalogueAsync()).Find("year", 2)!.Updates);
        Assert.InRange(update.DeltaBytes, 1, 1_000);
        Assert.Null(update.Bundle);
    }

    [Fact]
    public async Task Updates_are_dropped_with_their_objects_when_they_are_out_of_date()
    {
        await PublishAsync();
        Change(new Random(1));
        await PublishAsync();
        CatalogueUpdate old = Assert.Single((await _host.CatalogueAsync()).Find("year", 2)!.Updates);
        BundleIndex index = BundleIndex.Read((await _host.Store.ReadAsync(old.Bundle!.Value, BundleIndex.MaxBytes, default))!)!;
        Change(new Random(2));
        await PublishAsync();
        Catalogue catalogue = await _host.CatalogueAsync();
        Assert.Empty(catalogue.Find("year", 2)!.Updates);
        Assert.Equal([2L, 1L], catalogue.Find("year", 3)!.Updates.Select(update => update.From));
        Assert.All((ChunkId[])[old.Delta, old.Bundle.Value, .. index.Volumes.Select(volume => volume.Id)], id => Assert.Null(_host.Store.LengthOf(id)));
    }

    [Fact]
    public async Task An_update_is_not_listed_for_versions_that_were_taken_back()
    {
        await PublishAsync();
        Change(new Random(1));
        await PublishAsync();
        await _host.Registry.WithdrawAsync("year", 2, default);
        Change(new Random(2));
        BuiltPack third = await PublishAsync();
        Assert.Equal([1L], (await _host.CatalogueAsync()).Find("year", third.Manifest.Version)!.Updates.Select(update => update.From));
    }

    private async Task<BuiltPack> PublishAsync()
    {
        BuiltPack built = await _host.BuildAsync(_pack.Path);
        Assert.Equal(PublishOutcome.Published, (await _host.Desk.PublishAsync("year", new PublishRequest(built.Manifest.Version, ["all"], null), default)).Outcome);
        return built;
    }

    /// <summary>What a box does, with the relay's objects.</summary>
    private async Task AppliesAsync(CatalogueUpdate update, BuiltPack built)
    {
        var source = ObjectSource.Of(_host.Store);
        VersionContent from = await VersionContent.LoadAsync(source, _host.Registry.Find("year", update.From)!.Manifest, default);
        VersionContent to = await VersionContent.LoadAsync(source, built.Id, default);

        byte[] deltaBytes = (await source.Whole(update.Delta, ManifestDelta.MaxBytes, default))!;
        Assert.Equal(update.DeltaBytes, deltaBytes.Length);
        ManifestDelta.Description description = (await ManifestDelta.Read(deltaBytes)!.ApplyAsync(from.Manifest, from.ManifestBytes, async (id, token) => await from.ReadAsync(id, token), ZstdPrefix.Unpack, default))!;
        Assert.Equal(built.Id, ChunkId.Of(description.Manifest));
        Assert.Equal(Recipes(to).Except(Recipes(from)).Order(), description.Recipes.Select(bytes => ChunkId.Of(bytes)).Order());

        var got = new HashSet<ChunkId>();
        BundleIndex? index = update.Bundle is { } bundle ? BundleIndex.Read((await source.Whole(bundle, BundleIndex.MaxBytes, default))!) : null;
        long bytes = 0;
        foreach (BundleVolume volume in index?.Volumes ?? [])
        {
            Assert.InRange(volume.Windows.VolumeBytes, 1, ContentLimits.MaxVolumeBytes);
            bytes += volume.Windows.VolumeBytes;
            foreach (VolumeEntry entry in volume.Windows.Entries)
            {
                byte[] stored = new byte[entry.StoredBytes];
                await source.Part(volume.Id, entry.OffsetBytes, stored, default);
                byte[] window = Volume.Unpack(entry, stored)!;
                var chunks = await BundleWindow.Read(window)!.ApplyAsync(from.Chunks, to.Chunks, async (id, token) => await from.ReadAsync(id, token), ZstdPrefix.Unpack, default);
                got.UnionWith(chunks!.Value.Select(chunk => chunk.Chunk.Id));
            }
        }
        if (index is null)
            return;
        Assert.Equal(update.BundleBytes, bytes + index.ToBytes().Length);
        Assert.Equal(to.Chunks.Chunks.Select(chunk => chunk.Id).Where(id => !from.Chunks.Contains(id)).Order(), got.Order());
    }

    private static IEnumerable<ChunkId> Recipes(VersionContent version) => version.Manifest.Files.Select(file => file.Recipe).OfType<ChunkId>().Distinct();

    /// <summary>A day's work: edits, files saved again, moved, dropped and added.</summary>
    private void Change(Random random)
    {
        for (int i = 0; i < 20; i++)
        {
            string page = _pack[$"pages/{i}.html"];
            string slides = _pack[$"slides/{i}.pptx"];
            switch (random.Next(7))
            {
                case 0 when File.Exists(page):
                    string text = File.ReadAllText(page);
                    _pack.Write($"pages/{i}.html", text.Insert(random.Next(text.Length), Text(random.Next(), random.Next(1, 200))));
                    break;
                case 1 when File.Exists(slides):
                    _pack.Write($"slides/{i}.pptx", Slides(i, 2026 + random.Next(50)));
                    break;
                case 2 when File.Exists(slides):
                    File.Move(slides, _pack[$"moved {random.Next()}.pptx"]);
                    break;
                case 3 when File.Exists(page):
                    File.Delete(page);
                    break;
                case 4:
                    _pack.Write($"slides/{i}.pptx", Slides(i + random.Next(100), 2026));
                    break;
                case 5:
                    _pack.Write($"new/{random.Next()}.bin", Noise.Of(random.Next(1, 300_000), random.Next()));
                    break;
            }
        }
        byte[] video = File.ReadAllBytes(_pack["video/lesson.mp4"]);
        video[random.Next(video.Length)] ^= 1;
        _pack.Write("video/lesson.mp4", video);
    }

    private static string Text(int seed, int words) => string.Concat(Enumerable.Range(0, words).Select(i => $"<p>{seed} word {i} {(seed * 31 + i) * 7919L % 10_007}</p>"));

    private static byte[] Slides(int seed, int year)
    {
        using var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (int i = 0; i < 8; i++)
            {
                ZipArchiveEntry entry = zip.CreateEntry($"ppt/slides/slide{i}.xml");
                entry.LastWriteTime = new DateTimeOffset(year, 3, 1, 12, 0, 0, TimeSpan.Zero);
                using Stream stream = entry.Open();
                stream.Write(System.Text.Encoding.UTF8.GetBytes(Text(seed * 100 + i, 100)));
            }
        }
        return file.ToArray();
    }
}
