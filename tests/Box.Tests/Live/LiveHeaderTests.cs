using System.Collections.Immutable;
using System.IO.Compression;
using System.Net;
using Edge.Core.Live;
using TestKit;
using TestKit.Live;
using Xunit;

namespace Edge.Box.Tests.Live;

/// <summary>What players and caches are told of lists and segments.</summary>
public sealed class LiveHeaderTests : IAsyncLifetime
{
    private const string List = "/live/fractions/index.m3u8";

    private SimulatedOrigin _origin = null!;
    private LiveBox _box = null!;

    public async ValueTask InitializeAsync()
    {
        _origin = await SimulatedOrigin.StartAsync(LiveBox.Lesson);
        // Of three segments the newest stays in memory.
        _box = await LiveBox.StartAsync(_origin.Port, ("MemoryBytes", "150000"));
    }

    public async ValueTask DisposeAsync()
    {
        await _box.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task Before_the_first_segment_a_player_is_told_when_to_ask_again()
    {
        using HttpResponseMessage answer = await _box.Http.GetAsync(List);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), answer.Headers.RetryAfter!.Delta);
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    [Theory]
    [InlineData("gzip", true)]
    [InlineData("br, gzip;q=0.5", true)]
    [InlineData("identity", false)]
    [InlineData("gzip;q=0", false)]
    [InlineData("gzip; q=0.0, identity", false)]
    public async Task A_list_is_asked_about_each_time_and_packed_for_who_takes_it(string accepted, bool packed)
    {
        await PublishAsync();
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, List, ("Accept-Encoding", accepted));
        Assert.Equal(packed ? ["gzip"] : [], answer.Content.Headers.ContentEncoding);
        Assert.Equal("application/vnd.apple.mpegurl", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Headers.CacheControl!.NoCache);
        Assert.Equal(["Accept-Encoding"], answer.Headers.Vary);
        Stream body = await answer.Content.ReadAsStreamAsync();
        await using Stream text = packed ? new GZipStream(body, CompressionMode.Decompress) : body;
        using var plain = new MemoryStream();
        await text.CopyToAsync(plain);
        Assert.True(PlaylistText.TryRead(plain.ToArray(), out MediaPlaylist list, out _));
        Assert.Equal(3, list.Segments.Length);
    }

    [Fact]
    public async Task An_unchanged_list_costs_a_304_for_its_own_coding_only()
    {
        await PublishAsync();
        using HttpResponseMessage packed = await SendAsync(HttpMethod.Get, List, ("Accept-Encoding", "gzip"));
        using HttpResponseMessage plain = await SendAsync(HttpMethod.Get, List);
        Assert.NotEqual(packed.Headers.ETag, plain.Headers.ETag);
        Assert.False(packed.Headers.ETag!.IsWeak);
        using HttpResponseMessage same = await SendAsync(HttpMethod.Get, List, ("Accept-Encoding", "gzip"), ("If-None-Match", packed.Headers.ETag.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        Assert.Equal(["Accept-Encoding"], same.Headers.Vary);
        Assert.Empty(await same.Content.ReadAsByteArrayAsync());
        using HttpResponseMessage other = await SendAsync(HttpMethod.Get, List, ("If-None-Match", packed.Headers.ETag.ToString()));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        _origin.Publish((await CutAsync())[3]);
        await Eventually.TrueAsync(() => _box.Published == 4);
        using HttpResponseMessage grown = await SendAsync(HttpMethod.Get, List, ("Accept-Encoding", "gzip"), ("If-None-Match", packed.Headers.ETag.ToString()));
        Assert.Equal(HttpStatusCode.OK, grown.StatusCode);
    }

    [Theory]
    [InlineData(0)] // on disk
    [InlineData(2)] // in memory
    public async Task A_segment_is_kept_for_good_and_never_packed(int sequence)
    {
        ImmutableArray<TsSegment> segments = await PublishAsync();
        Assert.Equal(sequence == 2, _box.Recording!.Find(sequence)!.Value.Bytes is not null);
        string path = $"/live/fractions/{sequence}.ts";
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", "gzip"));
        Assert.Equal(segments[sequence].Bytes.ToArray(), await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("public, max-age=31536000, immutable", answer.Headers.CacheControl!.ToString());
        Assert.Equal("video/mp2t", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["bytes"], answer.Headers.AcceptRanges);
        Assert.Empty(answer.Content.Headers.ContentEncoding);
        Assert.Empty(answer.Headers.Vary);
        using HttpResponseMessage known = await SendAsync(HttpMethod.Get, path, ("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        using HttpResponseMessage resumed = await SendAsync(HttpMethod.Get, path, ("Range", "bytes=1000-"), ("If-Range", answer.Headers.ETag!.ToString()));
        Assert.Equal((HttpStatusCode.PartialContent, segments[sequence].Bytes.Length - 1000), (resumed.StatusCode, (await resumed.Content.ReadAsByteArrayAsync()).Length));
        using HttpResponseMessage changed = await SendAsync(HttpMethod.Get, path, ("Range", "bytes=1000-"), ("If-Range", "\"other\""));
        Assert.Equal((HttpStatusCode.OK, segments[sequence].Bytes.Length), (changed.StatusCode, (await changed.Content.ReadAsByteArrayAsync()).Length));
        using HttpResponseMessage end = await SendAsync(HttpMethod.Get, path, ("Range", "bytes=-188"));
        Assert.Equal(segments[sequence].Bytes.ToArray()[^188..], await end.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData(List)]
    [InlineData("/live/fractions/0.ts")]
    [InlineData("/live/fractions/2.ts")]
    [InlineData("/live/fractions/recording.ts")]
    public async Task HEAD_tells_what_GET_would_and_sends_nothing(string path)
    {
        await PublishAsync();
        using HttpResponseMessage get = await SendAsync(HttpMethod.Get, path);
        using HttpResponseMessage head = await SendAsync(HttpMethod.Head, path);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
        Assert.Equal((get.Headers.ETag, get.Headers.CacheControl?.ToString()), (head.Headers.ETag, head.Headers.CacheControl?.ToString()));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    /// <summary>A page from elsewhere, open on a pupil's phone, must not carry the lesson out of the school. Players and sets ask without an origin and need no leave.</summary>
    [Theory]
    [InlineData(List)]
    [InlineData("/live/fractions/2.ts")]
    public async Task Pages_of_other_sites_may_not_read_a_lesson(string path)
    {
        await PublishAsync();
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, path, ("Origin", "https://elsewhere.example"));
        Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<ImmutableArray<TsSegment>> CutAsync() => SimulatedOrigin.Cut(await TestVideo.Lesson20sAsync());

    private async Task<ImmutableArray<TsSegment>> PublishAsync()
    {
        ImmutableArray<TsSegment> segments = await CutAsync();
        foreach (TsSegment segment in segments.Take(3))
            _origin.Publish(segment);
        await Eventually.TrueAsync(() => _box.Published == 3);
        return segments;
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path);
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return _box.Http.SendAsync(request);
    }
}
