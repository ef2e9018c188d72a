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
        routes.MapGet("/login", async (HttpContext context, RelayKeys keys, SignInLimit limit, ILogger<ConsoleGuard> log, string? key, string? returnUrl) =>
            key is not null ? await SignInAsync(context, keys, limit, log, key, returnUrl)
            : context.User.Identity?.IsAuthenticated == true ? new SeeOther(returnUrl)
            : Page(returnUrl, null, StatusCodes.Status200OK)).AllowAnonymous();

        routes.MapPost("/login", (HttpContext context, RelayKeys keys, SignInLimit limit, ILogger<ConsoleGuard> log, IFormCollection form) =>
            SignInAsync(context, keys, limit, log, form["key"].ToString(), form["returnUrl"])).AllowAnonymous();

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

    private static async Task<IResult> SignInAsync(HttpContext context, RelayKeys keys, SignInLimit limit, ILogger log, string key, string? returnUrl)
    {
        System.Net.IPAddress? address = context.Connection.RemoteIpAddress;
        if (limit.WaitOf(address) is { } wait)
        {
            log.SignInHeldBack(address);
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(null, null);
            return Page(returnUrl, "login.wait", StatusCodes.Status429TooManyRequests, (int)Math.Ceiling(wait.TotalMinutes));
        }
        if (!StaffAccess.IsKey(key, keys))
        {
            log.SignInRefused(address);
            await limit.FailedAsync(address, context.RequestAborted);
            return Page(returnUrl, "login.wrong", StatusCodes.Status401Unauthorized);
        }
        await limit.SucceededAsync(address, context.RequestAborted);
        await StaffAccess.SignInAsync(context);
        return new SeeOther(returnUrl);
    }

    private static RazorComponentResult<LoginPage> Page(string? returnUrl, string? problem, int status, int minutes = 0) =>
        new(new { ReturnUrl = SeeOther.Local(returnUrl), Problem = problem, Minutes = minutes }) { StatusCode = status };
}
