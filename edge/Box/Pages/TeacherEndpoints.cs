using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Edge.Box.Access;
using Edge.Box.Content;
using Edge.Box.Identity;
using Edge.Core.Content;
using Edge.Core.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Edge.Box.Pages;

/// <summary>What teachers do on the site: sign in with the PIN, and change packs. Forms only; all of it works without script.</summary>
public static class TeacherEndpoints
{
    private const int MaxFormBytes = 16 << 10;
    private const int MaxFieldLength = 2_000;
    private const int MaxFields = 12;

    public static void MapTeacher(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/teacher", IResult (HttpContext context, TeacherPin pin, TeacherSessions sessions, TeacherDoor door, string? back) =>
        {
            // A mark of its own before the first try: phones behind one address do not wait for each other.
            PhoneMark.OfOrNew(context);
            return Page(context, pin, sessions, door, back, null);
        });
        routes.MapGet("/teacher/door", Door);
        routes.MapPost("/teacher/pin", AskForPinAsync).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxFormBytes));
        routes.MapGet("/teacher/people", IResult (HttpContext context, TeacherSessions sessions, TeacherDoor door) => sessions.IsSchools(context) ? People(context, door, null, problem: false) : new LocalSeeOther("/teacher?back=/teacher/people"));
        routes.MapPost("/teacher/people", PeopleAsync).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxFormBytes));
        routes.MapPost("/teacher", SignInAsync).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxFormBytes));
        routes.MapPost("/teacher/out", (HttpContext context, TeacherSessions sessions) =>
        {
            sessions.SignOut(context);
            return Results.LocalRedirect("/");
        });
        routes.MapPost("/pack/{pack}/change", ChangeAsync).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(MaxFormBytes));
        routes.MapPost("/pack/{pack}/file", FileAsync);
    }

    private static async Task<IResult> SignInAsync(HttpContext context, TeacherPin pin, TeacherSessions sessions, TeacherDoor door, CancellationToken cancellationToken)
    {
        if (IsForeign(context.Request))
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken);
        string back = form["back"].ToString(), phone = PhoneMark.OfOrNew(context);
        (PinVerdict verdict, TimeSpan wait, DoorStep step, string? teacher) = await door.SignInAsync(phone, PhoneMark.Guesser(context), form["pin"].ToString().Trim(), cancellationToken);
        if (verdict == PinVerdict.Right && step == DoorStep.Shut)
            return Page(context, pin, sessions, door, back, (PinVerdict.Wait, TeacherDoor.Patience));
        if (verdict != PinVerdict.Right)
            return Page(context, pin, sessions, door, back, (verdict, wait));
        if (step == DoorStep.Waiting)
            return ToDoor(back);
        sessions.SignIn(context, phone, teacher);
        return new LocalSeeOther(back);
    }

    /// <summary>A phone waits here for the press at the box, and goes on by itself.</summary>
    private static IResult Door(HttpContext context, TeacherSessions sessions, TeacherDoor door, string? back)
    {
        if (PhoneMark.Of(context) is not { } phone)
            return new LocalSeeOther("/teacher");
        if (door.Take(phone, out string? teacher))
        {
            sessions.SignIn(context, phone, teacher);
            return new LocalSeeOther(back);
        }
        return door.AskOf(phone) is { } asks ? new RazorComponentResult<TeacherDoorPage>(new { asks.Number, asks.Hold }) : new LocalSeeOther("/teacher");
    }

    /// <summary>The school's first PIN, or another when it was forgotten: HELP held at the box makes it so.</summary>
    private static async Task<IResult> AskForPinAsync(HttpContext context, TeacherPin pin, TeacherSessions sessions, TeacherDoor door, CancellationToken cancellationToken)
    {
        if (IsForeign(context.Request))
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken);
        return door.AskForPin(PhoneMark.OfOrNew(context), form["pin"].ToString().Trim()) ? ToDoor("/teacher")
            : Page(context, pin, sessions, door, "/teacher", (PinVerdict.Wait, TeacherDoor.Patience));
    }

    private static async Task<IResult> PeopleAsync(HttpContext context, TeacherSessions sessions, TeacherDoor door, CancellationToken cancellationToken)
    {
        if (IsForeign(context.Request) || !sessions.IsSchools(context))
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken);
        string name = form["name"].ToString().Trim();
        switch (form["do"].ToString())
        {
            case "add":
                // Told on this page alone, which no cache keeps.
                context.Response.Headers.CacheControl = "no-store";
                string? made = DateOnly.TryParseExact(form["until"].ToString().Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly until) ? await door.AddAsync(name, until) : null;
                return People(context, door, made is null ? null : (name, made), problem: made is null);
            case "remove":
                await door.RemoveAsync(name);
                break;
            case "forget" when int.TryParse(form["number"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int number):
                await door.ForgetAsync(number);
                break;
        }
        return new LocalSeeOther("/teacher/people");
    }

    private static RazorComponentResult<PeoplePage> People(HttpContext context, TeacherDoor door, (string Name, string Pin)? made, bool problem) =>
        new(new { door.Temporary, door.Phones, Own = PhoneMark.Of(context), Made = made, Problem = problem }) { StatusCode = problem ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK };

    private static LocalSeeOther ToDoor(string back) => new($"/teacher/door?back={Uri.EscapeDataString(LocalSeeOther.Local(back))}");

    private static RazorComponentResult<TeacherPage> Page(HttpContext context, TeacherPin pin, TeacherSessions sessions, TeacherDoor door, string? back, (PinVerdict Verdict, TimeSpan Wait)? said) =>
        new(new { IsTeacher = sessions.IsTeacher(context), IsSchools = sessions.IsSchools(context), pin.IsSet, door.HasButtons, Back = LocalSeeOther.Local(back), Said = said })
        { StatusCode = said is null ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden };

    /// <summary>Delete an item, undo a change, or decide a clash.</summary>
    private static async Task<IResult> ChangeAsync(string pack, HttpContext context, PackViews views, LocalLayers layers, TeacherSessions sessions, CancellationToken cancellationToken)
    {
        if (IsForeign(context.Request) || !sessions.IsTeacher(context))
            return NotTeacher(context, pack);
        IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken);
        if (views.Current(pack) is not { } view)
            return Results.NotFound();
        ImmutableArray<PackFile> files = view.Base.Files;
        _ = long.TryParse(form["number"], NumberStyles.None, CultureInfo.InvariantCulture, out long number);
        string path = form["path"].ToString();
        string problem = "unknown";
        bool done = await layers.ChangeAsync(pack, (layer, next) => form["do"].ToString() switch
        {
            "delete" => layer.With(next, LocalChangeKind.Delete, path, null, files, out problem),
            "undo" when layer.Find(number) is not null => layer.Without(number),
            "keep" when layer.Find(number) is not null => layer.Keep(number, files),
            _ => null,
        }, cancellationToken);
        return new LocalSeeOther($"/pack/{pack}{(done ? null : "?problem=" + problem)}");
    }

    /// <summary>Add an item, or put a file in the place of one. The file goes to disk as it comes; the fields stand before it in the form.</summary>
    private static async Task<IResult> FileAsync(string pack, HttpContext context, PackViews views, LocalLayers layers, TeacherSessions sessions, IOptions<LayerOptions> options, CancellationToken cancellationToken)
    {
        // Before the first byte is read: a stranger's upload is not even listened to.
        if (IsForeign(context.Request) || !sessions.IsTeacher(context))
            return NotTeacher(context, pack);
        if (views.Current(pack) is not { } view)
            return Results.NotFound();
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.Value.MaxFileBytes + MaxFormBytes;
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out MediaTypeHeaderValue? type) || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 200 } boundary)
            return Results.BadRequest();
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        string? problem = null;
        try
        {
            var reader = new MultipartReader(boundary.ToString(), context.Request.Body) { BodyLengthLimit = null };
            while (problem is null && await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? about))
                    return Results.BadRequest();
                string name = HeaderUtilities.RemoveQuotes(about.Name).ToString();
                string fileName = FileNameOf(about);
                if (about.FileName.HasValue || about.FileNameStar.HasValue)
                {
                    problem = fileName.Length == 0 ? "empty" : await TakeAsync(pack, view, layers, fields, fileName, section.Body, cancellationToken);
                    break;
                }
                using var text = new StreamReader(section.Body, Encoding.UTF8);
                char[] value = new char[MaxFieldLength + 1];
                int length = await text.ReadBlockAsync(value, cancellationToken);
                if (length > MaxFieldLength || fields.Count == MaxFields)
                    return Results.BadRequest();
                fields[name] = new string(value, 0, length);
            }
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            problem = "long";
        }
        return new LocalSeeOther($"/pack/{pack}{(string.IsNullOrEmpty(problem) ? null : "?problem=" + problem)}");
    }

    /// <returns>Why it could not be, in a word for a text key; empty when it was done.</returns>
    private static async Task<string> TakeAsync(
        string pack, PackView view, LocalLayers layers, Dictionary<string, string> fields, string fileName, Stream body, CancellationToken cancellationToken)
    {
        string? item = fields.GetValueOrDefault("path");
        string folder = item is not null && item.LastIndexOf('/') is > 0 and int slash ? item[..(slash + 1)] : "";
        string path = (item is null ? "" : folder) + fileName.Normalize(NormalizationForm.FormC);
        if (PackPath.Problem(path) is not null)
            return "name";
        // A file with the item's own ending takes its very place, so that links to it go on working.
        if (item is not null && string.Equals(Path.GetExtension(item), Path.GetExtension(path), StringComparison.OrdinalIgnoreCase))
            path = item;
        (FileIntake intake, ChunkId id, long length) = await layers.Files.TakeAsync(body, cancellationToken);
        if (intake != FileIntake.Taken)
            return intake == FileIntake.TooLong ? "long" : "room";
        (string type, FileKind kind) = MediaTypes.Of(path);
        string title = fields.GetValueOrDefault("title", "").Trim();
        PackFile? former = item is null ? null : view.File(item);
        var file = new PackFile(path, type, former?.Kind == FileKind.Kit && type.StartsWith("image/", StringComparison.Ordinal) ? FileKind.Kit : kind, length, id, null,
            title.Length > 0 && title.Length <= ContentLimits.MaxTextLength ? LocalText.Of(fields.GetValueOrDefault("lang", "zh-Hans"), title) : former?.Title);
        string problem = "";
        await layers.ChangeAsync(pack, (layer, next) =>
            layer.With(next, item is null ? LocalChangeKind.Add : LocalChangeKind.Replace, item ?? path, file, view.Base.Files, out problem), cancellationToken);
        return problem;
    }

    /// <summary>Phones send the bare name; a path that an old browser sends with it is left off.</summary>
    private static string FileNameOf(ContentDispositionHeaderValue about)
    {
        string name = HeaderUtilities.RemoveQuotes(about.FileNameStar.HasValue ? about.FileNameStar : about.FileName).ToString();
        return name[(name.LastIndexOfAny(['/', '\\']) + 1)..].Trim();
    }

    private static LocalSeeOther NotTeacher(HttpContext context, string pack)
    {
        // The connection would otherwise be read to its end.
        context.Response.Headers.Connection = "close";
        return new LocalSeeOther($"/teacher?back={Uri.EscapeDataString($"/pack/{pack}")}");
    }

    /// <summary>A form of another site, or of a tool, which has no origin.</summary>
    internal static bool IsForeign(HttpRequest request) =>
        request.Headers.Origin is [{ } origin] && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The page to show after a form (RFC 9110 §15.4.4), of this site only.</summary>
internal sealed class LocalSeeOther(string? path) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = Local(path);
        return Task.CompletedTask;
    }

    public static string Local(string? path) => path is ['/', ..] and not ['/', '/' or '\\', ..] && path.Length < 500 && !path.Any(c => c is < ' ' or > '~') ? path : "/";
}
