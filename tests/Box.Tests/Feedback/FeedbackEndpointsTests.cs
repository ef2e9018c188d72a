using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Edge.Box.Feedback;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Sync;
using Xunit;

namespace Edge.Box.Tests.Feedback;

public sealed class FeedbackEndpointsTests : IAsyncLifetime
{
    private FeedbackBox _box = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _box = await FeedbackBox.StartAsync(Token);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Said_yes_kept_a_question_is_on_disk_when_the_page_says_saved()
    {
        using HttpResponseMessage answer = await PostAsync("/lesson/maths-3a/question", ("text", "Why is that so?"), ("seat", "12"), ("second", "754"), ("back", "/lesson/maths-3a?x=1#ask"));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("/lesson/maths-3a?x=1&saved=1#ask", answer.Headers.Location!.OriginalString);
        await _box.StopAsync();
        await _box.RunAsync(Token);
        LessonQuestion question = Assert.Single(await QuestionsAsync());
        Assert.Equal((1, "3A", 12, 754, "Why is that so?", QuestionState.Saved), (question.Number, question.Class, question.Seat, question.Second, question.Text, question.State));
    }

    [Fact]
    public async Task Hands_and_who_cannot_follow_are_counted_until_they_are_taken_back()
    {
        foreach ((string what, string seat, string signal) in ((string, string, string)[])[("hand", "4", "1"), ("hand", "9", "1"), ("lost", "9", "1"), ("hand", "4", "0"), ("hand", "4", "1")])
        {
            using HttpResponseMessage answer = await PostAsync($"/lesson/maths-3a/{what}", ("signal", signal), ("seat", seat), ("second", "600"));
            Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        }
        using (HttpResponseMessage nonsense = await PostAsync("/lesson/maths-3a/hand", ("signal", "up"), ("seat", "4")))
            Assert.Equal(HttpStatusCode.BadRequest, nonsense.StatusCode);
        ClassSignals signals = _box.Get<LessonQuestions>().Signals("maths-3a", 610);
        Assert.Equal([9, 4], signals.Hands.Select(seat => seat.Number));
        Assert.Equal(1, signals.Lost);
        Assert.Equal(0, _box.Get<LessonQuestions>().Signals("maths-3a", 601 + ClassSignal.LostFadesAfter).Lost);
    }

    [Fact]
    public async Task What_the_class_answers_now_shows_until_nobody_answers_or_the_teacher_hides_it()
    {
        PlannedLesson lesson = FeedbackBox.Plan.Lesson("maths-3a")!;
        Assert.Null(_box.Get<LessonQuestions>().Answering(lesson));
        foreach ((string seat, string option) in ((string, string)[])[("1", "0"), ("2", "1"), ("1", "1")])
            (await PostAsync("/lesson/maths-3a/poll/poll-1", ("option", option), ("seat", seat))).Dispose();
        ClassAnswers bars = _box.Get<LessonQuestions>().Answering(lesson)!;
        Assert.Equal(("poll-1", 2, 2), (bars.Poll.Id, bars.Answers, bars.Votes[1]));
        foreach ((string seat, string text) in ((string, string)[])[("1", "a half"), ("2", "a third"), ("1", "two quarters")])
            (await PostAsync("/lesson/maths-3a/answer/words", ("text", text), ("seat", seat))).Dispose();
        ClassAnswers words = _box.Get<LessonQuestions>().Answering(lesson)!;
        Assert.Equal(["two quarters", "a third"], words.Words);
        using (HttpResponseMessage wrong = await PostAsync("/lesson/maths-3a/answer/poll-1", ("text", "1"), ("seat", "1")))
            Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        _box.Get<ClassPulse>().Hide("maths-3a");
        Assert.Null(_box.Get<LessonQuestions>().Answering(lesson));
    }

    [Fact]
    public async Task A_report_has_a_state_and_the_words_of_the_centre()
    {
        using HttpResponseMessage answer = await PostAsync("/feedback", ("kind", "Problem"), ("text", "no sound"), ("class", "3A"), ("seat", "4"));
        LessonQuestions questions = _box.Get<LessonQuestions>();
        ProblemReport report = questions.Problem(1)!;
        Assert.Equal((1, "no sound", QuestionState.Saved), (report.Number, report.Page, report.State));
        Assert.Null(questions.Problem(2));
        string id = _box.Get<SqliteOutbox>().Find(1)!.Item.Id.ToString();
        await _box.Get<DownInbox>().TakeAsync(new DownItem(1, "r-1", DownKind.Answer, id, null, "Turn the knob."), Token);
        Assert.Equal((QuestionState.Answered, "Turn the knob."), (questions.Problem(1)!.State, Assert.Single(questions.Problem(1)!.Answers)));
    }

    [Fact]
    public async Task Said_yes_kept_a_post_that_is_repeated_gives_one_item_and_the_same_number()
    {
        (string, string)[] form = [("text", "Why?"), ("seat", "12"), ("nonce", "n-1")];
        Task<HttpResponseMessage>[] posts = [.. Enumerable.Range(0, 8).Select(_ => PostAsync("/lesson/maths-3a/question", form))];
        foreach (HttpResponseMessage answer in await Task.WhenAll(posts))
            Assert.Equal("/lesson/maths-3a?saved=1", answer.Headers.Location!.OriginalString);
        Assert.Single(await QuestionsAsync());
        using HttpResponseMessage other = await PostAsync("/lesson/maths-3a/question", ("text", "Why?"), ("seat", "12"), ("nonce", "n-2"));
        Assert.Equal(2, (await QuestionsAsync()).Length);
    }

    [Fact]
    public async Task A_script_gets_201_and_a_message_in_its_language()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/lesson/maths-3a/poll/poll-1") { Content = Form(("option", "1"), ("seat", "3")) };
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.AcceptLanguage.ParseAdd("zh");
        using HttpResponseMessage answer = await _box.Http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        JsonElement reply = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(reply.GetProperty("saved").GetBoolean());
        Assert.Equal("已保存，编号 1。", reply.GetProperty("message").GetString());
    }

    [Fact]
    public async Task The_last_vote_of_a_seat_counts_and_all_travel()
    {
        foreach ((string seat, string option) in new[] { ("1", "0"), ("2", "1"), ("1", "1"), ("3", "2"), ("1", "2") })
            (await PostAsync("/lesson/maths-3a/poll/poll-1", ("option", option), ("seat", seat))).Dispose();
        JsonElement result = await _box.Http.GetFromJsonAsync<JsonElement>("/lesson/maths-3a/poll/poll-1.json", Token);
        Assert.Equal([0, 1, 2], result.GetProperty("votes").EnumerateArray().Select(votes => votes.GetInt32()));
        Assert.Equal(5, _box.Get<SqliteOutbox>().State.Unsent);
    }

    public static TheoryData<string, string, int> Refused => new()
    {
        { "/lesson/nothing/question", "text=Why&seat=1", 404 },
        { "/lesson/maths-3a/question", "text=&seat=1", 400 },
        { "/lesson/maths-3a/question", "text=Why&seat=0", 400 },
        { "/lesson/maths-3a/question", "text=Why&seat=1000", 400 },
        { "/lesson/maths-3a/question", "text=Why&seat=abc", 400 },
        { "/lesson/maths-3a/question", "text=Why", 400 },
        { "/lesson/maths-3a/question", "text=bell%07&seat=1", 400 },
        { "/lesson/maths-3a/question", "text=Why&seat=1&second=-4", 400 },
        { "/lesson/maths-3a/question", "text=Why&seat=1&class=123456789012345678901234567890123", 400 },
        { "/lesson/maths-3a/question", "text=" + "a" + "&seat=1&nonce=" + "12345678901234567890123456789012345678901234567890123456789012345", 400 },
        { "/lesson/maths-3a/poll/nothing", "option=0&seat=1", 404 },
        { "/lesson/maths-3a/poll/poll-1", "option=3&seat=1", 400 },
        { "/lesson/maths-3a/poll/poll-1", "option=x&seat=1", 400 },
        { "/feedback", "kind=Damaged&text=x&seat=1&class=3A", 400 },
        { "/feedback", "kind=nothing&text=x&seat=1&class=3A", 400 },
        { "/feedback", "kind=Problem&text=x&seat=1", 400 },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task What_is_not_right_gets_a_clear_text_and_changes_nothing(string path, string form, int status)
    {
        using var content = new StringContent(form, System.Text.Encoding.UTF8, "application/x-www-form-urlencoded");
        using HttpResponseMessage answer = await _box.Http.PostAsync(path, content, Token);
        Assert.Equal(status, (int)answer.StatusCode);
        string text = await answer.Content.ReadAsStringAsync(Token);
        Assert.False(text.Length == 0 || text.StartsWith("feedback.", StringComparison.Ordinal), text);
        Assert.Equal(0, _box.Get<SqliteOutbox>().State.Last);
    }

    [Fact]
    public async Task An_oversized_form_is_refused_with_its_bound_however_it_is_sent()
    {
        foreach (bool chunked in (bool[])[false, true])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/lesson/maths-3a/question") { Content = Form(("text", new string('a', 20_000)), ("seat", "1")) };
            request.Headers.TransferEncodingChunked = chunked;
            using HttpResponseMessage answer = await _box.Http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
            Assert.Contains("16 kB", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
        using HttpResponseMessage text = await PostAsync("/lesson/maths-3a/question", ("text", new string('a', FeedbackItem.MaxContentBytes + 1)), ("seat", "1"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, text.StatusCode);
        Assert.Equal(0, _box.Get<SqliteOutbox>().State.Last);
        using HttpResponseMessage longest = await PostAsync("/lesson/maths-3a/question", ("text", new string('问', 600)), ("seat", "1"));
        Assert.Equal(HttpStatusCode.SeeOther, longest.StatusCode);
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_post_and_nobody_is_sent_there()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/lesson/maths-3a/question") { Content = Form(("text", "x"), ("seat", "1")) };
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        using HttpResponseMessage refused = await _box.Http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        foreach (string back in (string[])["//evil.example/", "https://evil.example/", "/\\evil.example", "/x\r\nSet-Cookie: a=b"])
        {
            using HttpResponseMessage answer = await PostAsync("/lesson/maths-3a/question", ("text", "x"), ("seat", "1"), ("back", back));
            Assert.StartsWith("/lesson/maths-3a?saved=", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_question_that_others_asked_too_says_so_and_then_has_the_answer()
    {
        (await PostAsync("/lesson/maths-3a/question", ("text", "Why?"), ("seat", "12"))).Dispose();
        string id = (await QuestionsAsync())[0].Id;
        await _box.Get<DownInbox>().TakeAsync(new DownItem(1, "x-same", DownKind.Answer, id, "maths-3a", "Others asked it too.", Same: true), Token);
        LessonQuestion same = (await QuestionsAsync())[0];
        Assert.Equal((QuestionState.Same, "Others asked it too."), (same.State, same.Same));
        Assert.Empty(same.Answers);
        await _box.Get<DownInbox>().TakeAsync(new DownItem(2, "x-reply", DownKind.Answer, id, "maths-3a", "Because."), Token);
        LessonQuestion answered = (await QuestionsAsync())[0];
        Assert.Equal((QuestionState.Answered, "Others asked it too."), (answered.State, answered.Same));
        Assert.Equal(["Because."], answered.Answers);
    }

    [Fact]
    public async Task A_question_goes_from_saved_over_sent_to_answered()
    {
        (await PostAsync("/lesson/maths-3a/question", ("text", "Why?"), ("seat", "12"))).Dispose();
        var outbox = _box.Get<SqliteOutbox>();
        Assert.True(await outbox.TakeAsync(new EpochGrant(1, outbox.Storage, 5), Token));
        Assert.Equal(QuestionState.Saved, (await QuestionsAsync())[0].State);
        await outbox.TakeAsync(new Ack(1, 1, 5), Token);
        LessonQuestion sent = (await QuestionsAsync())[0];
        Assert.Equal(QuestionState.Sent, sent.State);
        var answer = new DownItem(1, "x", DownKind.Answer, sent.Id, "maths-3a", "Because.");
        Assert.Equal(DownOutcome.Taken, await _box.Get<DownInbox>().TakeAsync(answer, Token));
        Assert.Equal(DownOutcome.Held, await _box.Get<DownInbox>().TakeAsync(answer, Token));
        Assert.Equal(DownOutcome.Gap, await _box.Get<DownInbox>().TakeAsync(answer with { Sequence = 3, Id = "z" }, Token));
        Assert.Equal(DownOutcome.Held, await _box.Get<DownInbox>().TakeAsync(answer with { Sequence = 2 }, Token));
        LessonQuestion answered = (await QuestionsAsync())[0];
        Assert.Equal(QuestionState.Answered, answered.State);
        Assert.Equal(["Because."], answered.Answers);
    }

    private async Task<ImmutableArray<LessonQuestion>> QuestionsAsync() =>
        await _box.Http.GetFromJsonAsync<ImmutableArray<LessonQuestion>>("/lesson/maths-3a/questions.json", Token);

    private Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) => _box.Http.PostAsync(path, Form(fields), Token);

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
}
