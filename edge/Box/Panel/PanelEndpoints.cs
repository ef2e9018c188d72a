using Edge.Core.Panel;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Edge.Box.Panel;

/// <summary>The panel for pages and programs on the LAN.</summary>
public sealed class PanelEndpoints(PanelHub hub, PanelJoins joins, IOptions<PanelOptions> options)
{
    private const int MaxFormBytes = 1024;
    private int _waiting;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/panel/state.json", (PanelEndpoints panel, HttpContext context, long? after) => panel.StateAsync(context, after));
        routes.MapPost("/panel/press/{button}", (PanelEndpoints panel, HttpContext context, string button) => panel.PressAsync(context, button))
            .WithMetadata(new RequestSizeLimitAttribute(MaxFormBytes));
    }

    /// <summary>The panel now or, with <c>after=VERSION</c>, as soon as it is no longer that version, within <see cref="PanelOptions.LongPoll"/>.</summary>
    private async Task StateAsync(HttpContext context, long? after)
    {
        PanelSnapshot snapshot = hub.Current;
        if (after == snapshot.Version)
        {
            try
            {
                if (Interlocked.Increment(ref _waiting) > options.Value.MaxWaiting)
                {
                    context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    context.Response.Headers.RetryAfter = "2";
                    return;
                }
                snapshot = await hub.OtherThanAsync(snapshot.Version, options.Value.LongPoll, context.RequestAborted);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
        await WriteAsync(context, snapshot);
    }

    /// <summary>One press, or with <c>hold=true</c> (form or query) a long one. A page's form goes back to /panel, or to the page of this site that its field <c>back</c> names; who asks for JSON gets the panel as it is then.</summary>
    private async Task PressAsync(HttpContext context, string buttonName)
    {
        if (PanelFace.ButtonOf(buttonName) is not { } button)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        if (IsForeign(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }
        if (joins.MayPress?.Invoke(context, button) == false)
        {
            // The page sends people on to the PIN; programs are told.
            if (IsForProgram(context.Request))
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return;
            }
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = "/teacher?back=/panel";
            return;
        }
        IFormCollection? form = context.Request.HasFormContentType ? await SoundForm.ReadAsync(context.Request, context.RequestAborted) : null;
        string? hold = context.Request.Query["hold"].FirstOrDefault() ?? form?["hold"].FirstOrDefault();
        GestureKind kind = hold == "true" ? GestureKind.Hold : GestureKind.Press;

        if (!hub.Press(new Gesture(button, kind)))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "2";
            return;
        }
        if (IsForProgram(context.Request))
        {
            await WriteAsync(context, hub.Current);
            return;
        }
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        // Back to a page of this site, never elsewhere.
        context.Response.Headers.Location = form?["back"].FirstOrDefault() is ['/', not ('/' or '\\'), ..] and { Length: < 200 } back && back.All(c => c is > ' ' and <= '~') ? back : "/panel";
    }

    private static bool IsForProgram(HttpRequest request) => request.Headers.Accept.Any(accept => accept?.Contains("application/json", StringComparison.OrdinalIgnoreCase) == true);

    private Task WriteAsync(HttpContext context, PanelSnapshot snapshot)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(
            PanelFace.Of(snapshot, hub.Now, joins.Text), PanelFaceJson.Default.PanelFace, contentType: null, context.RequestAborted);
    }

    /// <summary>A page of another site must not press our buttons: browsers name the site of the page they post from (RFC 6454 §7).
    /// Without the header it is no browser's cross-site form.</summary>
    private static bool IsForeign(HttpRequest request) =>
        request.Headers.Origin is [{ } origin] && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
}
