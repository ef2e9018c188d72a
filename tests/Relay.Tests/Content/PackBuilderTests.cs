using System.Diagnostics;
using Edge.Core.Content;
using Relay.Content;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Content;

public sealed class PackBuilderTests : IAsyncLifetime
{
    private ContentHost _host = null!;
    private TempFolder _pack = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await ContentHost.StartAsync();
        _pack = new TempFolder();
        _pack.Write("pack.json", """{ "id": "fractions", "title": { "zh-Hans": "分数", "en": "Fractions" }, "grade": "3", "files": { "exercise.xml": { "kind": "exercise" } } }""");
        _pack.Write("video/lesson.mp4", Noise.Of(3_000_000, 1));
        _pack.Write("video/lesson.zh-Hans.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\n你好\n");
        _pack.Write("notes.txt", string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n")));
        _pack.Write("exercise.xml", "<item/>");
        _pack.Write("empty.txt", "");
        _pack.Write(".DS_Store", "x");
    }

    public async ValueTask DisposeAsync()
    {
        _pack.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task Every_file_comes_back_from_its_chunks()
    {
        BuiltPack built = await _host.BuildAsync(_pack.Path);
        Assert.True(built.Changed);
        Assert.Equal(1, built.Manifest.Version);
        Assert.Equal([".DS_Store"], built.Skipped);
        Assert.Equal(["empty.txt", "exercise.xml", "notes.txt", "video/lesson.mp4", "video/lesson.zh-Hans.vtt"], built.Manifest.Files.Select(file => file.Path));
        foreach (PackFile file in built.Manifest.Files)
            Assert.Equal(await File.ReadAllBytesAsync(_pack[file.Path]), await ReadAsync(built.Manifest, file));
        PackFile caption = built.Manifest.File("video/lesson.zh-Hans.vtt")!;
        Assert.Equal(("video/lesson.mp4", "zh-Hans", FileKind.Caption), (caption.CaptionOf, caption.Language, caption.Kind));
        Assert.Equal(FileKind.Exercise, built.Manifest.File("exercise.xml")!.Kind);
        // Text packs, noise does not.
        Assert.InRange(built.NewBytes, 3_000_000, 3_000_000 + 100_000);
    }

    [Fact]
    public async Task An_unchanged_folder_makes_no_new_version()
    {
        BuiltPack first = await _host.BuildAsync(_pack.Path);
        _host.Time.Advance(TimeSpan.FromDays(1));
        BuiltPack second = await _host.BuildAsync(_pack.Path);
        Assert.False(second.Changed);
        Assert.Equal((first.Id, 1L), (second.Id, second.Manifest.Version));
    }

    [Fact]
    public async Task After_a_withdrawal_the_same_folder_makes_a_new_version_that_costs_a_manifest()
    {
        await _host.BuildAsync(_pack.Path);
        await _host.Registry.WithdrawAsync("fractions", null, default);
        BuiltPack again = await _host.BuildAsync(_pack.Path);
        Assert.Equal((true, 2L, 0), (again.Changed, again.Manifest.Version, again.NewChunks));
        Assert.True(await _host.Registry.PublishAsync("fractions", 2, ["*"], null, 0, default));
    }

    [Fact]
    public async Task A_new_version_stores_only_what_changed()
    {
        await _host.BuildAsync(_pack.Path);
        File.Move(_pack["video/lesson.mp4"], _pack["video/lesson-1.mp4"]);
        File.Move(_pack["video/lesson.zh-Hans.vtt"], _pack["video/lesson-1.zh-Hans.vtt"]);
        BuiltPack moved = await _host.BuildAsync(_pack.Path);
        Assert.Equal((2L, 0), (moved.Manifest.Version, moved.NewChunks));
        Assert.InRange(moved.NewBytes, 1, 2_000);

        byte[] video = await File.ReadAllBytesAsync(_pack["video/lesson-1.mp4"]);
        video[1_500_000] ^= 1;
        _pack.Write("video/lesson-1.mp4", video);
        BuiltPack edited = await _host.BuildAsync(_pack.Path);
        Assert.InRange(edited.NewChunks, 2, 3); // the recipe and the changed chunk, or two when the cut moved
        foreach (PackFile file in edited.Manifest.Files)
            Assert.Equal(await File.ReadAllBytesAsync(_pack[file.Path]), await ReadAsync(edited.Manifest, file));
    }

    [Fact]
    public async Task All_problems_are_told_at_once_with_their_file_names()
    {
        File.CreateSymbolicLink(_pack["video/passwd.txt"], "/etc/passwd");
        Directory.CreateSymbolicLink(_pack["etc"], "/etc");
        using (Process pipe = Process.Start("mkfifo", _pack["pipe.mp4"]))
            await pipe.WaitForExitAsync();
        _pack.Write("con.txt", "x");
        _pack.Write("a\\b.txt", "x");
        _pack.Write("NOTES.txt", "x");
        PackBuildException refused = await Assert.ThrowsAsync<PackBuildException>(() => _host.BuildAsync(_pack.Path));
        foreach (string name in (string[])["video/passwd.txt", "etc", "pipe.mp4", "con.txt", "a\\b.txt", "notes.txt"])
            Assert.Contains(refused.Problems, problem => problem.StartsWith(name + ":", StringComparison.Ordinal));
        Assert.Equal(6, refused.Problems.Count);
        Assert.Empty(_host.Registry.Versions());
    }

    [Theory]
    [InlineData("{", "pack.json")]
    [InlineData("""{ "id": "x" }""", "title")]
    [InlineData("""{ "id": "X y", "title": { "en": "t" } }""", "X y")]
    [InlineData("""{ "id": "x", "title": { "en": "t" }, "tilte": 1 }""", "tilte")]
    [InlineData("""{ "id": "x", "title": { "en": "t" }, "files": { "gone.pdf": {} } }""", "gone.pdf")]
    [InlineData("""{ "id": "x", "title": { "en": "t" }, "files": { "notes.txt": { "mediaType": "text/plain\nX: y" } } }""", "notes.txt")]
    [InlineData("""{ "id": "x", "title": { "en": "t" }, "files": { "notes.txt": { "captionOf": "none.mp4" } } }""", "notes.txt")]
    public async Task A_wrong_description_is_refused_and_says_where(string text, string named)
    {
        _pack.Write("pack.json", text);
        PackBuildException refused = await Assert.ThrowsAsync<PackBuildException>(() => _host.BuildAsync(_pack.Path));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_description_is_refused()
    {
        File.Delete(_pack["pack.json"]);
        await Assert.ThrowsAsync<PackBuildException>(() => _host.BuildAsync(_pack.Path));
        await Assert.ThrowsAsync<PackBuildException>(() => _host.BuildAsync(_pack["nowhere"]));
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_makes_no_pack()
    {
        BuildTarget target = _host.Target with
        {
            Known = (asked, _) =>
            {
                _pack.Write("notes.txt", "shorter now");
                return Task.FromResult(_host.Registry.Known(asked));
            },
        };
        PackBuildException refused = await Assert.ThrowsAsync<PackBuildException>(() => new PackBuilder(target, _host.Time, null).BuildAsync(_pack.Path, default));
        Assert.Contains("notes.txt", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_whose_objects_are_missing_or_false_is_refused_and_changes_nothing()
    {
        BuiltPack built = await new PackBuilder(_host.Target, _host.Time, null).BuildAsync(_pack.Path, default);
        VolumeRef volume = built.Manifest.Volumes[0];
        byte[] whole = await File.ReadAllBytesAsync(_host.Store.PathOf(volume.Id));

        async Task RefusedAsync(Manifest manifest, string reason)
        {
            byte[] bytes = manifest.ToBytes();
            await _host.Store.PutAsync(ChunkId.Of(bytes), new MemoryStream(bytes), default);
            (PackVersion? added, string? refusal) = await _host.Intake.AcceptAsync(ChunkId.Of(bytes), default);
            Assert.Null(added);
            Assert.Contains(reason, refusal, StringComparison.Ordinal);
            Assert.Empty(_host.Registry.Versions());
        }
        await RefusedAsync(built.Manifest with { Volumes = [] }, "missing");
        await RefusedAsync(built.Manifest with { Volumes = [volume with { Id = ChunkId.Of("none"u8) }] }, "was not uploaded");
        await RefusedAsync(built.Manifest with { Files = built.Manifest.Files.SetItem(3, built.Manifest.Files[3] with { LengthBytes = 5 }) }, "another length");
        await RefusedAsync(built.Manifest with { Files = built.Manifest.Files.SetItem(3, built.Manifest.Files[3] with { Sha256 = ChunkId.Of("x"u8) }) }, "do not make up the file");

        // A volume whose index lies about its chunks.
        whole[^1] ^= 1;
        var damaged = ChunkId.Of(whole);
        await _host.Store.PutAsync(damaged, new MemoryStream(whole), default);
        await RefusedAsync(built.Manifest with { Volumes = [volume with { Id = damaged }] }, "does not hold the chunks");

        Assert.Null((await _host.Intake.AcceptAsync(built.Id, default)).Refusal);
        Assert.NotNull((await _host.Intake.AcceptAsync(built.Id, default)).Added); // asked twice, answered twice
        byte[] same = (built.Manifest with { Created = built.Manifest.Created.AddDays(1) }).ToBytes();
        await _host.Store.PutAsync(ChunkId.Of(same), new MemoryStream(same), default);
        Assert.Contains("versions only grow", (await _host.Intake.AcceptAsync(ChunkId.Of(same), default)).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pack_longer_than_a_volume_is_spread_over_several()
    {
        _pack.Write("video/long.mp4", Noise.Of(70 << 20, 5));
        BuiltPack built = await _host.BuildAsync(_pack.Path);
        Assert.Equal(3, built.Manifest.Volumes.Length);
        PackFile file = built.Manifest.File("video/long.mp4")!;
        Assert.Equal(file.Sha256, ChunkId.Of(await ReadAsync(built.Manifest, file)));
    }

    private async Task<byte[]> ReadAsync(Manifest manifest, PackFile file)
    {
        var chunks = new Dictionary<ChunkId, byte[]>();
        foreach (VolumeRef volume in manifest.Volumes)
        {
            byte[] bytes = await File.ReadAllBytesAsync(_host.Store.PathOf(volume.Id));
            foreach (VolumeEntry entry in VolumeIndex.Read(await File.ReadAllBytesAsync(_host.Store.PathOf(volume.Index)))!.Entries)
                chunks[entry.Id] = Volume.Unpack(entry, bytes.AsSpan(entry.OffsetBytes, entry.StoredBytes))!;
        }
        Recipe recipe = file.Recipe is { } id ? Recipe.Read(chunks[id])! : file.RecipeOfOneChunk;
        return [.. recipe.Chunks.SelectMany(chunk => chunks[chunk.Id])];
    }
}
