using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Edge.Core.Content;
using Edge.Core.Identity;
using Relay.Cli;
using Relay.Content;
using TestKit;
using TestKit.Disk;
using Xunit;

namespace Relay.Tests.Content;

public sealed class ContentEndpointsTests : IAsyncLifetime
{
    private static readonly byte[] Object = Noise.Of(10_000, 9);
    private static readonly ChunkId Id = ChunkId.Of(Object);
    private ContentHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await ContentHost.StartAsync();
        Assert.Equal(HttpStatusCode.Created, (await PutAsync(Id, Object)).StatusCode);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task An_object_is_served_whole_and_in_ranges_and_may_be_cached_for_ever()
    {
        using HttpResponseMessage whole = await _host.Http.GetAsync($"/content/{Id}");
        Assert.Equal(Object, await whole.Content.ReadAsByteArrayAsync());
        Assert.Contains("immutable", whole.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        using var ask = new HttpRequestMessage(HttpMethod.Get, $"/content/{Id}") { Headers = { Range = new RangeHeaderValue(100, 299) } };
        using HttpResponseMessage part = await _host.Http.SendAsync(ask);
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(Object[100..300], await part.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/content/00")]
    [InlineData("/content/..%2f..%2frelay.db")]
    [InlineData("/content/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("/lists/plan")]
    public async Task What_is_not_there_is_not_found(string path) => Assert.Equal(HttpStatusCode.NotFound, (await _host.Http.GetAsync(path)).StatusCode);

    [Fact]
    public async Task An_object_that_is_not_what_its_name_says_is_refused_and_nothing_is_kept()
    {
        var other = ChunkId.Of("other"u8);
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync(other, Object)).StatusCode);
        Assert.Null(_host.Store.LengthOf(other));
        Assert.Equal(HttpStatusCode.NoContent, (await PutAsync(Id, Object)).StatusCode);
        Assert.Empty(Directory.GetFiles(_host.Folder["content/incoming"]));
    }

    [Fact]
    public async Task Whole_or_not_at_all_an_upload_that_breaks_off_leaves_nothing()
    {
        byte[] bytes = Noise.Of(100_000, 4);
        await Assert.ThrowsAsync<IOException>(() => _host.Store.PutAsync(ChunkId.Of(bytes), new BreakingStream(bytes, 70_000), default));
        Assert.Null(_host.Store.LengthOf(ChunkId.Of(bytes)));
        Assert.Empty(Directory.GetFiles(_host.Folder["content/incoming"]));
        // What a killed process left behind goes at the next start.
        _host.Folder.Write("content/incoming/half", "x");
        _ = new ContentStore(_host.Folder["content"]);
        Assert.Empty(Directory.GetFiles(_host.Folder["content/incoming"]));
    }

    [Fact]
    public async Task Lists_are_signed_and_cost_nothing_when_unchanged()
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, "/lists/plan") { Headers = { { "School", "hill" } } };
        using HttpResponseMessage first = await _host.Http.SendAsync(ask);
        Assert.True(SignedList.TryParse(await first.Content.ReadAsByteArrayAsync(), out SignedList plan));
        Assert.True(_host.Keys.Trust.Trusts(plan));
        using var again = new HttpRequestMessage(HttpMethod.Get, "/lists/plan") { Headers = { { "School", "hill" } } };
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage second = await _host.Http.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal(_host.Keys.Root.ToBytes(), await _host.Http.GetByteArrayAsync("/lists/root"));
    }

    [Fact]
    public async Task A_false_request_says_why_and_changes_nothing()
    {
        Assert.Contains("no pack", await ErrorAsync("/api/packs/none/publish", new { to = (string[])["all"] }), StringComparison.Ordinal);
        Assert.Contains("was not uploaded", await ErrorAsync("/api/packs", new { manifest = ChunkId.Of("x"u8) }), StringComparison.Ordinal);
        Assert.Contains("not a manifest", await ErrorAsync("/api/packs", new { manifest = Id }), StringComparison.Ordinal);
        using HttpResponseMessage chunks = await _host.Http.PostAsync("/api/chunks/known", new ByteArrayContent(new byte[33]));
        Assert.Equal(HttpStatusCode.BadRequest, chunks.StatusCode);
    }

    [Fact]
    public async Task The_command_line_builds_publishes_lists_and_withdraws()
    {
        using var pack = new TempFolder();
        pack.Write("pack.json", """{ "id": "fractions", "title": { "zh-Hans": "分数", "en": "Fractions" } }""");
        pack.Write("lesson.mp4", Noise.Of(300_000, 2));
        pack.Write("staff.key", "key");
        Assert.Equal(0, await RunAsync(pack, "pack", "build", pack.Path));
        Assert.Equal(1, await RunAsync(pack, "pack", "publish", "fractions@7", "--to", "all"));
        Assert.Equal(1, await RunAsync(pack, "pack", "publish", "fractions", "--to", "nowhere"));
        Assert.Equal(1, await RunAsync(pack, "pack", "publish", "fractions", "--to", "all", "--due", "soon"));
        Assert.Equal(2, await RunAsync(pack, "pack", "publish", "fractions"));
        Assert.Empty((await _host.CatalogueAsync()).Packs);
        Assert.Equal(0, await RunAsync(pack, "pack", "publish", "fractions", "--to", "all", "--due", "2026-03-02T08:00Z"));
        Assert.Equal(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero), (await _host.PlanAsync("hill")).Packs[0].Due);
        Assert.Equal(0, await RunAsync(pack, "pack", "list"));
        JsonElement listed = Assert.Single((await _host.Http.GetFromJsonAsync<JsonElement>("/api/packs")).EnumerateArray());
        Assert.Equal("""{"published":2,"delivered":2,"verified":1}""", listed.GetProperty("funnel").GetRawText());
        Assert.Equal(0, await RunAsync(pack, "pack", "withdraw", "fractions@1"));
        Assert.True((await _host.CatalogueAsync()).Find("fractions", 1)!.Withdrawn);
    }

    private Task<int> RunAsync(TempFolder pack, params string[] arguments)
    {
        var root = new RootCommand { StaffClient.RelayOption, StaffClient.KeyFileOption, CommandLine.JsonOption, PackCommands.Create(_host.Time) };
        return CommandLine.RunAsync(root, [.. arguments, "--json", "--relay", _host.Http.BaseAddress!.ToString(), "--key-file", pack["staff.key"]]);
    }

    private async Task<string> ErrorAsync(string path, object body)
    {
        using HttpResponseMessage response = await _host.Http.PostAsJsonAsync(path, body);
        Assert.InRange((int)response.StatusCode, 400, 499);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString()!;
    }

    private Task<HttpResponseMessage> PutAsync(ChunkId id, byte[] bytes) => _host.Http.PutAsync($"/api/content/{id}", new ByteArrayContent(bytes));

    private sealed class BreakingStream(byte[] bytes, int breakAt) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= breakAt ? throw new IOException("cut off") : base.ReadAsync(buffer[..Math.Min(buffer.Length, breakAt - (int)Position)], cancellationToken);
    }
}
