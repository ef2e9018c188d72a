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

    private LibrarySearch Open() => new(Folder["search.db"], _box.Library, NullLogger<LibrarySearch>.Instance);

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
