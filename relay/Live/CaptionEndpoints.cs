using System.Collections.Immutable;
using Edge.Core.Live;

namespace Relay.Live;

/// <summary>Captions of running lessons in the staff API, from a captioner's tool or a person.</summary>
public static class CaptionEndpoints
{
    /// <summary>How long a line is shown that comes without times.</summary>
    private static readonly TimeSpan LineLength = TimeSpan.FromSeconds(5);

    /// <summary>As WebVTT with times in seconds of the lesson; or one line as plain text that belongs to now.</summary>
    public static void MapCaptions(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/lessons/{id}/captions/{language}", async (string id, string language, HttpContext context, LessonStore lessons, LiveOrigin origin, CaptionStore captions, CancellationToken cancellationToken) =>
        {
            if (!Caption.IsLanguage(language))
                return LessonEndpoints.Problem("a language is a tag such as zh-Hans, bo or en");
            if (lessons.Find(id) is not { } lesson)
                return LessonEndpoints.NoSuchLesson();
            if (await BodyAsync(context.Request, cancellationToken) is not { } body)
                return LessonEndpoints.Problem($"captions are at most {WebVtt.MaxLengthBytes} bytes at once", StatusCodes.Status413PayloadTooLarge);
            ImmutableArray<WebVttCue> cues;
            if (context.Request.ContentType?.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase) == true)
            {
                if (Caption.Clean(System.Text.Encoding.UTF8.GetString(body)) is not { } line)
                    return LessonEndpoints.Problem($"a caption has 1 to {Caption.MaxTextLength} letters");
                TimeSpan now = LessonTimeline.Edge(origin.Window(lesson).Segments);
                cues = [new WebVttCue(now, now + LineLength, line)];
            }
            else if (WebVtt.Read(body, out cues) is var fault and not WebVttFault.None)
            {
                return LessonEndpoints.Problem(Why(fault));
            }
            return await captions.AddAsync(id, language, cues, cancellationToken) switch
            {
                CaptionOutcome.Stored => Results.Ok(new CaptionsTaken(cues.Length)),
                CaptionOutcome.TooMany => LessonEndpoints.Problem($"a lesson has at most {CaptionLine.MaxCaptions} captions", StatusCodes.Status409Conflict),
                CaptionOutcome.TooManyLanguages => LessonEndpoints.Problem($"a lesson has captions in at most {CaptionStore.MaxLanguages} languages", StatusCodes.Status409Conflict),
                _ => LessonEndpoints.NoSuchLesson(),
            };
        });

    private static string Why(WebVttFault fault) => fault switch
    {
        WebVttFault.NoHead => "WebVTT begins with a line WEBVTT",
        WebVttFault.Time => $"a caption has times such as 00:10:02.000 --> 00:10:05.000, and lasts at most {Caption.MaxLength.TotalSeconds} s",
        WebVttFault.Text => $"a caption has 1 to {Caption.MaxTextLength} letters",
        _ => $"at most {WebVtt.MaxCues} captions at once",
    };

    private static async Task<byte[]?> BodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[WebVtt.MaxLengthBytes + 1];
        int length = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > WebVtt.MaxLengthBytes ? null : buffer[..length];
    }
}

/// <summary>Captions that are on the relay's disk.</summary>
public sealed record CaptionsTaken(int Captions);
