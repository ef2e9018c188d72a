using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CsCheck;
using TestKit;
using Xunit;

namespace Edge.Box.Tests.Feedback;

/// <summary>Forms and uploads as broken phones and bored pupils send them, over real HTTP: 3 000 of them, a million in the long run.</summary>
public sealed class FormFuzzTests
{
    private const string Boundary = "----boundary7";

    private static readonly (string Path, string Type, byte[] Body)[] Good =
    [
        Form("/lesson/maths-3a/question", "text=why&class=3A&seat=7&second=12&nonce=abc123"),
        Form("/lesson/maths-3a/poll/poll-1", "option=1&class=3A&seat=7&nonce=def456"),
        Form("/lesson/maths-3a/answer/words", "text=a+half&class=3A&seat=8"),
        Form("/lesson/maths-3a/hand", "signal=1&class=3A&seat=7"),
        Form("/lesson/maths-3a/lost", "signal=1&class=3A&seat=9&second=40"),
        Form("/feedback", "kind=Problem&text=%E6%B2%A1%E6%9C%89%E5%A3%B0%E9%9F%B3&class=%E4%B8%89(1)%E7%8F%AD&about=4"),
        Parts("/lesson/maths-3a/question", ("text", null, "why"u8.ToArray()), ("class", null, "3A"u8.ToArray()), ("seat", null, "7"u8.ToArray()),
            ("file", "a.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF"u8, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xFF, 0xD9])),
        Parts("/lesson/maths-3a/question", ("text", null, "listen"u8.ToArray()), ("class", null, "3A"u8.ToArray()), ("seat", null, "7"u8.ToArray()),
            ("file", "a.amr", [.. "#!AMR\n"u8, .. Enumerable.Repeat((byte)0x3C, 64)])),
        ("/attachment/0123456789abcdef0123456789abcdef?offset=0&length=300", "application/octet-stream", [.. Enumerable.Range(0, 200).Select(n => (byte)n)]),
    ];

    private static readonly HttpStatusCode[] Answers =
    [
        HttpStatusCode.OK, HttpStatusCode.Created, HttpStatusCode.SeeOther, HttpStatusCode.BadRequest, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed, HttpStatusCode.Conflict,
        HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.UnsupportedMediaType, HttpStatusCode.InsufficientStorage,
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_sent_is_kept_or_refused_and_the_next_pupil_is_heard()
    {
        await using FeedbackBox box = await FeedbackBox.StartAsync(Token);
        Gen<(int Which, (int At, byte Value)[] Bytes, int Cut, int Twice, string Type)> any = Gen.Select(Gen.Int[0, Good.Length - 1],
            Gen.Select(Gen.Int[0, 4000], Gen.Byte).Array[0, 6], Gen.Int[0, 400], Gen.Int[0, 60],
            Gen.OneOf(Gen.Const(""), Gen.Const("multipart/form-data"), Gen.Const($"multipart/form-data; boundary={Boundary}"), Gen.Const("multipart/form-data; boundary=\"\""), Gen.Const("application/x-www-form-urlencoded; charset=utf-16"), Gen.Const("text/plain")));
        await any.SampleAsync(async sent =>
        {
            (string path, string type, byte[] good) = Good[sent.Which];
            byte[] body = (byte[])good.Clone();
            foreach ((int at, byte value) in sent.Bytes)
                body[at % body.Length] = value;
            // One in three is cut short, one in six has a part twice, one in two says another type half the time.
            if (sent.Cut % 3 == 0)
                body = body[..(sent.Cut % body.Length)];
            if (sent.Twice < 10 && body.Length > 0)
                body = [.. body, .. body[(sent.Twice * 7 % body.Length)..]];
            using var request = new HttpRequestMessage(path.StartsWith("/attachment", StringComparison.Ordinal) ? HttpMethod.Put : HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(sent.Type.Length > 0 && sent.Twice % 2 == 0 ? sent.Type : type);
            using HttpResponseMessage answer = await box.Http.SendAsync(request, Token);
            Assert.Contains(answer.StatusCode, Answers);
        }, iter: Fuzz.IsLong ? 1_000_000 : 3_000, threads: 4);

        using HttpResponseMessage last = await box.Http.PostAsync("/lesson/maths-3a/question", new FormUrlEncodedContent([new("text", "and now?"), new("class", "3A"), new("seat", "12")]), Token);
        Assert.Contains(last.StatusCode, (HttpStatusCode[])[HttpStatusCode.SeeOther, HttpStatusCode.InsufficientStorage]);
        JsonElement questions = JsonSerializer.Deserialize<JsonElement>(await box.Http.GetStringAsync("/lesson/maths-3a/questions.json", Token));
        Assert.True(questions.GetArrayLength() > 0);
    }

    private static (string, string, byte[]) Form(string path, string body) => (path, "application/x-www-form-urlencoded", Encoding.ASCII.GetBytes(body));

    private static (string, string, byte[]) Parts(string path, params (string Name, string? File, byte[] Content)[] parts)
    {
        var body = new List<byte>();
        foreach ((string name, string? file, byte[] content) in parts)
            body.AddRange([.. Encoding.ASCII.GetBytes($"--{Boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{(file is null ? "" : $"; filename=\"{file}\"\r\nContent-Type: application/octet-stream")}\r\n\r\n"), .. content, .. "\r\n"u8]);
        body.AddRange(Encoding.ASCII.GetBytes($"--{Boundary}--\r\n"));
        return (path, $"multipart/form-data; boundary={Boundary}", [.. body]);
    }
}
