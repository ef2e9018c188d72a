using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Edge.Core.Content;
using Xunit;

namespace Relay.Tests.Content;

public sealed class ErrataTests : IAsyncLifetime
{
    private ContentHost _relay = null!;

    public async ValueTask InitializeAsync()
    {
        _relay = await ContentHost.StartAsync();
        _relay.Folder.Write("book/pack.json", """{"id":"book","title":{"en":"Book"}}""");
        _relay.Folder.Write("book/film.mp4", "film");
        await _relay.BuildAsync(_relay.Folder["book"]);
    }

    public async ValueTask DisposeAsync() => await _relay.DisposeAsync();

    [Fact]
    public async Task An_erratum_rides_signed_on_the_next_question_and_its_withdrawal_follows()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await _relay.Http.GetAsync("/lists/errata?after=0")).StatusCode);
        HttpResponseMessage made = await _relay.Http.PostAsJsonAsync("/api/packs/book/errata", new { text = new { en = "three, not four" }, path = "film.mp4", at = "12:30" });
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        string id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        Erratum erratum = Assert.Single(await AskAsync(0));
        Assert.Equal((id, 750, 1L, "film.mp4"), (erratum.Id, erratum.Second!.Value, erratum.Through, erratum.Path));
        Assert.Empty(await AskAsync(erratum.Number));

        Assert.Equal(HttpStatusCode.OK, (await _relay.Http.PostAsJsonAsync($"/api/packs/book/errata/{id}/withdraw", new { })).StatusCode);
        Erratum withdrawn = Assert.Single(await AskAsync(erratum.Number));
        Assert.True(withdrawn.Withdrawn && withdrawn.Number > erratum.Number);
        Assert.Empty(Errata.None.With(withdrawn).With(erratum).Of("book", 1));
    }

    [Theory]
    [InlineData("none", """{"text":{"en":"x"}}""")]
    [InlineData("book", """{"text":{"en":"x"},"version":9}""")]
    [InlineData("book", """{"text":{"en":"x"},"path":"none.mp4"}""")]
    [InlineData("book", """{"text":{"en":"x"},"path":"film.mp4","at":"soon"}""")]
    [InlineData("book", """{"text":{}}""")]
    public async Task What_makes_no_sense_is_refused_with_a_sentence(string pack, string body)
    {
        using HttpResponseMessage answer = await _relay.Http.PostAsync($"/api/packs/{pack}/errata", new StringContent(body, null, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.False(string.IsNullOrEmpty((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString()));
        Assert.Empty(await AskAsync(0));
    }

    private async Task<List<Erratum>> AskAsync(long after)
    {
        using HttpResponseMessage answer = await _relay.Http.GetAsync($"/lists/errata?after={after}");
        if (answer.StatusCode == HttpStatusCode.NoContent)
            return [];
        return [.. ErratumRecords.Split(await answer.Content.ReadAsByteArrayAsync()).Select(record => ErratumRecords.Judge(_relay.Keys.Trust, record).Erratum!)];
    }
}
