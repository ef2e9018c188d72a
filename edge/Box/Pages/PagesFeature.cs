using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Edge.Box.Pages;

/// <summary>The school's site: joins what the features offer into pages.</summary>
public static class PagesFeature
{
    private static readonly TimeSpan LanguageKept = TimeSpan.FromDays(400);

    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        // Chinese, Tibetan and Yi go out as letters, not as numeric entities three times as long.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddHttpContextAccessor();
        services.AddScoped<Reader>();
        services.AddSingleton(_ => new Assets(Path.Combine(AppContext.BaseDirectory, "wwwroot")));
        return services;
    }

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        routes.ServiceProvider.GetRequiredService<Assets>().Map(routes);
        routes.MapGet("/healthz", () => "ok");
        routes.MapGet("/", () => new RazorComponentResult<HomePage>(new { Lessons = Array.Empty<LessonCard>() }));
        routes.MapPost("/language", async (HttpContext context, CancellationToken cancellationToken) =>
        {
            IFormCollection form = await context.Request.ReadFormAsync(cancellationToken);
            context.Response.Cookies.Append(Reader.Cookie, form["lang"].ToString(), new CookieOptions { MaxAge = LanguageKept, SameSite = SameSiteMode.Lax });
            return Back(form["back"]);
        });
    }

    /// <summary>Back to a page of this site, never elsewhere.</summary>
    public static IResult Back(string? path) => Results.Redirect(path is ['/', ..] and not ['/', '/' or '\\', ..] ? path : "/", preserveMethod: false);
}
