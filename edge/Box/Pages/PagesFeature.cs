using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Edge.Box.Content;
using Edge.Box.Feedback;
using Edge.Box.Identity;
using Edge.Box.Panel;
using Edge.Box.Usage;
using Edge.Core.Content;
using Edge.Core.Feedback;
using Edge.Core.Learning;
using Edge.Core.Panel;
using Edge.Core.Sync;
using Edge.Core.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Edge.Box.Pages;

/// <summary>The school's site: joins what the features offer into pages.</summary>
public static class PagesFeature
{
    /// <summary>What a page may say of a change that could not be.</summary>
    private static readonly FrozenSet<string?> LayerProblems = FrozenSet.Create<string?>("full", "taken", "unknown", "name", "long", "room", "empty");

    private static readonly TimeSpan LanguageKept = TimeSpan.FromDays(400);

    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        WithoutKeyRing(services);
        // Chinese, Tibetan and Yi go out as letters, not as numeric entities three times as long.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddHttpContextAccessor();
        services.AddScoped<Reader>();
        services.AddSingleton<LessonCues>();
        services.AddSingleton<ScreenBoard>();
        services.AddSingleton(_ => new Assets(Path.Combine(AppContext.BaseDirectory, "wwwroot")));
        services.AddSingleton<PowerState>();
        services.AddSingleton<PanelActions>();
        services.AddSingleton<PackUse>();
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
        MapLetterTables(routes);
        RouteGroupBuilder pages = routes.MapGroup("");
        pages.AddEndpointFilter((call, next) =>
        {
            // Pages tell the state of this moment.
            call.HttpContext.Response.Headers.CacheControl = "no-cache";
            return next(call);
        });

        pages.MapGet("/healthz", () => "ok");
        pages.MapGet("/status.json", (SiteView view) => Results.Json(view.Status(), PagesJson.Default.SiteStatus));
        pages.MapGet("/", IResult (SiteView view, DownInbox inbox) => new RazorComponentResult<HomePage>(new { Lessons = view.Today(), Notices = inbox.OfSchool(HomePage.MaxNotices) })).WithMetadata(new CountsAs(UsageKey.Visits));
        pages.MapGet("/ask", IResult (SiteView view) => new RazorComponentResult<AskPage>(new { Lessons = view.Today() })).WithMetadata(new CountsAs(UsageKey.Visits));
        pages.MapProblems();
        pages.MapGet("/status", IResult (SiteView view, LibrarySearch search) =>
        {
            SiteStatus status = view.Status();
            return new RazorComponentResult<StatusPage>(new { Status = status, Titles = search.TitlesOf(status.Packs.Select(pack => pack.Pack)) });
        });
        pages.MapGet("/library", IResult (HttpContext context, SiteView view, PackLibrary library, LibrarySearch search, Reader reader) => Library(context, view, library, search, reader)).WithMetadata(new CountsAs(UsageKey.Visits));
        // Whoever shortens a file's address by hand means the pack.
        pages.MapGet("/library/{pack}", (string pack) => Results.Redirect($"/pack/{Uri.EscapeDataString(pack)}"));
        pages.MapGet("/pack/{pack}", IResult (string pack, HttpContext context, PackViews views, SiteView site, TeacherSessions teachers, string? problem) => views.Current(pack) is { } view
            ? new RazorComponentResult<PackPage>(new { View = view, Errata = site.Errata(pack), IsTeacher = teachers.IsTeacher(context), Problem = LayerProblems.Contains(problem) ? problem : null })
            : NotFound()).WithMetadata(new CountsAs(UsageKey.Visits));
        pages.MapTeacher();
        pages.MapClasses();
        pages.MapGet("/pack/{pack}/{**path}", ItemAsync).WithMetadata(new CountsAs(UsageKey.Visits));
        pages.MapGet("/exercise/{pack}/{**path}", ExerciseAsync).WithMetadata(new CountsAs(UsageKey.Applications));
        pages.MapGet("/live", (SiteView view) =>
            view.Today().LastOrDefault(card => card.Shows is LessonShows.Live or LessonShows.Lost) is { } card ? Results.Redirect($"/lesson/{card.Planned.Id}") : Results.Redirect("/"));
        pages.MapGet("/lesson/{id}", Lesson).WithMetadata(new CountsAs(UsageKey.Visits));
        pages.MapGet("/lesson/{id}/questions", IResult (string id, LessonQuestions questions, PackUse use, SiteView view) =>
        {
            if (view.Lesson(id) is not null)
                use.Seen(id);
            return new RazorComponentResult<QuestionList>(new { Lesson = id, Questions = questions.Of(id), Notices = questions.Notices(id) });
        });
        pages.MapGet("/lesson/{id}/errata", IResult (string id, SiteView view) => new RazorComponentResult<ErrataStrip>(new { Errata = view.Errata(view.Lesson(id)?.Kit) }));
        pages.MapTeach();
        pages.MapGet("/lesson/{id}/kit.json", async (string id, SiteView view, LessonCues cues, Reader reader, CancellationToken cancellationToken) =>
        {
            if (view.Lesson(id) is not { } lesson)
                return Results.NotFound();
            (ImmutableArray<Cue> sheet, PackView? kit) = await cues.OfAsync(lesson, cancellationToken);
            return Results.Json(new KitList(view.KitPictures(lesson), view.KitSounds(lesson),
            [
                .. sheet.Select(cue => new KitCue(cue.At, cue.Kind.ToString(), $"{reader["cue." + cue.Kind.ToString().ToLowerInvariant()]}: {reader.In(cue.Title)}",
                    cue.Item is { } item && kit?.File(item) is { } file ? kit.PageOf(file) : null)),
            ]), PagesJson.Default.KitList);
        });

        pages.MapGet("/panel", IResult (HttpContext context, PanelHub hub, PanelJoins joins) =>
            new RazorComponentResult<PanelPage>(new { Face = PanelFace.Of(hub.Current, hub.Now, joins.Text), AsksForPin = joins.MayPress?.Invoke(context, PanelButton.SafeOff) == false }));
        pages.MapGet("/screen", IResult (SiteView view, PanelHub hub) => new RazorComponentResult<ScreenPage>(new
        {
            hub.Current.View.Language,
            Next = SiteView.Due(view.Today())?.Planned,
            Errata = view.OnScreen(hub.Current.View.Screen.Lesson),
            StatusCode = view.StatusCode(),
        }));
        pages.MapGet("/screen/idle", IResult (SiteView view, PanelHub hub) => new RazorComponentResult<ScreenIdle>(new { hub.Current.View.Language, Next = SiteView.Due(view.Today())?.Planned }));
        pages.MapGet("/screen/errata", IResult (SiteView view, PanelHub hub) =>
        {
            ScreenCorrections shown = view.OnScreen(hub.Current.View.Screen.Lesson);
            return new RazorComponentResult<ScreenErrata>(new { hub.Current.View.Language, shown.Errata, shown.Turn });
        });
        pages.MapGet("/screen/result", IResult (SiteView view, PanelHub hub, LessonQuestions questions) => new RazorComponentResult<ClassResult>(new
        {
            hub.Current.View.Language,
            Result = hub.Current.View.Screen.Lesson is { } id && view.Lesson(id) is { } lesson ? questions.Answering(lesson) : null,
        }));
        pages.MapGet("/screen/board.json", (ScreenBoard board) => Results.Json(board.Current, BoardJson.Default.BoardState));
        pages.MapGet("/screen/status.svg", (SiteView view) => Results.Text(view.StatusCode(), "image/svg+xml"));

        pages.MapPost("/language", async (HttpContext context, Texts texts, CancellationToken cancellationToken) =>
        {
            IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken);
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

    private static IResult Lesson(string id, SiteView view, LessonQuestions questions, PackUse use)
    {
        if (view.Lesson(id) is not { } lesson)
            return NotFound();
        use.Seen(id);
        ImmutableArray<LessonQuestion> asked = questions.Of(id);
        return new RazorComponentResult<LessonPage>(new
        {
            Lesson = lesson,
            Shows = view.Shows(lesson),
            EdgeSecond = view.EdgeSecond(id),
            Chapters = view.Chapters(lesson, asked),
            Recorded = view.Recorded(id),
            Questions = asked,
            Notices = questions.Notices(id),
            Errata = view.Errata(lesson.Kit),
        });
    }

    private static RazorComponentResult<LibraryPage> Library(HttpContext context, SiteView view, PackLibrary library, LibrarySearch search, Reader reader)
    {
        var ask = LibraryAsk.Of(context.Request.Query);
        LibraryAnswer? answer = null;
        try
        {
            answer = search.Search(ask.Query);
        }
        catch (IOException)
        {
            // The index was damaged and is being made anew; the page says so.
        }
        ImmutableArray<PackReport> coming = library.Reports.RemoveAll(report => report.State == PackHolding.Verified);
        return new RazorComponentResult<LibraryPage>(new
        {
            Search = ask,
            Answer = answer,
            Coming = coming,
            Titles = search.TitlesOf(coming.Select(report => report.Pack)),
            Recordings = view.Recordings(reader),
        });
    }

    /// <summary>Tables by which the viewer of PDF turns Chinese letters that a file does not bring along into shapes. It asks for the few it needs.</summary>
    private static void MapLetterTables(IEndpointRouteBuilder routes)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "cmaps");
        FrozenSet<string> names = Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).ToFrozenSet();
        routes.MapGet("/cmaps/{name}", (string name, HttpContext context) =>
        {
            if (!names.Contains(name))
                return Results.NotFound();
            context.Response.Headers.CacheControl = "public, max-age=2592000";
            return Results.File(Path.Combine(folder, name), "application/octet-stream");
        });
    }

    private static async Task<IResult> ItemAsync(string pack, string path, HttpContext context, PackViews views, SiteView site, ToolSite tools, TeacherSessions teachers, CancellationToken cancellationToken)
    {
        bool original = context.Request.Query.ContainsKey("original");
        if ((original ? views.Original(pack) : views.Current(pack)) is not { } view || view.File(path) is not { } file)
            return NotFound();
        // The viewer reads what others wrote: no script but ours may come of it, and a tool in its frame stays in its pack.
        context.Response.Headers.ContentSecurityPolicy = $"script-src 'self'; object-src 'none'; base-uri 'none'; {tools.FrameRuleFor(context.Request, view)}";
        string? text = null;
        if (FileShows.Of(file) == FileShow.Text)
        {
            (FileOpening opening, _, Stream? bytes) = await views.OpenAsync(file, cancellationToken);
            if (opening == FileOpening.Opened)
            {
                using var reader = new StreamReader(bytes!, Encoding.UTF8);
                text = await reader.ReadToEndAsync(cancellationToken);
            }
        }
        return new RazorComponentResult<ItemPage>(new { View = view, File = file, Text = text, Original = original, IsTeacher = teachers.IsTeacher(context), Errata = site.Errata(pack).RemoveAll(erratum => erratum.Path is not null && erratum.Path != path), ToolAddress = tools.AddressOf(context.Request, view, file) });
    }

    private static async Task<IResult> ExerciseAsync(string pack, string path, HttpContext context, PackViews views, CancellationToken cancellationToken)
    {
        if (views.Current(pack) is not { } view || view.File(path) is not { } found)
            return NotFound();
        (FileOpening opening, PackFile? file, Stream? bytes) = await views.OpenAsync(found, cancellationToken);
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
        return Results.Redirect(view.PageOf(found));
    }
}
