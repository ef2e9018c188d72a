using Edge.Box.Content;
using Microsoft.Extensions.Time.Testing;
using TestKit;
using Xunit;
using static TestKit.Content.ContentOrigin;

namespace Edge.Box.Tests.Content;

/// <summary>Two hundred versions later: what shows, what waits, what goes back.</summary>
public sealed class VersionsTests : ContentTest
{
    private readonly FakeTimeProvider _time = new();

    protected override ValueTask PrepareAsync()
    {
        for (int version = 1; version <= 5; version++)
            Origin.AddPack("book", version, ("page.txt", Text(version)), ("film.mp4", Noise.Of(300_000, 1)));
        Origin.Publish(Wanted("book", 1));
        return base.PrepareAsync();
    }

    private static byte[] Text(int version) => System.Text.Encoding.UTF8.GetBytes($"version {version}");

    [Fact]
    public async Task The_lesson_plays_the_version_it_began_with_and_the_new_one_waits_in_sight()
    {
        await using BoxContent box = await OpenAsync();
        Assert.True(await box.FetchAsync());
        box.InUse.Add("book");
        Origin.Publish(Wanted("book", 2));
        Assert.True(await box.FetchAsync());
        Assert.Equal(1, box.Library.VersionOf("book")!.Version);
        Assert.Equal(new WaitingVersion("book", 2), Assert.Single(box.Hold.Waiting));

        // It is here: when the lesson is over it shows without a byte from the link.
        await Origin.DisposeAsync();
        box.InUse.Clear();
        await box.TryFetchAsync();
        Assert.Equal(2, box.Library.VersionOf("book")!.Version);
        Assert.Empty(box.Hold.Waiting);
    }

    [Fact]
    public async Task A_lesson_that_nobody_ends_does_not_keep_a_correction_away_for_ever()
    {
        await using BoxContent box = await OpenAsync();
        await box.FetchAsync();
        box.InUse.Add("book");
        Origin.Publish(Wanted("book", 2));
        await box.FetchAsync();
        _time.Advance(BoxContent.Options.LongestHold - TimeSpan.FromSeconds(1));
        Origin.Publish(Wanted("book", 3));
        await box.FetchAsync();
        Assert.Equal(1, box.Library.VersionOf("book")!.Version);
        _time.Advance(TimeSpan.FromSeconds(1));
        await box.FetchAsync();
        Assert.Equal(3, box.Library.VersionOf("book")!.Version);
    }

    [Fact]
    public async Task A_signed_withdrawal_does_not_wait_for_a_lesson()
    {
        await using BoxContent box = await OpenAsync();
        await box.FetchAsync();
        box.InUse.Add("book");
        Origin.Withdraw("book", 1);
        Origin.Publish();
        await box.FetchAsync();
        Assert.Null(box.Library.VersionOf("book"));
    }

    [Fact]
    public async Task A_page_made_from_a_version_goes_on_getting_its_files()
    {
        await using BoxContent box = await OpenAsync();
        var views = box.Views;
        await box.FetchAsync();
        for (int version = 2; version <= 5; version++)
        {
            Origin.Publish(Wanted("book", version));
            await box.FetchAsync();
            Assert.Equal(Text(version), await ReadAsync(views, "page.txt"));
            Assert.Equal(Text(version - 1), await ReadAsync(views, $"@{version - 1}/page.txt"));
        }
        // The last few only, and none that was taken back.
        Assert.Null(views.Resolve("book", "@1/page.txt").View);
        Assert.NotNull(views.Resolve("book", "@2/page.txt").View);
        Origin.Withdraw("book", 3);
        Origin.Publish(Wanted("book", 5));
        await box.FetchAsync();
        Assert.Null(views.Resolve("book", "@3/page.txt").View);
        Assert.NotNull(views.Resolve("book", "@4/page.txt").View);
    }

    [Fact]
    public async Task Rolling_back_costs_lists_and_no_content()
    {
        await using BoxContent box = await OpenAsync();
        await box.FetchAsync();
        Origin.Publish(Wanted("book", 2));
        await box.FetchAsync();
        long paid = Origin.SentBytes;
        Origin.Publish(Wanted("book", 1));
        Assert.True(await box.FetchAsync());
        Assert.Equal(1, box.Library.VersionOf("book")!.Version);
        Assert.Equal(Text(1), await box.ReadAsync("book", "page.txt"));
        Assert.Equal(paid, Origin.SentBytes);
    }

    private Task<BoxContent> OpenAsync() => BoxContent.OpenAsync(Folder["box"], Origin, _time);

    private static async Task<byte[]> ReadAsync(PackViews views, string address)
    {
        (PackView? view, string path) = views.Resolve("book", address);
        (FileOpening opening, _, Stream? bytes) = await views.OpenAsync(view!.File(path)!, default);
        Assert.Equal(FileOpening.Opened, opening);
        await using (bytes)
        {
            using var all = new MemoryStream();
            await bytes!.CopyToAsync(all);
            return all.ToArray();
        }
    }
}
