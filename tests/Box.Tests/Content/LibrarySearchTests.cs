using Edge.Box.Content;
using Edge.Core.Content;
using Edge.Core.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

public sealed class LibrarySearchTests : ContentTest
{
    private BoxContent _box = null!;

    protected override async ValueTask PrepareAsync()
    {
        Add("fractions", 1, new PackMetadata(LocalText.Of("zh-Hans", "分数的加法").And("en", "Adding fractions"), "primary", "3", "mathematics", "People's 2024",
            ["numbers"], Languages: ["zh-Hans", "en"], Collections: ["Young mathematicians"]), ("video/第一课.mp4", FileKind.Video), ("notes.pdf", FileKind.Document));
        Add("equations", 1, new PackMetadata(LocalText.Of("zh-Hans", "方程").And("en", "Equations"), "junior", "7", "mathematics", Languages: ["zh-Hans"]), ("分数.pdf", FileKind.Document));
        Add("poems", 1, new PackMetadata(LocalText.Of("zh-Hans", "古诗十首"), "primary", "10", "chinese", Languages: ["zh-Hans"]), ("poems.html", FileKind.Tool));
        _box = await BoxContent.OpenAsync(Folder["box"], Origin);
        await PublishAsync("fractions", "equations", "poems");
    }

    public override async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await base.DisposeAsync();
    }

    [Theory]
    [InlineData("", "poems fractions equations")]
    [InlineData("分数", "fractions equations")]
    [InlineData("分", "fractions equations")]
    [InlineData("加", "fractions")]
    [InlineData("frac", "fractions")]
    [InlineData("ADDING Fractions", "fractions")]
    [InlineData("第一课", "fractions")]
    [InlineData("numbers 2024", "fractions")]
    [InlineData("young", "fractions")]
    [InlineData("数分", "")]
    [InlineData("fractions poems", "")]
    [InlineData("!?", "")]
    [InlineData("\") OR (\"", "")]
    public async Task Words_and_single_characters_find_title_first(string text, string packs)
    {
        using LibrarySearch search = await FollowedAsync();
        LibraryAnswer answer = search.Search(new LibraryQuery(text));
        Assert.Equal(packs, string.Join(' ', answer.Entries.Select(entry => entry.Pack)));
        Assert.True(answer.Complete);
    }

    [Fact]
    public async Task Filters_narrow_and_each_facet_counts_with_the_others_in_force()
    {
        using LibrarySearch search = await FollowedAsync();
        LibraryAnswer answer = search.Search(new LibraryQuery(Subject: "mathematics", Grade: "3"));
        LibraryEntry entry = Assert.Single(answer.Entries);
        Assert.Equal(("fractions", 1L, 2), (entry.Pack, entry.Version, entry.Files));
        Assert.Equal("Adding fractions", entry.Title.In("en"));
        Assert.Equal(("fractions", "Adding fractions"), search.TitlesOf(["fractions", "none", "fractions"]).Select(title => (title.Key, title.Value.In("en"))).Single());
        Assert.Equal([new LibraryFacet("mathematics", 1)], answer.Facets.Subjects);
        Assert.Equal([new LibraryFacet("3", 1), new LibraryFacet("7", 1)], answer.Facets.Grades);
        Assert.Equal([new LibraryFacet("3", 1), new LibraryFacet("7", 1), new LibraryFacet("10", 1)], search.Search(new LibraryQuery()).Facets.Grades);
        Assert.Equal(["fractions", "equations"], search.Search(new LibraryQuery(Kind: FileKind.Document)).Entries.Select(found => found.Pack));
        Assert.Equal("fractions", Assert.Single(search.Search(new LibraryQuery(Collection: "Young mathematicians")).Entries).Pack);
        Assert.Equal("fractions", Assert.Single(search.Search(new LibraryQuery(Language: "en")).Entries).Pack);
        LibraryAnswer second = search.Search(new LibraryQuery(Skip: 1, Take: 1));
        Assert.Equal((3, "fractions"), (second.Total, Assert.Single(second.Entries).Pack));
    }

    [Fact]
    public async Task A_new_version_is_found_by_its_own_words_and_a_withdrawn_pack_no_more()
    {
        using LibrarySearch search = await FollowedAsync();
        Add("poems", 2, new PackMetadata(LocalText.Of("zh-Hans", "宋词")), ("a.txt", FileKind.Document));
        Origin.Withdraw("equations", 1);
        Origin.Publish(Wanted("poems", 2));
        Assert.True(await _box.FetchAsync());
        Assert.False(search.Search(new LibraryQuery()).Complete);
        await search.FollowAsync(default);
        Assert.Empty(search.Search(new LibraryQuery("古诗")).Entries);
        Assert.Empty(search.Search(new LibraryQuery("方程")).Entries);
        Assert.Equal(2, Assert.Single(search.Search(new LibraryQuery("宋词")).Entries).Version);
        Assert.Equal(2, search.Search(new LibraryQuery()).Total);
    }

    [Fact]
    public async Task What_changed_while_the_search_was_off_is_entered_at_the_next_start()
    {
        (await FollowedAsync()).Dispose();
        Origin.Withdraw("equations", 1);
        Add("atoms", 1, new PackMetadata(LocalText.Of("en", "Atoms")), ("a.txt", FileKind.Document));
        Origin.Publish(Wanted("atoms", 1));
        Assert.True(await _box.FetchAsync());
        using LibrarySearch again = await FollowedAsync();
        Assert.Equal(["atoms", "poems", "fractions"], again.Search(new LibraryQuery()).Entries.Select(entry => entry.Pack));
    }

    [Fact]
    public async Task What_the_school_laid_over_a_pack_is_found_and_gone_again_when_it_is_undone()
    {
        using LibrarySearch search = await FollowedAsync();
        PackFile glossary = new("词表.pdf", "application/pdf", FileKind.Document, 3, ChunkId.Of("own"u8), null, LocalText.Of("zh-Hans", "藏语词表"));
        await LayAsync((layer, next, files) => layer.With(next, LocalChangeKind.Add, glossary.Path, glossary, files, out _));
        Assert.False(search.Search(new LibraryQuery()).Complete);
        await search.FollowAsync(default);
        LibraryEntry found = Assert.Single(search.Search(new LibraryQuery("藏语词表")).Entries);
        Assert.Equal(("fractions", 3), (found.Pack, found.Files));

        // Put in the place of an item, its own name finds and the former one does not; and so for one that was taken out.
        await LayAsync((layer, next, files) => layer.With(next, LocalChangeKind.Replace, "video/第一课.mp4", glossary with { Path = "video/山歌.mp3", Kind = FileKind.Audio, Title = null }, files, out _));
        await LayAsync((layer, next, files) => layer.With(next, LocalChangeKind.Delete, "notes.pdf", null, files, out _));
        await search.FollowAsync(default);
        Assert.Equal(("fractions", ""), (Found(search, "山歌"), Found(search, "第一课")));
        Assert.Equal("", Found(search, "notes"));
        Assert.Equal("fractions", Assert.Single(search.Search(new LibraryQuery(Kind: FileKind.Audio)).Entries).Pack);

        // A new version of the centre keeps them.
        Add("fractions", 2, new PackMetadata(LocalText.Of("zh-Hans", "分数的减法")), ("video/第一课.mp4", FileKind.Video), ("notes.pdf", FileKind.Document));
        Origin.Publish(Wanted("fractions", 2));
        Assert.True(await _box.FetchAsync());
        await search.FollowAsync(default);
        Assert.Equal(("fractions", "fractions"), (Found(search, "减法"), Found(search, "山歌")));

        while (_box.Layers.Of("fractions").Layer.Changes is { IsEmpty: false } changes)
            await _box.Layers.ChangeAsync("fractions", (layer, _) => layer.Without(changes[0].Number), default);
        await search.FollowAsync(default);
        Assert.Equal(("", "", "fractions"), (Found(search, "藏语词表"), Found(search, "山歌"), Found(search, "第一课")));
    }

    [Fact]
    public async Task Changes_of_the_school_while_the_search_was_off_are_entered_at_the_next_start()
    {
        (await FollowedAsync()).Dispose();
        PackFile glossary = new("词表.txt", "text/plain", FileKind.Document, 3, ChunkId.Of("own"u8), null);
        await LayAsync((layer, next, files) => layer.With(next, LocalChangeKind.Add, glossary.Path, glossary, files, out _));
        using (LibrarySearch again = await FollowedAsync())
            Assert.Equal("fractions", Found(again, "词表"));
        await _box.Layers.ChangeAsync("fractions", (layer, _) => layer.Without(layer.Changes[0].Number), default);
        using LibrarySearch last = await FollowedAsync();
        Assert.Equal("", Found(last, "词表"));
    }

    private static string Found(LibrarySearch search, string text) => string.Join(' ', search.Search(new LibraryQuery(text)).Entries.Select(entry => entry.Pack));

    private async Task LayAsync(Func<LocalLayer, long, System.Collections.Immutable.ImmutableArray<PackFile>, LocalLayer?> change) =>
        Assert.True(await _box.Layers.ChangeAsync("fractions", (layer, next) => change(layer, next, _box.Library.Find("fractions")!.Manifest.Files), default));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_or_damaged_index_is_made_anew_from_the_manifests(bool damaged)
    {
        (await FollowedAsync()).Dispose();
        if (damaged)
            Folder.Write("search.db", new string('x', 10_000));
        else
            File.Delete(Folder["search.db"]);
        using LibrarySearch again = Open();
        LibraryAnswer before = again.Search(new LibraryQuery("分数"));
        Assert.False(before.Complete);
        Assert.Empty(before.Entries);
        await again.FollowAsync(default);
        Assert.Equal(2, again.Search(new LibraryQuery("分数")).Total);
    }

    private LibrarySearch Open() => new(Folder["search.db"], _box.Library, NullLogger<LibrarySearch>.Instance, _box.Layers);

    private async Task<LibrarySearch> FollowedAsync()
    {
        LibrarySearch search = Open();
        await search.FollowAsync(default);
        return search;
    }

    private void Add(string pack, long version, PackMetadata metadata, params (string Path, FileKind Kind)[] files)
    {
        byte[] Bytes(string path) => System.Text.Encoding.UTF8.GetBytes($"{pack} {version} {path}");
        Manifest made = Origin.AddPack(pack, version, [.. files.Select(file => (file.Path, Bytes(file.Path)))]);
        Origin.ReplaceManifest(made with { Metadata = metadata, Files = [.. made.Files.Select(file => file with { Kind = files.Single(f => f.Path == file.Path).Kind })] });
    }

    private async Task PublishAsync(params string[] packs)
    {
        Origin.Publish([.. packs.Select(pack => Wanted(pack, 1))]);
        Assert.True(await _box.FetchAsync());
    }
}
