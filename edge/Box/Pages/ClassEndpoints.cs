using System.Globalization;
using Edge.Box.Access;
using Edge.Box.Identity;
using Edge.Core.Feedback;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Edge.Box.Pages;

/// <summary>A class in the teacher's list.</summary>
/// <param name="Phones">That are in it.</param>
/// <param name="Names">On its list of names.</param>
public sealed record ClassRow(string Class, bool HasPin, int Phones, int Names);

/// <summary>Joining a class with its PIN, and the teacher's list of classes and names. Forms only; all of it works without script.</summary>
public static class ClassEndpoints
{
    private const int MaxFormBytes = 4 << 10;
    private const int MaxRosterFormBytes = Roster.MaxBytes + (4 << 10);

    public static void MapClasses(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/class", IResult (HttpContext context, ClassAccess access, string? back, string? @class) =>
        {
            // A mark of its own before the first try: phones behind one address do not wait for each other.
            PhoneMark.OfOrNew(context);
            return Join(context, access, back, @class, null);
        });
        RouteGroupBuilder forms = routes.MapGroup("").WithMetadata(new RequestSizeLimitAttribute(MaxFormBytes)).DisableAntiforgery();
        forms.AddEndpointFilter(async (call, next) => TeacherEndpoints.IsForeign(call.HttpContext.Request) ? Results.StatusCode(StatusCodes.Status403Forbidden) : await next(call));
        forms.MapPost("/class", JoinAsync);
        forms.MapPost("/class/out", async Task<IResult> (HttpContext context, ClassAccess access) =>
        {
            if (PhoneMark.Of(context) is { } phone)
                await access.SignOutAsync(phone);
            context.Response.Cookies.Delete(Reader.SeatCookie);
            return new LocalSeeOther("/");
        });
        routes.MapGet("/teacher/classes", IResult (HttpContext context, ClassAccess access, TeacherSessions sessions) => sessions.IsTeacher(context) ? Classes(context, access) : ToSignIn());
        forms.MapPost("/teacher/classes", ChangeAsync);
        forms.MapPost("/teacher/roster", TakeRosterAsync).WithMetadata(new RequestSizeLimitAttribute(MaxRosterFormBytes));
        routes.MapGet("/teacher/roster", IResult (HttpContext context, RosterBook roster, TeacherSessions sessions, string? @class) =>
        {
            if (!sessions.IsTeacher(context))
                return ToSignIn();
            context.Response.Headers.CacheControl = "no-store";
            return @class is null || roster.Of(@class).IsEmpty ? new LocalSeeOther("/teacher/classes") : new RazorComponentResult<SeatSheet>(new { Class = @class, Names = roster.Of(@class) });
        });
    }

    private static async Task<IResult> JoinAsync(HttpContext context, ClassAccess access, CancellationToken cancellationToken)
    {
        IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken);
        string back = form["back"].ToString(), className = form["class"].ToString().Trim();
        if (form["seat"].ToString().Trim().Length == 0)
            return await ChooseSeatAsync(context, access, back, className, form["pin"].ToString().Trim(), cancellationToken);
        if (!int.TryParse(form["seat"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) || !new Seat(className, number, SeatRole.Pupil).IsValid)
            return Join(context, access, back, className, "class.bad-seat");
        (PinVerdict verdict, TimeSpan wait) = await access.JoinAsync(PhoneMark.OfOrNew(context), PhoneMark.Guesser(context), className, number, form["pin"].ToString().Trim(), cancellationToken);
        return verdict == PinVerdict.Right ? new LocalSeeOther(back) : Refused(context, access, back, className, verdict, wait);
    }

    /// <summary>Who gave no seat and the right PIN sees the class's pictures, and its names where there is a list.</summary>
    private static async Task<IResult> ChooseSeatAsync(HttpContext context, ClassAccess access, string back, string className, string pin, CancellationToken cancellationToken)
    {
        (PinVerdict verdict, TimeSpan wait) = await access.CheckAsync(PhoneMark.OfOrNew(context), PhoneMark.Guesser(context), className, pin, cancellationToken);
        if (verdict != PinVerdict.Right)
            return Refused(context, access, back, className, verdict, wait);
        context.Response.Headers.CacheControl = "no-store";
        return new RazorComponentResult<ClassSeats>(new { Class = className, Pin = pin, Back = LocalSeeOther.Local(back), Names = context.RequestServices.GetRequiredService<RosterBook>().Of(className) });
    }

    private static RazorComponentResult<ClassPage> Refused(HttpContext context, ClassAccess access, string back, string className, PinVerdict verdict, TimeSpan wait) =>
        Join(context, access, back, className, verdict == PinVerdict.Wrong && wait == TimeSpan.Zero ? "class.wrong" : verdict == PinVerdict.Spent ? "class.spent" : "class.wait", wait);

    private static async Task<IResult> TakeRosterAsync(HttpContext context, ClassAccess access, RosterBook roster, TeacherSessions sessions, CancellationToken cancellationToken)
    {
        if (!sessions.IsTeacher(context))
            return ToSignIn();
        IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken, new FormOptions { ValueCountLimit = 8, ValueLengthLimit = MaxFormBytes, MultipartBodyLengthLimit = MaxRosterFormBytes });
        using var file = new MemoryStream();
        if (form.Files["file"] is { } sent)
            await sent.CopyToAsync(file, cancellationToken);
        string className = form["class"].ToString().Trim();
        (var rows, RosterFault fault, int line) = Roster.Read(file.GetBuffer().AsSpan(0, (int)file.Length), className.Length == 0 ? null : className);
        if (fault == RosterFault.None && !await roster.TakeAsync(rows))
            fault = RosterFault.TooMany;
        return fault == RosterFault.None ? new LocalSeeOther("/teacher/classes") : Classes(context, access, problem: (fault == RosterFault.Class ? "roster.badclass" : $"roster.{fault.ToString().ToLowerInvariant()}", line));
    }

    private static async Task<IResult> ChangeAsync(HttpContext context, ClassAccess access, TeacherSessions sessions, CancellationToken cancellationToken)
    {
        if (!sessions.IsTeacher(context))
            return ToSignIn();
        IFormCollection form = await SoundForm.ReadAsync(context.Request, cancellationToken);
        string className = form["class"].ToString().Trim();
        switch (form["do"].ToString())
        {
            case "pin" when await access.SetPinAsync(className) is { } pin:
                // Told on this page alone, which no cache keeps.
                context.Response.Headers.CacheControl = "no-store";
                return Classes(context, access, made: (className, pin));
            case "out":
                await access.SignOutAllAsync(className);
                break;
            case "open":
                await access.RemoveAsync(className);
                break;
            case "forget":
                await context.RequestServices.GetRequiredService<RosterBook>().ForgetAsync(className);
                break;
        }
        return new LocalSeeOther("/teacher/classes");
    }

    private static RazorComponentResult<ClassPage> Join(HttpContext context, ClassAccess access, string? back, string? className, string? problem, TimeSpan wait = default) =>
        new(new { Classes = access.Classes.ToList(), Back = LocalSeeOther.Local(back), Class = className, Seat = access.SeatOf(PhoneMark.Of(context)), Problem = problem, Wait = wait })
        { StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden };

    private static RazorComponentResult<ClassesPage> Classes(HttpContext context, ClassAccess access, (string Class, string Pin)? made = null, (string Key, int Line)? problem = null)
    {
        var roster = context.RequestServices.GetRequiredService<RosterBook>();
        IEnumerable<string> names = access.Classes.Concat(roster.Classes).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase);
        return new(new { Classes = names.Select(name => new ClassRow(name, access.HasPin(name), access.CountIn(name), roster.Of(name).Length)).ToList(), Made = made, Problem = problem })
        { StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity };
    }

    private static LocalSeeOther ToSignIn() => new("/teacher?back=/teacher/classes");
}
