using System.Net;
using System.Net.Http.Json;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Relay.Feedback;
using Relay.Sync;
using Xunit;

namespace Relay.Tests.Console;

public sealed class FeedbackPagesTests : IAsyncLifetime
{
    private ConsoleHost _host = null!;
    private BoxId _hill, _valley;

    public async ValueTask InitializeAsync()
    {
        _host = await ConsoleHost.SignedInAsync();
        _hill = await _host.AddBoxAsync("hill", "山", "Hill");
        _valley = await _host.AddBoxAsync("valley", "谷", "Valley");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Alike_questions_of_two_schools_are_merged_without_script_and_one_answer_reaches_both_boxes()
    {
        await _host.GiveAsync(_hill, FeedbackKind.Question, "fractions", 60, 7, null, "为什么要先通分？");
        await _host.GiveAsync(_valley, FeedbackKind.Question, "fractions", 62, 8, null, "老师，为什么要先通分");
        await _host.GiveAsync(_valley, FeedbackKind.Question, "fractions", 62, 9, null, "这首歌是谁写的？");
        Assert.Contains("2 alike", await _host.PageAsync("/feedback"), StringComparison.Ordinal);
        // Nothing was typed: the console has words of its own for it.
        using HttpResponseMessage merged = await _host.PostAsync("/feedback/many", ("number", "1"), ("number", "2"), ("text", ""), ("do", "merge"), ("back", "/feedback?state=open"));
        Assert.Equal("/feedback?state=open", merged.Headers.Location!.OriginalString);
        string page = await _host.PageAsync("/feedback");
        Assert.Contains("Merged: 1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("2 alike", page, StringComparison.Ordinal);
        Assert.Equal(["Others asked the same. The answer comes here too."], DownOf(_valley));
        using HttpResponseMessage answered = await _host.PostAsync("/feedback/1/reply", ("text", "为了单位一样。"), ("do", "answer"));
        Assert.Equal(HttpStatusCode.SeeOther, answered.StatusCode);
        Assert.Equal(["为了单位一样。"], DownOf(_hill));
        Assert.Equal(["Others asked the same. The answer comes here too.", "为了单位一样。"], DownOf(_valley));
        Assert.Contains("Duplicate of <a href=\"/feedback/1\">#1</a>", await _host.PageAsync("/feedback/2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_item_is_merged_from_its_own_page_and_a_wrong_number_is_told()
    {
        await _host.GiveAsync(_hill, FeedbackKind.Question, "fractions", 60, 7, null, "why?");
        await _host.GiveAsync(_valley, FeedbackKind.Question, "fractions", 62, 8, null, "how come?");
        using HttpResponseMessage wrong = await _host.PostAsync("/feedback/2/merge", ("same", "2"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        using HttpResponseMessage right = await _host.PostAsync("/feedback/2/merge", ("same", "#1"));
        Assert.Equal(HttpStatusCode.SeeOther, right.StatusCode);
        Assert.Equal((FeedbackState.Duplicate, 1L), (_host.Get<FeedbackStore>().Find(2)!.State, _host.Get<FeedbackStore>().Find(2)!.SameAs));
    }

    [Fact]
    public async Task A_text_too_long_for_many_is_told_and_nothing_is_sent()
    {
        await _host.GiveAsync(_hill, FeedbackKind.Question, "fractions", 60, 7, null, "why?");
        using HttpResponseMessage answer = await _host.PostAsync("/feedback/many", ("number", "1"), ("text", new string('x', 3000)), ("do", "answer"), ("back", "/feedback"));
        Assert.Contains("Write a text", await _host.PageAsync("/feedback"), StringComparison.Ordinal);
        Assert.Empty(DownOf(_hill));
    }

    [Fact]
    public async Task A_notice_is_counted_by_how_far_it_has_come_and_one_that_is_too_long_is_refused_in_words()
    {
        using HttpClient program = _host.Browser();
        program.DefaultRequestHeaders.Authorization = new("Bearer", _host.StaffKey);
        using HttpResponseMessage sent = await program.PostAsJsonAsync("/api/notices", new NoticeRequest("School closes at noon.", Urgent: true));
        Assert.Equal(HttpStatusCode.OK, sent.StatusCode);
        await _host.DownReachedAsync(_hill);
        NoticeCount count = Assert.Single((await program.GetFromJsonAsync<NoticeCount[]>("/api/notices"))!);
        // The other box was not heard of yet: it may have been sent to by now, or not.
        Assert.Equal(("notice-1", 2, 1, 1), (count.Id, count.Boxes, count.Written + count.Sent, count.Arrived));
        using HttpResponseMessage fits = await program.PostAsJsonAsync("/api/notices", new NoticeRequest(new string('x', 1024), School: "hill", Erratum: true));
        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
        using HttpResponseMessage tooLong = await program.PostAsJsonAsync("/api/notices", new NoticeRequest(new string('x', 1025), Urgent: true));
        Assert.Equal(HttpStatusCode.BadRequest, tooLong.StatusCode);
        Assert.Contains("at most 1024 bytes of text, this one has 1025", await tooLong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["School closes at noon."], DownOf(_valley));
    }

    [Fact]
    public async Task The_inbox_shows_who_waits_longest_first_and_gives_what_it_shows_as_a_table()
    {
        await _host.GiveAsync(_hill, FeedbackKind.Question, "fractions", 60, 7, null, "why one?");
        await _host.GiveAsync(_valley, FeedbackKind.Question, "fractions", 62, 8, null, "what then, two?");
        string oldest = await _host.PageAsync("/feedback?order=oldest");
        Assert.InRange(oldest.IndexOf("why one?", StringComparison.Ordinal), 1, oldest.IndexOf("what then, two?", StringComparison.Ordinal));
        Assert.DoesNotContain("why one?", await _host.PageAsync("/feedback?older=24"), StringComparison.Ordinal);
        Assert.Contains("\"what then, two?\"", await _host.PageAsync("/feedback/export.csv?school=valley"), StringComparison.Ordinal);
        Assert.DoesNotContain("why one?", await _host.PageAsync("/feedback/export.csv?school=valley"), StringComparison.Ordinal);
        Assert.Contains("href=\"/feedback?state=open&amp;kind=question&amp;school=hill&amp;order=oldest\"", await _host.PageAsync("/feedback/ages"), StringComparison.Ordinal);
        using HttpResponseMessage wrong = await _host.Http.GetAsync("/feedback/export.json?school=No%20Slug");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task One_item_shows_its_whole_way_with_times()
    {
        await _host.GiveAsync(_hill, FeedbackKind.Question, "fractions", 60, 7, null, "why?");
        string page = await _host.PageAsync("/feedback/1");
        Assert.Contains("Number 1 of epoch 1", page, StringComparison.Ordinal);
        Assert.Contains("by a clock that was set", page, StringComparison.Ordinal);
        Assert.DoesNotContain("written ", page, StringComparison.Ordinal);
        using HttpResponseMessage answered = await _host.PostAsync("/feedback/1/reply", ("text", "Because."), ("do", "answer"));
        Assert.Contains("written 20", await _host.PageAsync("/feedback/1"), StringComparison.Ordinal);
        await _host.DownReachedAsync(_hill);
        Assert.Contains("at the school 20", await _host.PageAsync("/feedback/1"), StringComparison.Ordinal);
    }

    private string[] DownOf(BoxId box) => [.. _host.Get<DownQueue>().OfBox(box, 100).Select(item => item.Text)];
}
