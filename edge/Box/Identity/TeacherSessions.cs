using System.Security.Cryptography;
using Edge.Box.Access;

namespace Edge.Box.Identity;

/// <summary>Teachers signed in on phones. In memory only: a restart signs all out, and so does half an hour without a tap, since phones are shared, and a phone or teacher who lost the right.</summary>
public sealed class TeacherSessions(TeacherDoor door, TimeProvider time)
{
    public const string Cookie = "teacher";

    private const int MaxSessions = 50;

    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Used, string Phone, string? Teacher)> _sessions = [];

    public bool IsTeacher(HttpContext context) => IsIn(context, out _);

    /// <summary>One of the school's own, who may say who else teaches.</summary>
    public bool IsSchools(HttpContext context) => IsIn(context, out string? temporary) && temporary is null;

    /// <param name="context">Of the phone.</param>
    /// <param name="phone">Its mark; known at the door.</param>
    /// <param name="teacher">The temporary teacher who signs in; null: the school's own.</param>
    public void SignIn(HttpContext context, string phone, string? teacher)
    {
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        lock (_gate)
        {
            if (_sessions.Count >= MaxSessions)
                _sessions.Remove(_sessions.MinBy(session => session.Value.Used).Key);
            _sessions[token] = (time.GetTimestamp(), phone, teacher);
        }
        // Not sent from a tool's frame or another site: what is not strictly from this site's own pages counts as nobody's.
        context.Response.Cookies.Append(Cookie, token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict });
    }

    public void SignOut(HttpContext context)
    {
        lock (_gate)
            _sessions.Remove(context.Request.Cookies[Cookie] ?? "");
        context.Response.Cookies.Delete(Cookie);
    }

    private bool IsIn(HttpContext context, out string? teacher)
    {
        teacher = null;
        if (context.Request.Cookies[Cookie] is not { Length: > 0 } token)
            return false;
        lock (_gate)
        {
            if (!_sessions.TryGetValue(token, out var session))
                return false;
            if (time.GetElapsedTime(session.Used) > Idle || !door.MaySign(session.Phone, session.Teacher))
            {
                _sessions.Remove(token);
                return false;
            }
            _sessions[token] = session with { Used = time.GetTimestamp() };
            teacher = session.Teacher;
            return true;
        }
    }
}
