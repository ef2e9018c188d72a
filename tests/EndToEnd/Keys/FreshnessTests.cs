using System.Net;
using EndToEnd.World;
using TestKit;
using Xunit;

namespace EndToEnd.Keys;

public sealed class FreshnessTests : IAsyncLifetime
{
    private readonly School _school = new(new Dictionary<string, string> { ["List__PlanLifetime"] = "00:00:06" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _school.StartAsync(Token);

    public ValueTask DisposeAsync() => _school.DisposeAsync();

    [Fact]
    public async Task The_lesson_plays_on_old_lists_and_the_box_says_that_they_are_old()
    {
        _school.Folder.Write("book/pack.json", """{"id":"book","title":{"en":"Book"}}""");
        _school.Folder.Write("book/page.txt", "one page");
        await _school.Relay.CliAsync(Token, "pack", "build", _school.Folder["book"]);
        await _school.Relay.CliAsync(Token, "pack", "publish", "book", "--to", "all");
        await Eventually.Async(async () => await PageAsync() == HttpStatusCode.OK, "the page shows", Token, evidence: () => _school.Evidence);
        _school.Box.CutLink();
        await FreshnessAsync("Stale");
        Assert.Contains("Not renewed for long", await _school.Box.Http.GetStringAsync("/status?lang=en", Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await PageAsync());
        // What comes at last is taken, however old the lists had become.
        _school.Folder.Write("book/page.txt", "another page");
        await _school.Relay.CliAsync(Token, "pack", "build", _school.Folder["book"]);
        await _school.Relay.CliAsync(Token, "pack", "publish", "book", "--to", "all");
        _school.Box.JoinLink();
        await FreshnessAsync("Fresh");
        await Eventually.Async(async () => await _school.Box.Http.GetStringAsync("/library/book/page.txt", Token) == "another page", "the new page shows", Token, evidence: () => _school.Evidence);
    }

    private Task FreshnessAsync(string freshness) => Eventually.Async(
        async () => (await _school.Box.StatusAsync(Token)).GetProperty("lists").GetProperty("freshness").GetString() == freshness, $"the lists are {freshness}", Token, evidence: () => _school.Evidence);

    private async Task<HttpStatusCode> PageAsync()
    {
        using HttpResponseMessage page = await _school.Box.Http.GetAsync("/library/book/page.txt", Token);
        return page.StatusCode;
    }
}
