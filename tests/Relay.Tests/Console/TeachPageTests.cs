using System.Net;
using Edge.Core.Feedback;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Core.Text;
using Relay.Feedback;
using Relay.Live;
using Relay.Sync;
using Xunit;

namespace Relay.Tests.Console;

/// <summary>The page of who teaches a lesson: its address is its key.</summary>
public sealed class TeachPageTests : IAsyncLifetime
{
    private ConsoleHost _host = null!;
    private HttpClient _teacher = null!;
    private Lesson _lesson = null!;
    private BoxId _hill, _valley;

    public async ValueTask InitializeAsync()
    {
        _host = await ConsoleHost.SignedInAsync();
        _hill = await _host.AddBoxAsync("hill", "山", "Hill");
        _valley = await _host.AddBoxAsync("valley", "谷", "Valley");
        _lesson = await ScheduleAsync("fractions");
        _teacher = _host.Browser();
        _teacher.DefaultRequestHeaders.AcceptLanguage.ParseAdd("en");
    }

    public async ValueTask DisposeAsync()
    {
        _teacher.Dispose();
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task It_opens_without_sign_in_and_opens_nothing_else()
    {
        string page = await _teacher.GetStringAsync($"/teach/{_lesson.TeachKey}");
        Assert.Contains("Hill", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/feedback", page, StringComparison.Ordinal);
        Assert.DoesNotContain(_lesson.IngestKey, page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _teacher.GetAsync($"/teach/{_lesson.IngestKey}")).StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, (await _teacher.GetAsync("/lessons/fractions")).StatusCode);
    }

    [Theory]
    [InlineData("", true, true)]
    [InlineData("hill", true, false)]
    public async Task A_note_goes_to_all_rooms_or_to_one(string school, bool hill, bool valley)
    {
        using HttpResponseMessage answer = await PostAsync($"/teach/{_lesson.TeachKey}/note", ("text", "look at the screen"), ("school", school));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal(hill ? ["look at the screen"] : [], Notes(_hill));
        Assert.Equal(valley ? ["look at the screen"] : [], Notes(_valley));
        Assert.Contains("look at the screen", await _teacher.GetStringAsync($"/teach/{_lesson.TeachKey}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notes_and_questions_of_the_rooms_show_and_a_question_is_answered()
    {
        await _host.GiveAsync(_hill, FeedbackKind.Note, "fractions", 40, 1, null, "two pupils have no paper");
        await _host.GiveAsync(_hill, FeedbackKind.Question, "fractions", 60, 7, null, "why not a third?");
        string page = await _teacher.GetStringAsync($"/teach/{_lesson.TeachKey}");
        Assert.Contains("two pupils have no paper", page, StringComparison.Ordinal);
        Assert.Contains("why not a third?", page, StringComparison.Ordinal);
        FeedbackEntry question = Assert.Single(_host.Get<FeedbackStore>().Find(new FeedbackFilter(Lesson: "fractions", Kind: FeedbackKind.Question)));
        using HttpResponseMessage answer = await PostAsync($"/teach/{_lesson.TeachKey}/reply/{question.Number}", ("text", "a third is next"), ("do", "answer"));
        Assert.Equal(FeedbackState.Answered, _host.Get<FeedbackStore>().Find(question.Number)!.State);
    }

    [Fact]
    public async Task A_question_of_another_lesson_is_not_answered_with_this_key()
    {
        await ScheduleAsync("songs");
        await _host.GiveAsync(_hill, FeedbackKind.Question, "songs", 60, 7, null, "which song?");
        FeedbackEntry question = Assert.Single(_host.Get<FeedbackStore>().Find(new FeedbackFilter(Lesson: "songs")));
        using HttpResponseMessage answer = await PostAsync($"/teach/{_lesson.TeachKey}/reply/{question.Number}", ("text", "none"), ("do", "answer"));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(FeedbackState.Open, _host.Get<FeedbackStore>().Find(question.Number)!.State);
    }

    [Fact]
    public async Task Alike_questions_are_answered_with_one_text_and_those_of_another_lesson_are_not()
    {
        await ScheduleAsync("songs");
        await _host.GiveAsync(_hill, FeedbackKind.Question, "fractions", 60, 7, null, "why not a third?");
        await _host.GiveAsync(_valley, FeedbackKind.Question, "fractions", 62, 8, null, "Why not a third??");
        await _host.GiveAsync(_valley, FeedbackKind.Question, "songs", 62, 8, null, "why not a third?");
        string page = await _teacher.GetStringAsync($"/teach/{_lesson.TeachKey}");
        Assert.Contains("2 alike", page, StringComparison.Ordinal);
        using HttpResponseMessage answer = await PostAsync($"/teach/{_lesson.TeachKey}/many", ("number", "1"), ("number", "2"), ("number", "3"), ("text", "a third is next"), ("do", "answer"));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal([FeedbackState.Answered, FeedbackState.Answered, FeedbackState.Open], new[] { 1, 2, 3 }.Select(number => _host.Get<FeedbackStore>().Find(number)!.State));
    }

    private string[] Notes(BoxId box) => [.. _host.Get<DownQueue>().OfBox(box, 100).Where(item => item.Kind == DownKind.Note).Select(item => item.Text)];

    private async Task<Lesson> ScheduleAsync(string id)
    {
        (ScheduleFault fault, _, Lesson? lesson) = await _host.Get<LessonDesk>().ScheduleAsync(
            new ScheduleRequest(id, LocalText.Of("en", id), "3A", "s", TimeProvider.System.GetUtcNow().AddHours(1), TimeSpan.FromMinutes(40), null, true, null, null), default);
        Assert.Equal(ScheduleFault.None, fault);
        return lesson!;
    }

    private Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) =>
        _teacher.PostAsync(path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));
}
