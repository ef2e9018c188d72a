using System.Text.Encodings.Web;
using System.Text.Unicode;
using Edge.Box.Content;
using Edge.Box.Feedback;
using Edge.Box.Panel;
using Edge.Core.Content;
using Edge.Core.Learning;
using Edge.Core.Sync;
using Edge.Core.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Edge.Box.Pages;

/// <summary>The school's site: joins what the features offer into pages.</summary>
public static class PagesFeature
{
    private static readonly TimeSpan LanguageKept = TimeSpan.FromDays(400);

    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        WithoutKeyRing(services);
        // Chinese, Tibetan and Yi go out as letters, not as numeric entities three times as long.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddHttpContextAccessor();
        services.AddScoped<Reader>();
        services.AddSingleton(_ => new Assets(Path.Combine(AppContext.BaseDirectory, "wwwroot")));
        services.AddSingleton<PowerState>();
        services.AddSingleton<PanelActions>();
        services.AddSingleton<SiteView>();
        return services;
    }

    /// <summary>Static components bring data protection along, and with it a key ring that is made, stored in the user's home and read at each start.
    /// The site signs nobody in and seals nothing.</summary>
    private static void WithoutKeyRing(IServiceCollection services)
    {
        foreach (ServiceDescriptor start in services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Assembly == typeof(DataProtectionOptions).Assembly).ToArray())
            services.Remove(start);
    }

    public static void MapPages(this IEndpointRouteBuilder routes)
    {
        routes.ServiceProvider.GetRequiredService<Assets>().Map(routes);
        RouteGroupBuilder pages = routes.MapGroup("");
        pages.AddEndpointFilter((call, next) =>
        {
            // Pages tell the state of this moment.
            call.HttpContext.Response.Headers.CacheControl = "no-cache";
            return next(call);
        });

        pages.MapGet("/healthz", () => "ok");
        pages.MapGet("/status.json", (SiteView view) => Results.Json(view.Status(), PagesJson.Default.SiteStatus));
        pages.MapGet("/", IResult (SiteView view) => new RazorComponentResult<HomePage>(new { Lessons = view.Today() }));
        pages.MapGet("/ask", IResult (SiteView view) => new RazorComponentResult<AskPage>(new { Lessons = view.Today() }));
        pages.MapGet("/problem", IResult (string? page) => new RazorComponentResult<ProblemPage>(new { Page = page is { Length: < 200 } ? page : null }));
        pages.MapGet("/status", IResult (SiteView view) => new RazorComponentResult<StatusPage>(new { Status = view.Status() }));
        pages.MapGet("/library", IResult (SiteView view, PackLibrary library, Reader reader) => new RazorComponentResult<LibraryPage>(new
        {
            Packs = library.Shown.Take(LibraryPage.MostPacks).Select(pack => library.Find(pack.Pack)).OfType<ShownPack>().ToList(),
            Coming = library.Reports.RemoveAll(report => report.State == PackHolding.Verified),
            Recordings = view.Recordings(reader),
        }));
        // Whoever shortens a file's address by hand means the pack.
        pages.MapGet("/library/{pack}", (string pack) => Results.Redirect($"/pack/{Uri.EscapeDataString(pack)}"));
        pages.MapGet("/pack/{pack}", IResult (string pack, PackLibrary library) => library.Find(pack) is { } shown
            ? new RazorComponentResult<PackPage>(new { Pack = shown })
            : NotFound());
        pages.MapGet("/exercise/{pack}/{**path}", ExerciseAsync);
        pages.MapGet("/live", (SiteView view) =>
            view.Today().LastOrDefault(card => card.Shows is LessonShows.Live or LessonShows.Lost) is { } card ? Results.Redirect($"/lesson/{card.Planned.Id}") : Results.Redirect("/"));
        pages.MapGet("/lesson/{id}", IResult (string id, SiteView view, LessonQuestions questions) => view.Lesson(id) is { } lesson
            ? new RazorComponentResult<LessonPage>(new
            {
                Lesson = lesson,
                Shows = view.Shows(lesson),
                EdgeSecond = view.EdgeSecond(id),
                Questions = questions.Of(id),
                Notices = questions.Notices(id),
            })
            : NotFound());
        pages.MapGet("/lesson/{id}/questions", IResult (string id, LessonQuestions questions) =>
            new RazorComponentResult<QuestionList>(new { Questions = questions.Of(id), Notices = questions.Notices(id) }));
        pages.MapGet("/lesson/{id}/kit.json", (string id, SiteView view) =>
            view.Lesson(id) is { } lesson ? Results.Json(view.Kit(lesson), PagesJson.Default.KitList) : Results.NotFound());

        pages.MapGet("/panel", IResult (PanelHub hub, PanelJoins joins) => new RazorComponentResult<PanelPage>(new { Face = PanelFace.Of(hub.Current, hub.Now, joins.Text) }));
        pages.MapGet("/screen", IResult (SiteView view, PanelHub hub) => new RazorComponentResult<ScreenPage>(new
        {
            hub.Current.View.Language,
            Next = SiteView.Due(view.Today())?.Planned,
            StatusCode = view.StatusCode(),
        }));
        pages.MapGet("/screen/idle", IResult (SiteView view, PanelHub hub) => new RazorComponentResult<ScreenIdle>(new { hub.Current.View.Language, Next = SiteView.Due(view.Today())?.Planned }));
        pages.MapGet("/screen/status.svg", (SiteView view) => Results.Text(view.StatusCode(), "image/svg+xml"));

        pages.MapPost("/language", async (HttpContext context, Texts texts, CancellationToken cancellationToken) =>
        {
            IFormCollection form = await context.Request.ReadFormAsync(cancellationToken);
            string chosen = form["lang"].ToString();
            if (texts.Offered.Contains(chosen))
                context.Response.Cookies.Append(Reader.Cookie, chosen, new CookieOptions { MaxAge = LanguageKept, SameSite = SameSiteMode.Lax });
            string back = form["back"].ToString();
            // Back to a page of this site, never elsewhere.
            return Results.LocalRedirect(back is ['/', ..] and not ['/', '/' or '\\', ..] ? back : "/");
        });
        routes.MapFallback(IResult () => NotFound());
    }

    private static RazorComponentResult<NotFoundPage> NotFound() => new RazorComponentResult<NotFoundPage> { StatusCode = StatusCodes.Status404NotFound };

    private static async Task<IResult> ExerciseAsync(string pack, string path, HttpContext context, PackLibrary library, CancellationToken cancellationToken)
    {
        (FileOpening opening, PackFile? file, Stream? bytes) = await library.OpenFileAsync(pack, path, cancellationToken);
        if (opening != FileOpening.Opened)
            return NotFound();
        await using (bytes)
        {
            if (file!.LengthBytes <= ChoiceItem.MaxBytes)
            {
                using var xml = new MemoryStream();
                await bytes!.CopyToAsync(xml, cancellationToken);
                xml.Position = 0;
                if (ChoiceItem.Read(xml) is { } item)
                    return new RazorComponentResult<ExercisePage>(new { Pack = pack, Item = item, Chosen = context.Request.Query["answer"].OfType<string>().Take(item.Options.Length).ToList() });
            }
        }
        // What we cannot mark we do not pretend to: the file itself.
        return Results.Redirect($"/library/{pack}/{path}");
    }
}
