using Edge.Box.Usage;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Microsoft.Net.Http.Headers;

namespace Edge.Box.Content;

/// <summary>Files of packs on the school's site: ranges, conditional requests. Nothing of a pack runs here: what has scripts is shown from the tools' port.</summary>
public static class ContentEndpoints
{
    /// <summary>A file under the address of its state never changes; an hour spares a phone the question, and still forgets what was taken back.</summary>
    private const string KeepAnHour = "private, max-age=3600";

    public static void MapContent(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/library/{pack}/{**path:required}", [HttpMethods.Get, HttpMethods.Head], FileAsync).WithMetadata(new CountsAs(UsageKey.Downloads));

    private static async Task<IResult> FileAsync(string pack, string path, HttpContext context, PackViews views, ToolSite tools, CancellationToken cancellationToken)
    {
        (PackView? view, string inPack) = views.Resolve(pack, path);
        if (view?.File(inPack) is not { } file)
            return Results.NotFound();
        // Only a browser that was led here by hand comes for a page; it belongs to the other port.
        if (FileShows.Of(file) == FileShow.Tool && tools.AddressOf(context.Request, view, file) is { } address)
            return Results.Redirect(address);
        return await SendAsync(context, views, view, file, path, cancellationToken);
    }

    /// <summary>Sends a file as what it is, or as text where a browser would take it for a script of this site.</summary>
    private static async Task<IResult> SendAsync(HttpContext context, PackViews views, PackView view, PackFile file, string address, CancellationToken cancellationToken)
    {
        (FileOpening opening, _, Stream? bytes) = await views.OpenAsync(file, cancellationToken);
        IHeaderDictionary headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (opening != FileOpening.Opened)
            return Healing(headers);
        headers.CacheControl = CacheOf(address);
        if (FileShows.CanRunScripts(file.MediaType))
            headers.ContentSecurityPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
        if (context.Request.Query.ContainsKey("save"))
            headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileNameStar = Path.GetFileName(file.Path) }.ToString();
        string type = FileShows.IsPartOfTool(file.MediaType) || FileShows.Of(file) == FileShow.Tool ? "text/plain; charset=utf-8" : file.MediaType;
        return Results.Stream(bytes!, type, entityTag: TagOf(file), enableRangeProcessing: true);
    }

    /// <summary>A chunk was damaged on disk and is being fetched again.</summary>
    internal static IResult Healing(IHeaderDictionary headers)
    {
        headers.RetryAfter = "10";
        return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>Without a state in the address a new version may bring other bytes under it, so browsers ask; unchanged costs one small answer.</summary>
    internal static string CacheOf(string address) => address.StartsWith('@') ? KeepAnHour : "no-cache";

    internal static EntityTagHeaderValue TagOf(PackFile file) => new($"\"{file.Sha256}\"");
}
