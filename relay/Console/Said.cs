namespace Relay.Console;

/// <summary>What a form came to, carried over the redirect after it in a cookie that the next page uses up.</summary>
/// <param name="Key">Text to show; begins with <c>said.</c>, or <c>reply.</c> where a reply was not taken.</param>
/// <param name="Arguments">What fills its gaps.</param>
public sealed record Said(string Key, IReadOnlyList<string> Arguments)
{
    private const string Cookie = "said";
    private const int MaxLength = 600;
    private static readonly object Item = new();

    /// <summary>Back to a page of the console, which then says <paramref name="key"/>.</summary>
    public static IResult Back(HttpContext context, string path, string key, params string[] arguments)
    {
        string said = string.Join('\n', [key, .. arguments.Select(argument => argument.ReplaceLineEndings(" "))]);
        context.Response.Cookies.Append(Cookie, said[..Math.Min(said.Length, MaxLength)],
            new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromMinutes(1) });
        return new SeeOther(path);
    }

    /// <summary>Takes what was said out of the request's cookie. Not for a page that only renews its parts: nobody would see it.</summary>
    public static void Take(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) || context.Request.Headers.ContainsKey("X-Renew") || context.Request.Cookies[Cookie] is not { } said)
            return;
        context.Response.Cookies.Delete(Cookie);
        string[] lines = said.Split('\n');
        if (lines[0].StartsWith("said.", StringComparison.Ordinal) || lines[0].StartsWith("reply.", StringComparison.Ordinal))
            context.Items[Item] = new Said(lines[0], [.. lines[1..], "", "", ""]);
    }

    public static Said? Of(HttpContext context) => context.Items[Item] as Said;
}
