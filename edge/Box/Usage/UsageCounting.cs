using System.Net;
using Edge.Core.Feedback;

namespace Edge.Box.Usage;

/// <summary>What a request to this endpoint counts as, when it is answered well.</summary>
/// <param name="Key">The counter; of files, films and sounds count as plays, and what a page is made of not at all.</param>
/// <param name="Once">Counts once for an address in 4 hours, however often a player asks.</param>
internal sealed record CountsAs(UsageKey Key, bool Once = false);

/// <summary>Looks at answered requests and counts them.</summary>
internal sealed class UsageCounting(UsageBook book, TimeProvider time)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(4);

    /// <summary>Addresses and things that are remembered at once; beyond that some are counted again.</summary>
    private const int MostRemembered = 8_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(IPAddress? Address, string Thing), long> _seen = [];

    public static void Use(WebApplication app) => app.Use(async (context, next) =>
    {
        await next(context);
        if (context.GetEndpoint()?.Metadata.GetMetadata<CountsAs>() is { } counts)
            context.RequestServices.GetRequiredService<UsageCounting>().See(context, counts);
    });

    private void See(HttpContext context, CountsAs counts)
    {
        if (!HttpMethods.IsGet(context.Request.Method) || context.Response.StatusCode is not (StatusCodes.Status200OK or StatusCodes.Status206PartialContent))
            return;
        if (KeyOf(context, counts.Key) is not { } key)
            return;
        // Players ask for one film many times; who opens a lesson's list in two forms plays it once.
        string thing = context.Request.RouteValues.TryGetValue("lesson", out object? lesson) && lesson is string id ? id : context.Request.Path;
        if (!(counts.Once || key == UsageKey.Plays) || IsNew((context.Connection.RemoteIpAddress, thing)))
            book.Count(key);
    }

    private static UsageKey? KeyOf(HttpContext context, UsageKey key)
    {
        string type = context.Response.ContentType ?? "";
        bool Is(string kind) => type.StartsWith(kind, StringComparison.OrdinalIgnoreCase);
        return key switch
        {
            UsageKey.Visits => Is("text/html") ? key : null,
            UsageKey.Applications => Is("text/html") ? key : null,
            UsageKey.Downloads when Is("video/") || Is("audio/") => UsageKey.Plays,
            UsageKey.Downloads when Is("image/") || Is("text/css") || Is("text/javascript") || Is("font/") => null,
            UsageKey.Downloads => context.Response.StatusCode == StatusCodes.Status200OK || context.Request.Headers.Range.ToString().StartsWith("bytes=0-", StringComparison.Ordinal) ? key : null,
            _ => key,
        };
    }

    private bool IsNew((IPAddress?, string) thing)
    {
        long now = time.GetTimestamp();
        lock (_gate)
        {
            bool known = _seen.TryGetValue(thing, out long at) && time.GetElapsedTime(at, now) < Remembered;
            if (_seen.Count >= MostRemembered && !known)
            {
                foreach ((IPAddress?, string) old in _seen.Where(entry => time.GetElapsedTime(entry.Value, now) >= Remembered).Select(entry => entry.Key).ToArray())
                    _seen.Remove(old);
                if (_seen.Count >= MostRemembered)
                    _seen.Clear();
            }
            if (!known)
                _seen[thing] = now;
            return !known;
        }
    }
}
