using System.Net;
using System.Text;
using Edge.Core.Live;
using Relay.Live;
using TestKit.Live;
using Xunit;

namespace Relay.Tests.Live;

/// <summary>Captions that captioners send, and boxes fetch.</summary>
public sealed class CaptionTests
{
    [Fact]
    public async Task Captions_reach_boxes_of_the_lessons_schools_in_the_order_they_came_and_once()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        await relay.ScheduleAsync("fractions", "north");
        const string File = "WEBVTT\n\n00:01.000 --> 00:03.000\na &lt;half&gt;\n\n00:03.000 --> 00:04.000\nand more\n";
        Assert.Equal(HttpStatusCode.OK, await SendAsync(relay, "fractions/captions/en", File));
        // Sent again since the answer was lost.
        Assert.Equal(HttpStatusCode.OK, await SendAsync(relay, "fractions/captions/en", File));
        Assert.Equal(HttpStatusCode.OK, await SendAsync(relay, "fractions/captions/zh-Hans", "WEBVTT\n\n00:01.000 --> 00:03.000\n一半\n"));
        Assert.Equal(["1 en a <half>", "2 en and more", "3 zh-Hans 一半"], await LinesAsync(relay, 0));
        await relay.StopAsync();
        await relay.StartAgainAsync();
        Assert.Equal(["3 zh-Hans 一半"], await LinesAsync(relay, 2));
        using HttpResponseMessage none = await relay.Http.GetAsync("/live/fractions/captions?after=3");
        Assert.Equal(HttpStatusCode.NoContent, none.StatusCode);
        using var stranger = new HttpRequestMessage(HttpMethod.Get, "/live/fractions/captions?after=0") { Headers = { { "X-School", "south" } } };
        using HttpResponseMessage refused = await relay.Http.SendAsync(stranger);
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
    }

    [Fact]
    public async Task A_line_without_times_belongs_to_now()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        string ingest = await relay.ScheduleAsync("fractions");
        using HttpResponseMessage sent = await relay.SendAsync(ingest, await TestVideo.Lesson20sAsync());
        await relay.PublishedAsync("fractions", 5);
        double now = LessonTimeline.Edge(relay.Get<LiveOrigin>().Window(relay.Lesson("fractions")).Segments).TotalSeconds;
        Assert.Equal(HttpStatusCode.OK, await SendAsync(relay, "fractions/captions/en", "now <b>", "text/plain"));
        Caption caption = Assert.Single(relay.Get<CaptionStore>().After("fractions", 0, 10));
        Assert.Equal("now <b>", caption.Text);
        Assert.Equal(now, caption.Start.TotalSeconds, 0.01);
    }

    [Theory]
    [InlineData("fractions/captions/en", "no head", HttpStatusCode.BadRequest)]
    [InlineData("fractions/captions/e", "WEBVTT\n", HttpStatusCode.BadRequest)]
    [InlineData("other/captions/en", "WEBVTT\n", HttpStatusCode.NotFound)]
    [InlineData("fractions/captions/en", "WEBVTT\n\n00:03.000 --> 00:01.000\na\n", HttpStatusCode.BadRequest)]
    public async Task What_is_no_caption_is_refused(string path, string text, HttpStatusCode status)
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        await relay.ScheduleAsync("fractions");
        Assert.Equal(status, await SendAsync(relay, path, text));
        Assert.Empty(relay.Get<CaptionStore>().After("fractions", 0, 10));
    }

    [Fact]
    public async Task A_lesson_has_a_bounded_number_of_languages_and_a_bounded_body()
    {
        await using LiveRelay relay = await LiveRelay.StartAsync();
        await relay.ScheduleAsync("fractions");
        for (int i = 0; i < CaptionStore.MaxLanguages; i++)
            Assert.Equal(HttpStatusCode.OK, await SendAsync(relay, $"fractions/captions/x{(char)('a' + i)}", "WEBVTT\n\n00:01.000 --> 00:02.000\na\n"));
        Assert.Equal(HttpStatusCode.Conflict, await SendAsync(relay, "fractions/captions/en", "WEBVTT\n\n00:01.000 --> 00:02.000\na\n"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await SendAsync(relay, "fractions/captions/xa", new string(' ', WebVtt.MaxLengthBytes + 1)));
    }

    private static async Task<string[]> LinesAsync(LiveRelay relay, long after) =>
        [.. CaptionLine.Read(await relay.Http.GetByteArrayAsync($"/live/fractions/captions?after={after}")).Captions.Select(held => $"{held.Caption.Number} {held.Caption.Language} {held.Caption.Text}")];

    private static async Task<HttpStatusCode> SendAsync(LiveRelay relay, string path, string text, string type = "text/vtt")
    {
        using var content = new StringContent(text, Encoding.UTF8, type);
        using HttpResponseMessage answer = await relay.Http.PostAsync($"/api/lessons/{path}", content);
        return answer.StatusCode;
    }
}
