using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace EndToEnd.BadInput;

/// <summary>Forms that are too long or wrong: the person is told that nothing was saved, and nothing was.</summary>
public sealed class FormTests(BadInputSchool given) : IClassFixture<BadInputSchool>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("long text", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("long form", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("long stream", HttpStatusCode.RequestEntityTooLarge)]
    [InlineData("empty", HttpStatusCode.BadRequest)]
    [InlineData("seat", HttpStatusCode.BadRequest)]
    [InlineData("json", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_form_that_cannot_be_taken_is_refused_in_words_and_nothing_is_stored(string fault, HttpStatusCode status)
    {
        string before = await QuestionsAsync();
        using HttpContent form = FormOf(fault);
        using HttpResponseMessage answer = await given.School.Box.Http.PostAsync($"/lesson/{BadInputSchool.Lesson}/question", form, Token);
        Assert.Equal(status, answer.StatusCode);
        Assert.StartsWith("text/plain", answer.Content.Headers.ContentType?.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal(before, await QuestionsAsync());
        Assert.Equal(0, (await given.School.Box.StatusAsync(Token)).GetProperty("unsentItems").GetInt64());
    }

    [Theory]
    [InlineData("/lesson/lesson-9/question", HttpStatusCode.NotFound)]
    [InlineData("/lesson/lesson-1/poll/poll-9", HttpStatusCode.NotFound)]
    [InlineData("/lesson/lesson-1/poll/poll-1", HttpStatusCode.BadRequest)]
    public async Task A_lesson_poll_or_option_that_is_not_there_takes_nothing(string path, HttpStatusCode status)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["text"] = "why?", ["option"] = "7", ["class"] = "3A", ["seat"] = "1" });
        using HttpResponseMessage answer = await given.School.Box.Http.PostAsync(path, form, Token);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(0, (await given.School.Box.StatusAsync(Token)).GetProperty("unsentItems").GetInt64());
    }

    private static HttpContent FormOf(string fault) => fault switch
    {
        "long text" => Form(new string('字', 700)),
        "long form" => Form(new string('a', 20 << 10)),
        "long stream" => new Unmeasured(Form(new string('a', 200 << 10))),
        "empty" => Form("  "),
        "seat" => Form("why?", seat: "4000"),
        _ => JsonContent.Create(new { text = "why?" }),
    };

    private static FormUrlEncodedContent Form(string text, string seat = "12") =>
        new(new Dictionary<string, string> { ["text"] = text, ["class"] = "3A", ["seat"] = seat, ["nonce"] = Guid.NewGuid().ToString("N") });

    private async Task<string> QuestionsAsync() =>
        (await given.School.Box.Http.GetFromJsonAsync<JsonElement>($"/lesson/{BadInputSchool.Lesson}/questions.json", Token)).ToString();

    /// <summary>A form whose sender does not say how long it is.</summary>
    private sealed class Unmeasured : HttpContent
    {
        private readonly HttpContent _form;

        public Unmeasured(HttpContent form)
        {
            _form = form;
            Headers.ContentType = form.Headers.ContentType;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _form.CopyToAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _form.Dispose();
            base.Dispose(disposing);
        }
    }
}
