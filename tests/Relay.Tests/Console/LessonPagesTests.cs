using System.Net;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Relay.Feedback;
using Relay.Live;
using Xunit;

namespace Relay.Tests.Console;

public sealed class LessonPagesTests : IAsyncLifetime
{
    private ConsoleHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ConsoleHost.SignedInAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_lesson_is_scheduled_with_its_poll_and_schools()
    {
        await _host.AddBoxAsync("hill", "山上小学", "Hill School");
        using HttpResponseMessage response = await PostLessonAsync(("title-en", "Fractions"), ("title-zh", "分数"), ("class", "3A"), ("subject", "maths"),
            ("start", "2036-03-02T08:00"), ("minutes", "45"), ("to", "some"), ("school", "hill"), ("question-1", "哪个大？"), ("options-1", "3/4\r\n1/2\r\n"));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Lesson lesson = Assert.Single(_host.Get<LessonStore>().All());
        Assert.Equal(("3A", "maths", TimeSpan.FromMinutes(45), true), (lesson.Class, lesson.Subject, lesson.Duration, lesson.Live));
        Assert.Equal(["hill"], lesson.Schools!.Value);
        Assert.Equal("分数", lesson.Title.In("zh-Hans"));
        Poll poll = Assert.Single(lesson.Polls);
        Assert.Equal(["3/4", "1/2"], poll.Options.Select(option => option.In("en")));
        string page = await _host.PageAsync(response.Headers.Location!.OriginalString);
        foreach (string shown in (string[])["“Fractions” is scheduled.", "Hill School", "哪个大？", $"{_host.Address}ingest/{lesson.IngestKey}"])
            Assert.Contains(shown, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("title-en", "", "has a title")]
    [InlineData("class", "", "a class and a subject")]
    [InlineData("start", "soon", "no time")]
    [InlineData("minutes", "0", "from 1 minute")]
    [InlineData("minutes", "-5", "from 1 minute")]
    [InlineData("to", "some", "at least one school")]
    [InlineData("options-2", "Only an answer", "poll-1 needs a question")]
    public async Task A_lesson_that_cannot_be_is_refused_with_a_reason_and_what_was_typed(string field, string value, string why)
    {
        (string Name, string Value)[] good = [("title-en", "Fractions"), ("class", "3A"), ("subject", "maths"), ("start", "2036-03-02T08:00"), ("minutes", "45")];
        using HttpResponseMessage response = await PostLessonAsync([.. good.Where(pair => pair.Name != field), (field, value)]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        string page = await response.Content.ReadAsStringAsync();
        Assert.Contains(why, page, StringComparison.Ordinal);
        Assert.Contains("value=\"maths\"", page, StringComparison.Ordinal);
        Assert.Empty(_host.Get<LessonStore>().All());
    }

    [Fact]
    public async Task Two_lessons_of_one_time_and_no_English_title_are_two_lessons()
    {
        foreach (string title in (string[])["分数", "水的循环"])
            using (await PostLessonAsync(("title-zh", title), ("class", "3A"), ("subject", "x"), ("start", "2036-03-02T08:00"), ("minutes", "45"))) { }
        Assert.Equal(2, _host.Get<LessonStore>().All().Length);
    }

    [Fact]
    public async Task A_lesson_ends_only_after_a_second_look()
    {
        string lesson = await ScheduledAsync();
        Assert.Contains("does not begin again", await _host.PageAsync($"/lessons/{lesson}/end"), StringComparison.Ordinal);
        Assert.Equal(LessonStage.Planned, _host.Get<LessonStore>().Find(lesson)!.Stage);
        using HttpResponseMessage response = await _host.PostAsync($"/lessons/{lesson}/end");
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.True(_host.Get<LessonStore>().Find(lesson)!.Stage is LessonStage.Ended or LessonStage.Cancelled);
    }

    [Fact]
    public async Task Questions_and_votes_stand_beside_their_lesson()
    {
        BoxId hill = await _host.AddBoxAsync("hill", "山上小学", "Hill School"), valley = await _host.AddBoxAsync("valley", "山谷小学", "Valley School");
        string lesson = await ScheduledAsync();
        await _host.GiveAsync(hill, FeedbackKind.Question, lesson, 301, 12, null, "Why is 3/4 <larger>?");
        for (int seat = 1; seat <= 3; seat++)
            await _host.GiveAsync(hill, FeedbackKind.PollAnswer, lesson, 600, seat, "poll-1", "0");
        await _host.GiveAsync(valley, FeedbackKind.PollAnswer, lesson, 600, 1, "poll-1", "1");
        await _host.GiveAsync(valley, FeedbackKind.PollAnswer, lesson, 600, 2, "poll-1", "no option");
        await _host.ReportAsync(hill, new StatusReport(1, "0.1.0", TimeSpan.Zero, [], [lesson], 0, 1, new ListVersions(1, 1, 1)));
        string page = await _host.PageAsync($"/lessons/{lesson}");
        foreach (string shown in (string[])["Why is 3/4 &lt;larger&gt;?", "3A, seat 12", "05:01", "4 votes", "75 %", "Receives"])
            Assert.Contains(shown, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_is_stored_queued_and_shown_with_its_way()
    {
        BoxId hill = await _host.AddBoxAsync("hill", "山上小学", "Hill School");
        string lesson = await ScheduledAsync();
        await _host.GiveAsync(hill, FeedbackKind.Question, lesson, 301, 12, null, "Why?");
        long number = Assert.Single(_host.Get<FeedbackStore>().Find(new FeedbackFilter())).Number;
        using HttpResponseMessage response = await _host.PostAsync($"/feedback/{number}/reply", ("text", "Because."), ("do", "answer"), ("back", $"/lessons/{lesson}"));
        Assert.Equal($"/lessons/{lesson}", response.Headers.Location!.OriginalString);
        Assert.Equal((FeedbackState.Answered, "Because."), _host.Get<FeedbackStore>().Find(number) is { } entry ? (entry.State, entry.Reply) : default);
        string page = await _host.PageAsync($"/lessons/{lesson}");
        Assert.Contains("Because.", page, StringComparison.Ordinal);
        Assert.Contains("on its way to the school", page, StringComparison.Ordinal);
        await _host.DownReachedAsync(hill);
        Assert.Contains("at the school since", await _host.PageAsync($"/lessons/{lesson}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reply_that_cannot_be_sent_comes_back_with_its_text()
    {
        BoxId hill = await _host.AddBoxAsync("hill", "山上小学", "Hill School");
        await _host.GiveAsync(hill, FeedbackKind.Question, null, null, 12, null, "Why?");
        long number = Assert.Single(_host.Get<FeedbackStore>().Find(new FeedbackFilter())).Number;
        string tooLong = new('长', 1000);
        using HttpResponseMessage refused = await _host.PostAsync($"/feedback/{number}/reply", ("text", tooLong), ("do", "answer"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains(tooLong, await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(FeedbackState.Open, _host.Get<FeedbackStore>().Find(number)!.State);
        using HttpResponseMessage declined = await _host.PostAsync($"/feedback/{number}/reply", ("text", "Ask your teacher."), ("do", "decline"));
        Assert.Equal(FeedbackState.Declined, _host.Get<FeedbackStore>().Find(number)!.State);
        using HttpResponseMessage late = await _host.PostAsync($"/feedback/{number}/reply", ("text", "My long answer"), ("do", "answer"));
        string page = await late.Content.ReadAsStringAsync();
        Assert.Contains("Somebody replied meanwhile", page, StringComparison.Ordinal);
        Assert.Contains("My long answer", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Feedback_is_filtered_and_comes_in_pages()
    {
        await using ConsoleHost host = await ConsoleHost.SignedInAsync("en", "--Console:PageRows=5");
        BoxId hill = await host.AddBoxAsync("hill", "山上小学", "Hill School"), valley = await host.AddBoxAsync("valley", "山谷小学", "Valley School");
        for (int i = 1; i <= 7; i++)
            await host.GiveAsync(hill, FeedbackKind.Question, null, null, i, null, $"question-{i}.");
        await host.GiveAsync(valley, FeedbackKind.Problem, null, null, 1, null, "no-sound.");
        string first = await host.PageAsync("/feedback?kind=question&school=hill&state=open");
        Assert.Contains("question-7.", first, StringComparison.Ordinal);
        // Its card; the group of alike ones above the list names it as well.
        Assert.DoesNotContain("id=\"item-2\"", first, StringComparison.Ordinal);
        Assert.DoesNotContain("no-sound.", first, StringComparison.Ordinal);
        string older = System.Text.RegularExpressions.Regex.Match(first, "href=\"(/feedback[^\"]*before=[^\"]*)\"").Groups[1].Value.Replace("&amp;", "&", StringComparison.Ordinal);
        string second = await host.PageAsync(older);
        Assert.Contains("question-2.", second, StringComparison.Ordinal);
        Assert.Contains("question-1.", second, StringComparison.Ordinal);
        Assert.DoesNotContain("rel=\"next\"", second, StringComparison.Ordinal);
        Assert.Contains("no-sound.", await host.PageAsync("/feedback?school=valley&kind=nonsense&before=nonsense"), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> PostLessonAsync(params (string Name, string Value)[] fields) => _host.PostAsync("/lessons/new", fields);

    private async Task<string> ScheduledAsync()
    {
        using HttpResponseMessage response = await PostLessonAsync(("title-en", "Fractions"), ("class", "3A"), ("subject", "maths"), ("start", "2036-03-02T08:00"), ("minutes", "45"),
            ("question-1", "Which is larger?"), ("options-1", "3/4\n1/2"));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return Assert.Single(_host.Get<LessonStore>().All()).Id;
    }
}
