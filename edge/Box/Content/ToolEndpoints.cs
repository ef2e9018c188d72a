using System.Text;
using Edge.Box.Usage;
using Edge.Core.Content;
using Edge.Core.Feedback;

namespace Edge.Box.Content;

/// <summary>The tools' port: files of packs in which scripts may run. It has no form, no cookie, no redirect and nothing of the site.</summary>
public static class ToolEndpoints
{
    /// <summary>A script of ours that each page of a tool loads before its own: what a page without an origin lacks, and what it should not have.</summary>
    public const string HelperPath = "/tool.js";

    private const int HeadBytes = 1024;

    private static readonly byte[] HelperTag = Encoding.ASCII.GetBytes($"<script src=\"{HelperPath}\"></script>");

    public static void MapTools(this IEndpointRouteBuilder routes)
    {
        byte[] helper = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "wwwroot", "js", "tool.js"));
        var tag = new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{ChunkId.Of(helper)}\"");
        routes.MapGet(HelperPath, (HttpContext context) =>
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(helper, "text/javascript; charset=utf-8", entityTag: tag);
        }).WithMetadata(new ToolPort());
        routes.MapMethods("/{pack}/{**path:required}", [HttpMethods.Get, HttpMethods.Head], FileAsync).WithMetadata(new ToolPort(), new CountsAs(UsageKey.Applications, Once: true)).WithOrder(1);
    }

    private static async Task<IResult> FileAsync(string pack, string path, HttpContext context, PackViews views, ToolSite site, CancellationToken cancellationToken)
    {
        // Only addresses that name a state: the rule below is for that one.
        (PackView? view, string inPack) = path.StartsWith('@') ? views.Resolve(pack, path) : default;
        if (view?.File(inPack) is not { } file)
            return Results.NotFound();
        (FileOpening opening, _, Stream? bytes) = await views.OpenAsync(file, cancellationToken);
        IHeaderDictionary headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (opening != FileOpening.Opened)
            return ContentEndpoints.Healing(headers);
        headers.CacheControl = ContentEndpoints.CacheOf(path);
        bool page = FileShows.Of(file) == FileShow.Tool;
        (Stream body, bool helped) = page ? await WithHelperAsync(file.MediaType, bytes!, cancellationToken) : (bytes!, false);
        // Where our helper does not run first, nobody's script runs: letters of 16 bits, pages and pictures written as XML.
        headers.ContentSecurityPolicy = site.RuleFor(context.Request, view, mayRun: helped || !FileShows.CanRunScripts(file.MediaType));
        // Browsers that know it let nothing out of the page but to its own address, connections from browser to browser among it, also from frames it writes itself.
        headers["Connection-Allowlist"] = "(response-origin)";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-DNS-Prefetch-Control"] = "off";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), bluetooth=(), midi=(), clipboard-read=()";
        // In its sandbox a tool has no origin, so its own fonts and data count as foreign to it. Packs are for everybody on the LAN anyway.
        headers.AccessControlAllowOrigin = "*";
        return page ? Results.Stream(body, file.MediaType) : Results.Stream(body, file.MediaType, entityTag: ContentEndpoints.TagOf(file), enableRangeProcessing: true);
    }

    /// <summary>Puts the helper behind the document type, so that the page's mode stays what its author chose.</summary>
    /// <returns>False when it cannot run there.</returns>
    internal static async Task<(Stream Page, bool Helped)> WithHelperAsync(string mediaType, Stream page, CancellationToken cancellationToken)
    {
        if (!mediaType.StartsWith("text/html", StringComparison.OrdinalIgnoreCase))
            return (page, false);
        byte[] head = new byte[Math.Min(HeadBytes, page.Length)];
        await page.ReadExactlyAsync(head, cancellationToken);
        int at = PlaceForHelper(head);
        page.Position = Math.Max(0, at);
        return at < 0 ? (page, false) : (new JoinedStream((byte[])[.. head.AsSpan(0, at), .. HelperTag], page), true);
    }

    /// <summary>Where markup may be put in: behind byte-order mark, comments and document type. -1: the page is in 16-bit letters, which the helper is not.</summary>
    internal static int PlaceForHelper(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
            return -1;
        int at = head.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
        int start = at;
        while (true)
        {
            while (at < head.Length && head[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)'\f')
                at++;
            ReadOnlySpan<byte> rest = head[at..];
            if (rest.StartsWith("<!--"u8) && EndOfComment(rest) is > 0 and int comment)
                at += comment;
            else if (rest.StartsWith("<?"u8) && rest.IndexOf((byte)'>') is > 0 and int instruction)
                at += instruction + 1;
            else if (rest.Length > 9 && Ascii.EqualsIgnoreCase(rest[..9], "<!doctype"u8) && rest.IndexOf((byte)'>') is > 0 and int type)
                return at + type + 1;
            else
                return start;
        }
    }

    /// <summary>Browsers end a comment at "--!>" too: what stood behind it would run before the helper.</summary>
    private static int EndOfComment(ReadOnlySpan<byte> comment)
    {
        int plain = comment.IndexOf("-->"u8), odd = comment.IndexOf("--!>"u8);
        return odd >= 0 && (plain < 0 || odd < plain) ? odd + 4 : plain < 0 ? -1 : plain + 3;
    }
}
