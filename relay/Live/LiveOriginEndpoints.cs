using Edge.Core.Live;
using Microsoft.Net.Http.Headers;

namespace Relay.Live;

/// <summary>Live lessons in the box API: playlists, and segments that never change. The source's rung stands beside the multivariant playlist, each other in a folder of its name.</summary>
public static class LiveOriginEndpoints
{
    /// <param name="schoolOf">School of the calling box. A lesson that is not for it does not exist for it.</param>
    /// <returns>The endpoints, for whatever the host asks of callers.</returns>
    public static RouteGroupBuilder MapLiveOrigin(this IEndpointRouteBuilder routes, Func<HttpContext, string> schoolOf)
    {
        RouteGroupBuilder live = routes.MapGroup("/live/{lesson}");
        live.MapGet("/ladder.m3u8", (string lesson, HttpContext context, LessonStore lessons, LiveOrigin origin) =>
            Playlist(context, Find(context, lessons, lesson, schoolOf), origin.Ladder));
        live.MapGet("/captions", (string lesson, long? after, HttpContext context, LessonStore lessons, CaptionStore captions) =>
        {
            if (Find(context, lessons, lesson, schoolOf) is not { } found)
                return Results.NotFound();
            context.Response.Headers.CacheControl = "no-cache";
            byte[] lines = [.. captions.After(found.Id, after ?? 0, CaptionLine.MaxLines).SelectMany(CaptionLine.Write)];
            return lines.Length == 0 ? Results.NoContent() : Results.Bytes(lines, "application/x-ndjson");
        });
        MapRung(live, schoolOf);
        MapRung(live.MapGroup("/{rung}"), schoolOf);
        return live;
    }

    private static void MapRung(RouteGroupBuilder group, Func<HttpContext, string> schoolOf)
    {
        // Delta updates are asked for as RFC 8216bis §6.2.5.1 has it.
        group.MapGet("/index.m3u8", (string lesson, HttpContext context, LessonStore lessons, LiveOrigin origin) =>
            RungPlaylist(context, Find(context, lessons, lesson, schoolOf), origin, context.Request.Query["_HLS_skip"] == "YES" ? UpstreamList.Delta : UpstreamList.Window));
        group.MapGet("/recording.m3u8", (string lesson, HttpContext context, LessonStore lessons, LiveOrigin origin) =>
            RungPlaylist(context, Find(context, lessons, lesson, schoolOf), origin, UpstreamList.Recording));
        group.MapGet("/{sequence:long}.ts", (string lesson, long sequence, HttpContext context, LessonStore lessons, LiveOrigin origin) =>
        {
            if (Find(context, lessons, lesson, schoolOf) is not { } found || origin.Find(found, RungOf(context), sequence) is not { } file)
                return Results.NotFound();
            context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
            return Results.File(file.Path, "video/mp2t", entityTag: new EntityTagHeaderValue($"\"{file.Segment.Hash}\""), enableRangeProcessing: true);
        });
    }

    private static Lesson? Find(HttpContext context, LessonStore lessons, string lesson, Func<HttpContext, string> schoolOf) =>
        lessons.Find(lesson) is { } found && found.IsFor(schoolOf(context)) ? found : null;

    private static string RungOf(HttpContext context) => context.GetRouteValue("rung") as string ?? "";

    private static IResult RungPlaylist(HttpContext context, Lesson? lesson, LiveOrigin origin, UpstreamList list)
    {
        string rung = RungOf(context);
        return lesson is not null && rung.Length > 0 && origin.Rung(lesson, rung) is null ? Results.NotFound() : Playlist(context, lesson, found => origin.Playlist(found, rung, list));
    }

    private static IResult Playlist(HttpContext context, Lesson? lesson, Func<Lesson, PlaylistBody?> bodyOf)
    {
        if (lesson is null)
            return Results.NotFound();
        if (bodyOf(lesson) is not { } body)
        {
            context.Response.Headers.RetryAfter = "2";
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
        bool gzip = context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.Vary = "Accept-Encoding";
        if (gzip)
            context.Response.Headers.ContentEncoding = "gzip";
        return Results.Bytes(gzip ? body.Gzip : body.Plain, PlaylistBody.ContentType, entityTag: new EntityTagHeaderValue(gzip ? body.GzipTag : body.PlainTag));
    }
}
