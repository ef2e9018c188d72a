using Edge.Core.Feedback;
using Edge.Core.Identity;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Relay.Feedback;

/// <summary>Photos and sounds: in pieces from the boxes, whole to staff.</summary>
public static class AttachmentEndpoints
{
    /// <summary><c>GET /attachments/NAME</c> tells how much is held, <c>PUT /attachments/NAME?offset=N</c> gives the next piece and tells the same; 409 when the piece goes on elsewhere.</summary>
    /// <param name="routes">Where to add it.</param>
    /// <param name="caller">The calling box.</param>
    public static IEndpointConventionBuilder MapAttachmentsForBoxes(this IEndpointRouteBuilder routes, Func<HttpContext, BoxId> caller)
    {
        RouteGroupBuilder group = routes.MapGroup("/attachments/{name}");
        group.MapGet("", (string name, HttpContext context, AttachmentStore store) =>
            Attachment.TryParse(name, out Attachment attachment) ? Told(store.Ask(caller(context), attachment)) : Results.NotFound());
        group.MapPut("", async (string name, long offset, HttpContext context, AttachmentStore store, IOptions<AttachmentOptions> options, CancellationToken cancellationToken) =>
        {
            if (!Attachment.TryParse(name, out Attachment attachment))
                return Results.NotFound();
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = options.Value.MaxPieceBytes;
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, cancellationToken);
            return Told(await store.TakeAsync(caller(context), attachment, offset, body.ToArray(), cancellationToken));
        });
        return group;
    }

    /// <summary>An attachment for a person's browser: named by us, of a type of our list, with nothing in it that may run or load; null when there is none to see.</summary>
    /// <param name="context">Gets the headers.</param>
    /// <param name="entry">The question.</param>
    /// <param name="store">Where it lies.</param>
    public static IResult? Show(HttpContext context, FeedbackEntry? entry, AttachmentStore store)
    {
        // What staff declined is seen by nobody any more.
        if (entry is null or { State: FeedbackState.Declined } || !Attachment.TryParse(entry.Subject, out Attachment attachment) || store.Find(BoxId.Parse(entry.Box), attachment) is not { } path)
            return null;
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return Results.File(Path.GetFullPath(path), attachment.ContentType, $"{entry.Number}.{attachment.Extension}", enableRangeProcessing: true);
    }

    private static IResult Told((AttachmentAnswer Answer, int HeldBytes) told) => told.Answer switch
    {
        AttachmentAnswer.Held => Results.Ok(new HeldBytes(told.HeldBytes)),
        AttachmentAnswer.Elsewhere => Results.Conflict(new HeldBytes(told.HeldBytes)),
        AttachmentAnswer.Enough => Results.StatusCode(StatusCodes.Status429TooManyRequests),
        _ => Results.NotFound(),
    };
}
