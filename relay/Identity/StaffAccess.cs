using System.Globalization;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Relay.Identity;

/// <summary>Who may use console and staff API: holders of the staff key, as bearer token (CLI, programs) or signed in with a cookie (console).
/// The cookie is SameSite=Strict, so no other site can act in a signed-in browser's name.</summary>
public static class StaffAccess
{
    private const string BearerScheme = "StaffKey";
    private const string EitherScheme = "Staff";

    public static IServiceCollection AddStaffAccess(this IServiceCollection services)
    {
        services.AddAuthentication(EitherScheme)
            .AddPolicyScheme(EitherScheme, null, options => options.ForwardDefaultSelector =
                context => context.Request.Headers.Authorization.Count > 0 ? BearerScheme : CookieAuthenticationDefaults.AuthenticationScheme)
            .AddScheme<AuthenticationSchemeOptions, StaffKeyHandler>(BearerScheme, null)
            .AddCookie(options =>
            {
                options.Cookie.Name = "staff";
                options.Cookie.SameSite = SameSiteMode.Strict;
                options.Cookie.HttpOnly = true;
                options.ExpireTimeSpan = TimeSpan.FromHours(12);
                options.LoginPath = "/login";
                options.Events.OnRedirectToLogin = context =>
                {
                    // Programs get a status, people get the page.
                    if (context.Request.Path.StartsWithSegments("/api"))
                        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    else
                        context.Response.Redirect(context.RedirectUri);
                    return Task.CompletedTask;
                };
            });
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        return services;
    }

    /// <summary>True when <paramref name="shown"/> is the staff key; takes the same time whatever was shown.</summary>
    public static bool IsKey(string? shown, RelayKeys keys) =>
        shown is not null && CryptographicOperations.FixedTimeEquals(Hash(shown.Trim()), Hash(keys.StaffKey));

    public static Task SignInAsync(HttpContext context) => context.SignInAsync(
        CookieAuthenticationDefaults.AuthenticationScheme,
        new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "staff")], CookieAuthenticationDefaults.AuthenticationScheme)));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>The staff key as a bearer token. Wrong ones count with those of the sign-in page; while an address waits, the right one is not looked at either.</summary>
    private sealed class StaffKeyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, RelayKeys keys, SignInLimit limit)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        private TimeSpan? _wait;

        protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            IPAddress? address = Context.Connection.RemoteIpAddress;
            _wait = limit.WaitOf(address);
            if (_wait is not null)
                return AuthenticateResult.Fail("too many wrong staff keys");
            string header = Request.Headers.Authorization.ToString();
            if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || !IsKey(header["Bearer ".Length..], keys))
            {
                await limit.FailedAsync(address, Context.RequestAborted);
                return AuthenticateResult.Fail("the staff key is wrong");
            }
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "staff")], BearerScheme);
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), BearerScheme));
        }

        protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            if (_wait is not { } wait)
            {
                await base.HandleChallengeAsync(properties);
                return;
            }
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await Response.WriteAsJsonAsync(new { error = $"too many wrong staff keys from this address: wait {Math.Ceiling(wait.TotalMinutes)} min" }, Context.RequestAborted);
        }
    }
}
