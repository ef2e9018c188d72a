namespace Relay.Console;

/// <summary>Headers of every console page, and the check that a form was sent by the console itself.</summary>
public sealed class ConsoleGuard : IEndpointFilter
{
    /// <summary>Nothing but our own files; no inline script or style; no frames (CSP level 3).</summary>
    public const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        HttpContext http = context.HttpContext;
        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        // SameSite=Strict keeps other sites out, but another port of this machine, such as a box's page, is the same site.
        if (HttpMethods.IsPost(http.Request.Method) && http.Request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none"))
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        Said.Take(http);
        return await next(context);
    }
}
