namespace Edge.Box.Live;

/// <summary>A lesson's captions for players: a rendition of WebVTT for each language, named in <c>main.m3u8</c>.</summary>
public static class CaptionEndpoints
{
    public static void MapCaptions(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder live = routes.MapGroup("/live/{lesson}");
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        live.MapGet("/captions.json", (string lesson, HttpContext context, LiveLessons lessons) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Json((lessons.Captions(lesson)?.Languages ?? []).Select(language => new SoundView(language, SoundEndpoints.NameOf(language))));
        });
        live.MapMethods("/captions/{language}/index.m3u8", read, (string lesson, string language, HttpContext context, LiveLessons lessons) =>
            lessons.Captions(lesson)?.ListOf(language) is { } list ? LiveEndpoints.Send(list, context) : Results.NotFound());
        live.MapMethods("/captions/{language}/{sequence:long}.vtt", read, (string lesson, string language, long sequence, HttpContext context, LiveLessons lessons) =>
        {
            if (lessons.Captions(lesson)?.Segment(language, sequence) is not { } segment)
                return Results.NotFound();
            context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
            return Results.Text(segment, "text/vtt; charset=utf-8");
        });
    }
}
