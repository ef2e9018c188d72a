using Edge.Core.Content;
using Microsoft.Net.Http.Headers;

namespace Edge.Box.Content;

/// <summary>Files of packs on the LAN: ranges, conditional requests, and a sandbox around what can run scripts.</summary>
public static class ContentEndpoints
{
    public static void MapContent(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/library/{pack}/{**path:required}", [HttpMethods.Get, HttpMethods.Head], FileAsync);

    private static async Task<IResult> FileAsync(string pack, string path, HttpContext context, PackLibrary library, CancellationToken cancellationToken)
    {
        (FileOpening opening, PackFile? file, Stream? bytes) = await library.OpenFileAsync(pack, path, cancellationToken);
        IHeaderDictionary headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        switch (opening)
        {
            case FileOpening.Unknown:
                return Results.NotFound();
            case FileOpening.Healing:
                headers.RetryAfter = "10";
                return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
        // A new version may bring other bytes under the same path, so browsers ask; unchanged costs one small answer.
        headers.CacheControl = "no-cache";
        // In its sandbox a tool has no origin, so its own fonts and data count as foreign to it. Packs are for everybody on the LAN anyway.
        headers.AccessControlAllowOrigin = "*";
        if (CanRunScripts(file!.MediaType))
            headers.ContentSecurityPolicy = SandboxFor(context.Request, pack);
        return Results.Stream(bytes!, file.MediaType, entityTag: new EntityTagHeaderValue($"\"{file.Sha256}\""), enableRangeProcessing: true);
    }

    private static bool CanRunScripts(string mediaType)
    {
        string type = mediaType.Split(';')[0].Trim().ToLowerInvariant();
        return type is "text/html" or "text/xml" or "application/xml" || type.EndsWith("+xml", StringComparison.Ordinal);
    }

    /// <summary>A tool runs in an origin of its own and reaches its own pack and nothing else: no form of this site, no cookie, no other host.</summary>
    private static string SandboxFor(HttpRequest request, string pack)
    {
        // The host is what the browser typed; only one that cannot end the rule is put into it.
        string host = request.Host.Value is { Length: > 0 } typed && !typed.AsSpan().ContainsAnyExcept(HostCharacters) ? $"{request.Scheme}://{typed}" : "'none'";
        string own = host == "'none'" ? host : $"{host}/library/{pack}/";
        return $"sandbox allow-scripts allow-modals; default-src {own} data: blob: 'unsafe-inline' 'unsafe-eval'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";
    }

    private static readonly System.Buffers.SearchValues<char> HostCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]");
}
