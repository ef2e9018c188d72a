using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using Relay.Identity;

namespace Relay.Console;

/// <summary>Signing in and out, and the choice of language.</summary>
internal static class SessionPages
{
    private static readonly TimeSpan LanguageKept = TimeSpan.FromDays(400);

    public static void MapSession(this IEndpointRouteBuilder routes)
    {
        // With a key in the address it signs in and leaves that address at once.
        routes.MapGet("/login", async (HttpContext context, RelayKeys keys, ILogger<ConsoleGuard> log, string? key, string? returnUrl) =>
            key is not null ? await SignInAsync(context, keys, log, key, returnUrl)
            : context.User.Identity?.IsAuthenticated == true ? new SeeOther(returnUrl)
            : Page(returnUrl, false)).AllowAnonymous();

        routes.MapPost("/login", (HttpContext context, RelayKeys keys, ILogger<ConsoleGuard> log, IFormCollection form) =>
            SignInAsync(context, keys, log, form["key"].ToString(), form["returnUrl"])).AllowAnonymous();

        routes.MapPost("/logout", async (HttpContext context) =>
        {
            await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
            return new SeeOther("/login");
        }).AllowAnonymous();

        routes.MapPost("/language", (HttpContext context, IFormCollection form) =>
        {
            context.Response.Cookies.Append(Reader.Cookie, form["lang"].ToString(), new CookieOptions { MaxAge = LanguageKept, SameSite = SameSiteMode.Lax });
            return new SeeOther(form["back"]);
        }).AllowAnonymous();
    }

    private static async Task<IResult> SignInAsync(HttpContext context, RelayKeys keys, ILogger log, string key, string? returnUrl)
    {
        if (!StaffAccess.IsKey(key, keys))
        {
            log.SignInRefused(context.Connection.RemoteIpAddress);
            return Page(returnUrl, true);
        }
        await StaffAccess.SignInAsync(context);
        return new SeeOther(returnUrl);
    }

    private static RazorComponentResult<LoginPage> Page(string? returnUrl, bool wrong) =>
        new(new { ReturnUrl = SeeOther.Local(returnUrl), Wrong = wrong }) { StatusCode = wrong ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK };
}
