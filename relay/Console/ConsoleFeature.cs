using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Edge.Core.Identity;
using Edge.Core.Text;
using Microsoft.AspNetCore.Mvc;

namespace Relay.Console;

/// <summary>What the console tells its neighbours.</summary>
/// <param name="ListsChanged">Told after schools, packs or lessons changed, so that plans are made anew and boxes hear of it.</param>
/// <param name="Revoke">Ends a box's identity and its connection; false when it is unknown.</param>
public sealed record ConsolePorts(Func<CancellationToken, Task> ListsChanged, Func<BoxId, CancellationToken, Task<bool>> Revoke);

/// <summary>The staff console: joins what the features offer into pages. All of it works without script; console.js renews what is on show.</summary>
public static class ConsoleFeature
{
    private const int MaxFormBytes = 256 << 10;

    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<ConsoleOptions, ConsoleOptionsValidator>().BindConfiguration("Console");
        services.AddRazorComponents();
        // Chinese goes out as letters, not as numeric entities three times as long.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddHttpContextAccessor();
        services.AddScoped<Reader>();
        services.AddSingleton<Assets>();
        services.AddSingleton(LoadTexts());
        return services;
    }

    public static void MapConsole(this IEndpointRouteBuilder routes, ConsolePorts ports)
    {
        routes.ServiceProvider.GetRequiredService<Assets>().Map(routes);
        RouteGroupBuilder pages = routes.MapGroup("");
        pages.AddEndpointFilter<ConsoleGuard>();
        pages.WithMetadata(new RequestSizeLimitAttribute(MaxFormBytes));
        // The guard and the SameSite=Strict cookie stand for the framework's token, which a page renewed in parts would lose.
        pages.DisableAntiforgery();
        pages.ExcludeFromDescription();
        pages.MapSession();
        pages.MapOverview();
        pages.MapSchools(ports);
        pages.MapPackPages(ports);
        pages.MapTrust(ports);
        pages.MapLessonPages();
        pages.MapFeedbackPages();
        pages.MapTeachPages();
        pages.MapFallback((HttpContext context) => context.Request.Path.StartsWithSegments("/api") ? Results.NotFound() : SchoolPages.Missing());
    }

    /// <summary>The texts in the assembly, one file per language.</summary>
    internal static Texts LoadTexts()
    {
        Assembly assembly = typeof(ConsoleFeature).Assembly;
        return new Texts(assembly.GetManifestResourceNames().Where(name => name.StartsWith("locale:", StringComparison.Ordinal)).Select(name =>
        {
            using Stream stream = assembly.GetManifestResourceStream(name)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return KeyValuePair.Create(name["locale:".Length..], bytes);
        }));
    }
}
