using Edge.Core.Content;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Relay.Live;

/// <summary>Where encoders send their streams: an endless request body of MPEG-TS, such as <c>ffmpeg … -f mpegts -method POST http://relay:9000/ingest/KEY</c>.</summary>
public static class IngestEndpoints
{
    public static void MapIngest(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/ingest/{key}", ["POST", "PUT"], async (string key, HttpContext context, IngestDesk desk) =>
        {
            if (desk.Find(key) is not var (lesson, camera))
                return Results.NotFound();
            if (lesson.Stage is LessonStage.Ended or LessonStage.Cancelled)
                return Results.StatusCode(StatusCodes.Status410Gone);
            // A lesson has no length, and a thin line is slower than the server's usual patience; the desk has its own.
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
                size.MaxRequestBodySize = null;
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
                rate.MinDataRate = null;
            IngestEnd end = await desk.ReceiveAsync(lesson, camera, context.Request.BodyReader);
            if (end is IngestEnd.Replaced or IngestEnd.EncoderSilent or IngestEnd.Useless)
                context.Abort();
            return Results.StatusCode(end == IngestEnd.LessonOver ? StatusCodes.Status410Gone : StatusCodes.Status200OK);
        }).AllowAnonymous(); // the key in the address is what the encoder knows
}
