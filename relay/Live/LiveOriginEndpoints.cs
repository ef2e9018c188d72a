using Edge.Core.Live;
using Microsoft.Net.Http.Headers;

namespace Relay.Live;

/// <summary>Live lessons in the box API: playlists, and segments that never change.</summary>
public static class LiveOriginEndpoints
{
    /// <param name="schoolOf">School of the calling box. A lesson that is not for it does not exist for it.</param>
    /// <returns>The endpoints, for whatever the host asks of callers.</returns>
    public static RouteGroupBuilder MapLiveOrigin(this IEndpointRouteBuilder routes, Func<HttpContext, string> schoolOf)
    {
        RouteGroupBuilder live = routes.MapGroup("/live/{lesson}");
        // Delta updates are asked for as RFC 8216bis §6.2.5.1 has it.
        live.MapGet("/index.m3u8", (string lesson, HttpContext context, LessonStore lessons, LiveOrigin origin) =>
            Playlist(context, lessons, origin, lesson, schoolOf, context.Request.Query["_HLS_skip"] == "YES" ? UpstreamList.Delta : UpstreamList.Window));
        live.MapGet("/recording.m3u8", (string lesson, HttpContext context, LessonStore lessons, LiveOrigin origin) =>
            Playlist(context, lessons, origin, lesson, schoolOf, UpstreamList.Recording));
        live.MapGet("/{sequence:long}.ts", (string lesson, long sequence, HttpContext context, LessonStore lessons, LiveOrigin origin) =>
        {
            if (lessons.Find(lesson) is not { } found || !found.IsFor(schoolOf(context)) || origin.Find(found, sequence) is not { } file)
                return Results.NotFound();
            context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
            return Results.File(file.Path, "video/mp2t", entityTag: new EntityTagHeaderValue($"\"{file.Segment.Hash}\""), enableRangeProcessing: true);
        });
        return live;
    }

    private static IResult Playlist(HttpContext context, LessonStore lessons, LiveOrigin origin, string lesson, Func<HttpContext, string> schoolOf, UpstreamList list)
    {
        if (lessons.Find(lesson) is not { } found || !found.IsFor(schoolOf(context)))
            return Results.NotFound();
        if (origin.Playlist(found, list) is not { } body)
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
