using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Relay.Sync;

/// <summary>The link over HTTPS, where MQTT is blocked, and what staff see of the links.</summary>
public static class LinkEndpoints
{
    /// <summary><c>POST /link/{topic}</c>: the body is what would be published on the topic; the answer is the messages down that wait, a line each.
    /// Like a PUBACK of the embedded broker the answer comes after the commit.</summary>
    /// <param name="routes">Where to add it.</param>
    /// <param name="caller">The calling box.</param>
    public static IEndpointConventionBuilder MapLinkForBoxes(this IEndpointRouteBuilder routes, Func<HttpContext, BoxId> caller) =>
        routes.MapPost("/link/{topic}", async (string topic, HttpContext context, BoxMessages messages, DownQueue down, IOptions<SyncOptions> options, CancellationToken cancellationToken) =>
        {
            BoxId box = caller(context);
            if (!MqttTopics.TryParse($"box/{box}/{topic}", out _, out UpTopic kind) || kind == UpTopic.Presence)
                return Results.NotFound();
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = Envelope.MaxBytes;
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, cancellationToken);
            var answer = new MemoryStream();
            if (await messages.TakeAsync(box, kind, body.ToArray(), cancellationToken) is { } reply)
                Write(reply);
            // What the box reports with its next envelope is not sent again.
            if (kind == UpTopic.Up)
            {
                DownStep step = await down.NextAsync(box, after: 0, options.Value.DownAhead, options.Value.DownPatience, cancellationToken);
                foreach (DownItem item in step.Ahead.AddRange(step.Items))
                    Write(new DownMessage(Item: item));
            }
            return Results.Bytes(answer.ToArray(), "application/x-ndjson");

            void Write(DownMessage message)
            {
                answer.Write(message.ToJson());
                answer.WriteByte((byte)'\n');
            }
        });

    /// <summary>For staff: boxes that share a name, items that were set aside.</summary>
    public static void MapLinkDoubts(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/links", (LinkDoubts doubts) => new { cloned = doubts.Cloned().Select(box => box.ToString()), setAside = doubts.SetAside() });
}
