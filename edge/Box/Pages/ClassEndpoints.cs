using System.Globalization;
using Edge.Box.Access;
using Edge.Box.Identity;
using Edge.Core.Feedback;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Edge.Box.Pages;

/// <summary>Joining a class with its PIN, and the teacher's list of classes. Forms only; all of it works without script.</summary>
public static class ClassEndpoints
{
    private const int MaxFormBytes = 4 << 10;

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
        routes.MapGet("/teacher/classes", IResult (HttpContext context, ClassAccess access, TeacherSessions sessions) => sessions.IsTeacher(context) ? Classes(access, null) : ToSignIn());
        forms.MapPost("/teacher/classes", ChangeAsync);
    }

    private static async Task<IResult> JoinAsync(HttpContext context, ClassAccess access, CancellationToken cancellationToken)
    {
        IFormCollection form = await context.Request.ReadFormAsync(cancellationToken);
        string back = form["back"].ToString(), className = form["class"].ToString().Trim();
        if (!int.TryParse(form["seat"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) || !new Seat(className, number, SeatRole.Pupil).IsValid)
            return Join(context, access, back, className, "class.bad-seat");
        (PinVerdict verdict, TimeSpan wait) = await access.JoinAsync(PhoneMark.OfOrNew(context), PhoneMark.Guesser(context), className, number, form["pin"].ToString().Trim(), cancellationToken);
        return verdict == PinVerdict.Right ? new LocalSeeOther(back)
            : Join(context, access, back, className, verdict == PinVerdict.Wrong && wait == TimeSpan.Zero ? "class.wrong" : verdict == PinVerdict.Spent ? "class.spent" : "class.wait", wait);
    }

    private static async Task<IResult> ChangeAsync(HttpContext context, ClassAccess access, TeacherSessions sessions, CancellationToken cancellationToken)
    {
        if (!sessions.IsTeacher(context))
            return ToSignIn();
        IFormCollection form = await context.Request.ReadFormAsync(cancellationToken);
        string className = form["class"].ToString().Trim();
        switch (form["do"].ToString())
        {
            case "pin" when await access.SetPinAsync(className) is { } pin:
                // Told on this page alone, which no cache keeps.
                context.Response.Headers.CacheControl = "no-store";
                return Classes(access, (className, pin));
            case "out":
                await access.SignOutAllAsync(className);
                break;
            case "open":
                await access.RemoveAsync(className);
                break;
        }
        return new LocalSeeOther("/teacher/classes");
    }

    private static RazorComponentResult<ClassPage> Join(HttpContext context, ClassAccess access, string? back, string? className, string? problem, TimeSpan wait = default) =>
        new(new { Classes = access.Classes.ToList(), Back = LocalSeeOther.Local(back), Class = className, Seat = access.SeatOf(PhoneMark.Of(context)), Problem = problem, Wait = wait })
        { StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status403Forbidden };

    private static RazorComponentResult<ClassesPage> Classes(ClassAccess access, (string Class, string Pin)? made) =>
        new(new { Classes = access.Classes.Select(name => (name, access.CountIn(name))).ToList(), Made = made });

    private static LocalSeeOther ToSignIn() => new("/teacher?back=/teacher/classes");
}
