using System.Security.Cryptography;
using System.Text;

namespace Edge.Box.Access;

/// <summary>The mark by which the box knows a phone again: chance in a cookie, no name in it. The box keeps only its hash.</summary>
public static class PhoneMark
{
    public const string Cookie = "phone";

    private const int Bytes = 16;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(400);

    /// <summary>Hash of the phone's mark; null: it has none.</summary>
    public static string? Of(HttpContext context) => context.Request.Cookies[Cookie] is { Length: 2 * Bytes } mark && mark.All(char.IsAsciiHexDigitLower) ? HashOf(mark) : null;

    /// <summary>As <see cref="Of"/>; a phone without a mark gets one.</summary>
    public static string OfOrNew(HttpContext context)
    {
        if (Of(context) is { } known)
            return known;
        string mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes));
        context.Response.Cookies.Append(Cookie, mark, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Lax, MaxAge = Kept });
        return HashOf(mark);
    }

    /// <summary>Who is made to wait for wrong PINs: the phone, or the address of one that sends no mark.</summary>
    public static string Guesser(HttpContext context) => Of(context) ?? $"{context.Connection.RemoteIpAddress}";

    private static string HashOf(string mark) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(mark)).AsSpan(0, Bytes));
}
