using System.Globalization;
using Edge.Core.Feedback;
using Edge.Core.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Edge.Box.Feedback;

/// <summary>What a page's script gets. <paramref name="Message"/> is in the reader's language.</summary>
internal sealed record GivenReply(bool Saved, long Number, string Id, string Message);

/// <summary>Takes questions, votes and the rest as forms; gives a lesson's questions and votes as JSON.
/// Without script the answer to a saved form is 303 back to the page, with <c>saved=NUMBER</c>; a script that accepts JSON gets 201.</summary>
/// <remarks>Fields: <c>text</c>, <c>option</c> or <c>signal</c>, <c>class</c> (default: the lesson's), <c>seat</c>, <c>second</c>, <c>nonce</c>, <c>back</c>;
/// for <c>/feedback</c> also <c>kind</c>, <c>lesson</c>, <c>subject</c>; <c>about</c>: the number of an earlier report that these words belong to.</remarks>
public static class FeedbackEndpoints
{
    public static void MapFeedback(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/lesson/{id}/question", (string id, HttpContext context, CancellationToken cancellationToken) =>
            TakeAsync(context, FeedbackKind.Question, id, subject: null, contentField: "text", cancellationToken)).DisableAntiforgery();
        routes.MapPost("/lesson/{id}/poll/{poll}", (string id, string poll, HttpContext context, CancellationToken cancellationToken) =>
            TakeAsync(context, FeedbackKind.PollAnswer, id, poll, contentField: "option", cancellationToken)).DisableAntiforgery();
        routes.MapPost("/lesson/{id}/answer/{poll}", (string id, string poll, HttpContext context, CancellationToken cancellationToken) =>
            TakeAsync(context, FeedbackKind.ShortAnswer, id, poll, contentField: "text", cancellationToken)).DisableAntiforgery();
        routes.MapPost("/lesson/{id}/hand", (string id, HttpContext context, CancellationToken cancellationToken) =>
            TakeAsync(context, FeedbackKind.Hand, id, subject: null, contentField: "signal", cancellationToken)).DisableAntiforgery();
        routes.MapPost("/lesson/{id}/lost", (string id, HttpContext context, CancellationToken cancellationToken) =>
            TakeAsync(context, FeedbackKind.Lost, id, subject: null, contentField: "signal", cancellationToken)).DisableAntiforgery();
        routes.MapPost("/feedback", (HttpContext context, CancellationToken cancellationToken) =>
            TakeAsync(context, kind: null, lesson: null, subject: null, contentField: "text", cancellationToken)).DisableAntiforgery();

        routes.MapGet("/lesson/{id}/questions.json", (string id, HttpContext context, FeedbackPorts ports, LessonQuestions questions) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return ports.Plan()?.Lesson(id) is null ? Results.NotFound() : Results.Json(questions.Of(id), FeedbackJson.Default.ImmutableArrayLessonQuestion);
        });
        routes.MapGet("/lesson/{id}/question/{number:long}/attachment", (string id, long number, HttpContext context, LessonQuestions questions) =>
        {
            if (questions.AttachmentOf(id, number) is not var (attachment, path))
                return Results.NotFound();
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return Results.File(Path.GetFullPath(path), attachment.ContentType, $"{number}.{attachment.Extension}", enableRangeProcessing: true);
        });
        // A photo or sound in pieces, before the form that names it: the answer says how much is held.
        routes.MapGet("/attachment/{name}", (string name, ComingStore coming) =>
            ComingStore.IsName(name) ? Held(coming.Held(name), StatusCodes.Status200OK) : Results.NotFound());
        routes.MapPut("/attachment/{name}", async (string name, long offset, int length, HttpContext context, ComingStore coming, IOptions<AttachmentOptions> options, CancellationToken cancellationToken) =>
        {
            if (!ComingStore.IsName(name))
                return Results.NotFound();
            if (length > Math.Max(options.Value.MaxPhotoBytes, options.Value.MaxSoundBytes))
                return Results.StatusCode(StatusCodes.Status413PayloadTooLarge);
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = options.Value.PhonePieceBytes;
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, cancellationToken);
            (PieceVerdict verdict, int held) = await coming.TakeAsync(name, length, offset, body.ToArray(), cancellationToken);
            return verdict == PieceVerdict.Wrong ? Results.BadRequest() : Held(held, verdict == PieceVerdict.Take ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
        });
        routes.MapGet("/lesson/{id}/poll/{poll}.json", (string id, string poll, HttpContext context, FeedbackPorts ports, LessonQuestions questions) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return ports.Plan()?.Lesson(id)?.Polls.FirstOrDefault(p => p.Id == poll) is not { } planned
                ? Results.NotFound() : Results.Json(questions.Votes(id, poll, planned.Options.Length), FeedbackJson.Default.PollResult);
        });
    }

    /// <summary>Takes one form; see the remarks above.</summary>
    internal static async Task<IResult> TakeAsync(
        HttpContext context, FeedbackKind? kind, string? lesson, string? subject, string contentField, CancellationToken cancellationToken, SeatRole role = SeatRole.Pupil)
    {
        var ports = context.RequestServices.GetRequiredService<FeedbackPorts>();
        var say = new Words(context.RequestServices.GetRequiredService<Texts>(), ports.Language(context));
        var attachments = context.RequestServices.GetRequiredService<IOptions<AttachmentOptions>>().Value;
        int maxBytes = context.RequestServices.GetRequiredService<IOptions<FeedbackOptions>>().Value.MaxFormBytes;
        if (kind == FeedbackKind.Question && IsMultipart(context.Request))
            maxBytes += attachments.MaxPhotoBytes + attachments.MaxSoundBytes;
        // Other sites may link here, not post in a pupil's name.
        if (context.Request.Headers["Sec-Fetch-Site"] == "cross-site")
            return Text(say["feedback.not-valid"], StatusCodes.Status403Forbidden);
        (IFormCollection? read, int refused) = await FormAsync(context, maxBytes, cancellationToken);
        if (read is not { } form)
            return Text(refused == StatusCodes.Status413PayloadTooLarge ? say.Format("feedback.form-too-long", maxBytes / 1024) : say["feedback.not-valid"], refused);

        kind ??= Enum.TryParse(form["kind"], ignoreCase: true, out FeedbackKind named) && named is not (FeedbackKind.Damaged or FeedbackKind.PollAnswer or FeedbackKind.Note or FeedbackKind.Usage) ? named : null;
        if (kind is null)
            return Refuse(GiveOutcome.NotValid, say);
        lesson ??= Field(form, "lesson");
        string? className = Field(form, "class") ?? (lesson is null ? null : ports.Plan()?.Lesson(lesson)?.Class);
        if (ports.Giver(context, kind.Value, new Seat(className ?? "", Number(form, "seat") ?? 0, role)) is not { } seat)
            return Text(say["feedback.not-in"], StatusCodes.Status403Forbidden);
        var draft = new FeedbackDraft(
            kind.Value,
            lesson,
            Number(form, "second"),
            seat,
            // What goes with a question is named by this box alone, of what it has.
            kind == FeedbackKind.Question ? null : subject ?? Field(form, "subject"),
            // Browsers send line ends as CR LF (WHATWG HTML, form submission).
            About(form) + (Field(form, contentField) ?? "").Replace("\r\n", "\n", StringComparison.Ordinal).Trim(),
            Field(form, "nonce"));
        var desk = context.RequestServices.GetRequiredService<FeedbackDesk>();
        bool leftOut = false;
        Given? kept = null;
        var coming = context.RequestServices.GetRequiredService<ComingStore>();
        string? came = kind == FeedbackKind.Question && Field(form, "attachment") is { } name && ComingStore.IsName(name) ? name : null;
        byte[]? file = kind != FeedbackKind.Question ? null
            : came is not null ? await coming.ReadAsync(came, Number(form, "attachment-bytes") ?? 0, cancellationToken) : await FileAsync(form, cancellationToken);
        // Its pieces are gone, and the question is not here either: the phone sends them again.
        if (came is not null && file is null && !(draft.Nonce is { } nonce && context.RequestServices.GetRequiredService<SqliteOutbox>().IsKept(nonce)))
            return Text(say["feedback.not-valid"], StatusCodes.Status409Conflict);
        if (file is not null)
        {
            if (AttachmentCheck.Take(file, attachments.Limits) is not var (attachment, bytes))
                return Text(say.Format("attachment.not-taken", attachments.MaxPhotoBytes >> 20, (int)attachments.MaxSoundLength.TotalSeconds), StatusCodes.Status415UnsupportedMediaType);
            kept = await desk.GiveAsync(draft, attachment, bytes, cancellationToken);
            leftOut = kept is null;
        }
        Given given = kept ?? await desk.GiveAsync(draft, cancellationToken);
        if (given.Outcome != GiveOutcome.Saved)
            return Refuse(leftOut ? GiveOutcome.Full : given.Outcome, say);
        if (came is not null)
            await coming.ForgetAsync(came);
        return WantsJson(context.Request)
            ? Results.Json(new GivenReply(true, given.Number, given.Id.ToString(), say.Format(leftOut ? "attachment.left-out" : "feedback.saved", given.Number)), FeedbackJson.Default.GivenReply,
                statusCode: StatusCodes.Status201Created)
            : new SeeOther(Back(Field(form, "back"), lesson, given.Number, leftOut));
    }

    /// <summary>The file of a form, the first that is not empty; null when there is none: browsers send an empty one for a field that was left alone.</summary>
    private static async Task<byte[]?> FileAsync(IFormCollection form, CancellationToken cancellationToken)
    {
        if (form.Files.FirstOrDefault(file => file.Length > 0) is not { } sent)
            return null;
        byte[] bytes = new byte[sent.Length];
        await using Stream body = sent.OpenReadStream();
        await body.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private static IResult Held(int heldBytes, int status) => Results.Json(new HeldBytes(heldBytes), FeedbackJson.Default.HeldBytes, statusCode: status);

    private static bool IsMultipart(HttpRequest request) => request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    // More words to an earlier report name it, so that staff read both together.
    private static string About(IFormCollection form) =>
        long.TryParse(Field(form, "about"), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? string.Create(CultureInfo.InvariantCulture, $"[{number}] ") : "";

    private static IResult Refuse(GiveOutcome outcome, Words say)
    {
        (string key, int status) = outcome switch
        {
            GiveOutcome.NoLesson => ("feedback.no-lesson", StatusCodes.Status404NotFound),
            GiveOutcome.NoPoll => ("feedback.no-poll", StatusCodes.Status404NotFound),
            GiveOutcome.NoOption => ("feedback.no-option", StatusCodes.Status400BadRequest),
            GiveOutcome.BadSeat => ("feedback.bad-seat", StatusCodes.Status400BadRequest),
            GiveOutcome.Empty => ("feedback.empty", StatusCodes.Status400BadRequest),
            GiveOutcome.TooLong => ("feedback.too-long", StatusCodes.Status413PayloadTooLarge),
            GiveOutcome.BadText => ("feedback.bad-text", StatusCodes.Status400BadRequest),
            GiveOutcome.Full => ("feedback.full", StatusCodes.Status507InsufficientStorage),
            GiveOutcome.Broken => ("feedback.broken", StatusCodes.Status503ServiceUnavailable),
            _ => ("feedback.not-valid", StatusCodes.Status400BadRequest),
        };
        return Text(say[key], status);
    }

    private static IResult Text(string message, int status) => Results.Text(message, "text/plain; charset=utf-8", statusCode: status);

    /// <returns>The form, or the status that refuses it.</returns>
    private static async Task<(IFormCollection? Form, int Refused)> FormAsync(HttpContext context, int maxBytes, CancellationToken cancellationToken)
    {
        if (context.Request.ContentLength > maxBytes)
            return (null, StatusCodes.Status413PayloadTooLarge);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = maxBytes;
        try
        {
            return (await SoundForm.ReadAsync(context.Request, cancellationToken,
                new FormOptions { ValueCountLimit = 32, KeyLengthLimit = 64, ValueLengthLimit = maxBytes, MultipartBodyLengthLimit = maxBytes }), StatusCodes.Status200OK);
        }
        catch (BadHttpRequestException e)
        {
            return (null, e.StatusCode);
        }
    }

    private static string? Field(IFormCollection form, string name) => form[name].FirstOrDefault() is { Length: > 0 } value ? value : null;

    // A field that is no number is refused by the item's own rules as out of range.
    private static int? Number(IFormCollection form, string name) =>
        Field(form, name) is not { } text ? null : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;

    private static bool WantsJson(HttpRequest request) => request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase);

    // Back to a page of this site, never elsewhere; addresses of pages are printable ASCII.
    private static string Back(string? path, string? lesson, long number, bool leftOut)
    {
        string page = path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.AsSpan().ContainsAnyExceptInRange('!', '~') ? path : lesson is null ? "/" : $"/lesson/{lesson}";
        int fragment = page.IndexOf('#', StringComparison.Ordinal);
        string bare = fragment < 0 ? page : page[..fragment];
        return string.Create(CultureInfo.InvariantCulture, $"{bare}{(bare.Contains('?', StringComparison.Ordinal) ? '&' : '?')}saved={number}{(leftOut ? "&without" : "")}{(fragment < 0 ? "" : page[fragment..])}");
    }

    private readonly record struct Words(Texts Texts, string Language)
    {
        public string this[string key] => Texts.Get(Language, key);

        public string Format(string key, params object[] arguments) => Texts.Format(Language, key, arguments);
    }

    /// <summary>303: the browser gets the page anew, and a reload does not post again (RFC 9110 §15.4.4).</summary>
    private sealed class SeeOther(string location) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = location;
            return Task.CompletedTask;
        }
    }
}
