using System.Net;
using System.Text.RegularExpressions;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Text;
using Relay.Console;
using Relay.Content;
using Relay.Feedback;
using Relay.Live;
using Xunit;

namespace Relay.Tests.Console;

/// <summary>What holds for every page of the console, in each language.</summary>
public sealed partial class PageRulesTests
{
    private static readonly string[] Paths = ["/", "/schools", "/schools/hill", "/packs", "/lessons", "/lessons?over=true", "/lessons/new", "/lessons/fractions", "/lessons/fractions/end", "/packs/fractions", "/packs/fractions/withdraw/1", "/feedback", "/feedback?kind=question&state=open", "/feedback/1", "/approvals", "/audit", "/login"];

    [Theory]
    [InlineData("en")]
    [InlineData("zh-Hans")]
    public async Task Every_page_is_whole_strict_and_loads_nothing_from_outside(string language)
    {
        await using ConsoleHost host = await ConsoleHost.SignedInAsync(language);
        await host.AddBoxAsync("hill", "山上小学", "Hill School");
        BoxId box = await host.AddBoxAsync("valley", "山谷小学", "Valley School");
        await host.AddPackAsync("fractions", "Fractions", "one");
        Assert.Equal(PublishOutcome.Published, (await host.Get<PackDesk>().PublishAsync("fractions", new PublishRequest(null, ["all"], "today 00:01"), default)).Outcome);
        Poll poll = new("pace", LocalText.Of("en", "Pace?"), [LocalText.Of("en", "Fast"), LocalText.Of("en", "Slow")], TimeSpan.FromMinutes(3));
        Assert.Equal(ScheduleFault.None, (await host.Get<LessonDesk>().ScheduleAsync(new ScheduleRequest("fractions", LocalText.Of("en", "Fractions"), "3A", "maths",
            DateTimeOffset.Parse("2036-03-02T08:00Z", null), TimeSpan.FromMinutes(45), "fractions", true, null, [new PollRequest(poll.Id, poll.Question, poll.Options, poll.At)]), default)).Fault);
        foreach (FeedbackKind kind in (FeedbackKind[])[FeedbackKind.Question, FeedbackKind.HelpRequest, FeedbackKind.Problem])
            await host.GiveAsync(box, kind, "fractions", 5, 3, null, "Why?");
        await host.GiveAsync(box, FeedbackKind.PollAnswer, "fractions", 5, 3, "pace", "1");
        Assert.Equal(ReplyOutcome.Queued, await host.Get<FeedbackStore>().ReplyAsync(2, FeedbackState.Declined, "Not now.", default));
        using HttpClient stranger = host.Browser();
        stranger.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        foreach (string path in Paths)
        {
            using HttpResponseMessage response = await (path == "/login" ? stranger : host.Http).GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(ConsoleGuard.Policy, Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            string page = await response.Content.ReadAsStringAsync();
            Assert.Contains($"<html lang=\"{language}\"", page, StringComparison.Ordinal);
            Assert.True(Forbidden().Match(page.Replace(host.Address.ToString(), "/", StringComparison.Ordinal)) is { Success: false } or null, $"{path} has {Forbidden().Match(page)}");
            foreach (Match text in TextNode().Matches(page))
                Assert.False(KeyShown().IsMatch(text.Groups[1].Value.Trim()), $"{path} shows the key {text.Groups[1].Value}");
            foreach (Match asset in Asset().Matches(page))
                await CheckAssetAsync(stranger, asset.Groups[1].Value);
        }
    }

    [Fact]
    public void Chinese_and_English_have_the_same_keys()
    {
        Texts texts = ConsoleFeature.LoadTexts();
        Assert.Equal(texts.KeysOf("zh-Hans").Order(StringComparer.Ordinal), texts.KeysOf("en").Order(StringComparer.Ordinal));
        foreach (string key in texts.KeysOf("en"))
            Assert.Equal(Gap().Matches(texts.Get("en", key)).Select(gap => gap.Value).Distinct().Order(), Gap().Matches(texts.Get("zh-Hans", key)).Select(gap => gap.Value).Distinct().Order());
    }

    private static async Task CheckAssetAsync(HttpClient browser, string address)
    {
        using HttpResponseMessage response = await browser.GetAsync(address);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("immutable", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        string text = await response.Content.ReadAsStringAsync();
        Assert.DoesNotMatch("https?://", text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal));
        Assert.DoesNotContain("@import", text, StringComparison.Ordinal);
        using var zipped = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept-Encoding", "gzip" } } };
        using HttpResponseMessage small = await browser.SendAsync(zipped);
        Assert.Equal("gzip", Assert.Single(small.Content.Headers.ContentEncoding));
    }

    // Addresses elsewhere, and inline script or style, which the policy would stop anyway.
    [GeneratedRegex("""(https?:)?//[a-z0-9]|<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:""", RegexOptions.IgnoreCase)]
    private static partial Regex Forbidden();

    [GeneratedRegex(">([^<>]+)<")]
    private static partial Regex TextNode();

    [GeneratedRegex(@"^[a-z]+(\.[a-z0-9-]+)+$")]
    private static partial Regex KeyShown();

    [GeneratedRegex("(?:href|src)=\"(/assets/[^\"]+)\"")]
    private static partial Regex Asset();

    [GeneratedRegex(@"\{\d+\}")]
    private static partial Regex Gap();
}
