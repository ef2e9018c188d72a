using Edge.Box.Usage;
using Edge.Core.Feedback;
using Edge.Core.Live;
using Microsoft.Net.Http.Headers;

namespace Edge.Box.Live;

/// <summary>Lessons for the school's viewers, live and recorded: the same lists and bytes. Open to all on the LAN.</summary>
public static class LiveEndpoints
{
    private const string TransportStream = "video/mp2t";

    /// <summary>RFC 8216bis §3.1.2 names no type; this is what players and caches expect of fragments and their heads.</summary>
    private const string Fragmented = "video/mp4";

    public static void MapLive(this IEndpointRouteBuilder routes)
    {
        routes.MapSounds();
        routes.MapCaptions();
        RouteGroupBuilder live = routes.MapGroup("/live/{lesson}");
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        live.MapMethods("/index.m3u8", read, Playlist).WithMetadata(new CountsAs(UsageKey.Plays, Once: true));
        live.MapMethods("/{sequence:long}.ts", read, Segment);
        live.MapMethods("/{sequence:long}.m4s", read, Segment);
        live.MapMethods("/map-{hash}.mp4", read, Map);
        live.MapMethods("/recording.ts", read, Recording).WithMetadata(new CountsAs(UsageKey.Plays, Once: true));
        live.MapMethods("/recording.mp4", read, Recording).WithMetadata(new CountsAs(UsageKey.Plays, Once: true));
        live.MapMethods("/recording.m3u8", read, RecordingPlaylist).WithMetadata(new CountsAs(UsageKey.Plays, Once: true));
        live.MapMethods("/recording/{sequence:long}.ts", read, RecordingSegment);
        live.MapMethods("/recording/{sequence:long}.m4s", read, RecordingSegment);
        live.MapMethods("/recording/map-{hash}.mp4", read, RecordingMap);
        live.MapMethods("/state.json", read, State);
    }

    /// <summary>The whole lesson so far. During an outage it stays as it is; before the first segment 503.</summary>
    private static IResult Playlist(string lesson, HttpContext context, LiveLessons lessons, LivePorts ports)
    {
        if (lessons.Recording(lesson) is null && ports.Plan()?.Lesson(lesson) is null)
            return Results.NotFound();
        if (lessons.Recording(lesson)?.Playlist is not { } body)
        {
            context.Response.Headers.RetryAfter = "2";
            context.Response.Headers.CacheControl = "no-store";
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
        return Send(body, context);
    }

    /// <summary>A list in the coding that the player takes; asked about each time.</summary>
    internal static IResult Send(PlaylistBody body, HttpContext context)
    {
        bool gzip = AcceptsGzip(context.Request);
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.Vary = "Accept-Encoding";
        if (gzip)
            context.Response.Headers.ContentEncoding = "gzip";
        return gzip ? new MemoryResult(body.Gzip, PlaylistBody.ContentType, body.GzipTag) : new MemoryResult(body.Plain, PlaylistBody.ContentType, body.PlainTag);
    }

    /// <summary>Whoever names gzip takes it, unless with weight 0 (RFC 9110 §12.5.3); only a header with weights is read in full.</summary>
    private static bool AcceptsGzip(HttpRequest request)
    {
        string accepted = request.Headers.AcceptEncoding.ToString();
        return accepted.Contains("gzip", StringComparison.OrdinalIgnoreCase)
            && (!accepted.Contains('=', StringComparison.Ordinal) || request.GetTypedHeaders().AcceptEncoding.Any(coding => coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && coding.Quality is null or > 0));
    }

    private static IResult Segment(string lesson, long sequence, HttpContext context, LiveLessons lessons) => Sent(sequence, context, lessons.Recording(lesson));

    private static IResult RecordingSegment(string lesson, long sequence, HttpContext context, LiveLessons lessons) => Sent(sequence, context, lessons.Filled(lesson));

    private static IResult Map(string hash, string lesson, HttpContext context, LiveLessons lessons) => SentMap(hash, context, lessons.Recording(lesson));

    private static IResult RecordingMap(string hash, string lesson, HttpContext context, LiveLessons lessons) => SentMap(hash, context, lessons.Filled(lesson));

    private static IResult SentMap(string hash, HttpContext context, LessonRecording? recording)
    {
        if (recording?.FindMap($"map-{hash}.mp4") is not { } map)
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return new FileSliceResult(recording.MediaPath, map.Offset, map.LengthBytes, Fragmented, new EntityTagHeaderValue($"\"{map.Hash}\""));
    }

    private static string TypeOf(LessonRecording recording) => recording.Fragmented ? Fragmented : TransportStream;

    private static IResult Sent(long sequence, HttpContext context, LessonRecording? recording)
    {
        // The address says what it is, and it stays so.
        if (recording?.Find(sequence) is not { } found || context.Request.Path.Value!.EndsWith(".m4s", StringComparison.Ordinal) != recording.Fragmented)
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        string tag = $"\"{found.Segment.Hash}\"";
        return found.Bytes is { } bytes
            ? new MemoryResult(bytes, TypeOf(recording), tag)
            : new FileSliceResult(recording.MediaPath, found.Offset, found.Segment.LengthBytes, TypeOf(recording), new EntityTagHeaderValue(tag));
    }

    /// <summary>The lesson as the library has it; what was shown live until that is completed.</summary>
    private static IResult RecordingPlaylist(string lesson, HttpContext context, LiveLessons lessons)
    {
        if (lessons.Filled(lesson) is not { Window.Last: not null } recording)
            return Results.NotFound();
        // The bytes under an address never change: what was shown and what stands in its place have addresses of their own.
        PlaylistBody body = recording.PlaylistIn(recording == lessons.Recording(lesson) ? "" : "recording/");
        context.Response.Headers.CacheControl = "no-cache";
        return new MemoryResult(body.Plain, PlaylistBody.ContentType, body.PlainTag);
    }

    /// <summary>The lesson in one file, as far as it is here.</summary>
    private static IResult Recording(string lesson, HttpContext context, LiveLessons lessons)
    {
        if (lessons.Filled(lesson) is not { Window.Last: { } last } recording || context.Request.Path.Value!.EndsWith(".mp4", StringComparison.Ordinal) != recording.Fragmented)
            return Results.NotFound();
        context.Response.Headers.CacheControl = "no-cache";
        return new FileSliceResult(recording.MediaPath, 0, recording.MediaBytes, TypeOf(recording), new EntityTagHeaderValue($"\"{last.Sequence}-{last.Hash}\""));
    }

    private static IResult State(string lesson, HttpContext context, LiveLessons lessons)
    {
        LiveState state = lessons.State(lesson);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new LiveStateView(NameOf(state.Stage), state.Lost?.TotalSeconds, state.Edge.TotalSeconds));
    }

    private static string NameOf(LiveStage stage) => stage switch
    {
        LiveStage.NotStarted => "notStarted",
        LiveStage.Live => "live",
        LiveStage.Lost => "lost",
        LiveStage.Ended => "ended",
        _ => throw new ArgumentOutOfRangeException(nameof(stage)),
    };
}

/// <summary>A lesson's state for programs.</summary>
/// <param name="Stage">notStarted, live, lost or ended.</param>
/// <param name="LostForSeconds">Since the last new picture, while lost.</param>
/// <param name="EdgeSecond">Second of the lesson up to which it is here.</param>
public sealed record LiveStateView(string Stage, double? LostForSeconds, double EdgeSecond);
