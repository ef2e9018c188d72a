using System.Collections.Immutable;
using Edge.Core.Iptv;
using Edge.Core.Text;
using Microsoft.Extensions.Options;

namespace Edge.Box.Iptv;

/// <summary>Lists for television sets. Open to all on the LAN.</summary>
public static class IptvEndpoints
{
    public static void MapIptv(this IEndpointRouteBuilder routes)
    {
        string[] read = [HttpMethods.Get, HttpMethods.Head];
        routes.MapMethods("/iptv.m3u", read, (HttpContext context, IptvPorts ports, MulticastLoop loop, IOptions<IptvOptions> options, Texts texts) =>
        {
            string language = ports.LanguageOf(context);
            var words = new TvWords(language, texts.Get(language, "tv.running"), texts.Get(language, "tv.coming"), texts.Get(language, "tv.recorded"));
            return List(context, TvGuide.M3u(Lessons(ports, loop, options.Value), Site(context), words, context.Request.Query.ContainsKey("multicast")), TvGuide.M3uType);
        });
        routes.MapMethods("/xmltv.xml", read, (HttpContext context, IptvPorts ports, MulticastLoop loop, IOptions<IptvOptions> options) =>
            List(context, TvGuide.Xmltv(Lessons(ports, loop, options.Value), Site(context)), TvGuide.XmltvType));
    }

    private static ImmutableArray<TvLesson> Lessons(IptvPorts ports, MulticastLoop loop, IptvOptions options)
    {
        string scheme = options.Transport == TvTransport.Rtp ? "rtp" : "udp";
        return [.. ports.Lessons().Select(shown => new TvLesson(shown.Lesson, shown.Show, loop.GroupOf(shown.Lesson.Id) is { } group ? $"{scheme}://@{group}" : null, shown.Picture))];
    }

    private static IResult List(HttpContext context, string text, string mediaType)
    {
        context.Response.Headers.CacheControl = "no-cache";
        return Results.Text(text, mediaType);
    }

    /// <summary>By the name that the set knows this box by.</summary>
    private static string Site(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}";
}
