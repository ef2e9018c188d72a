using System.Security.Cryptography;

namespace Edge.Box.Identity;

/// <summary>Teachers signed in on phones. In memory only: a restart signs all out, and so does half an hour without a tap, since phones are shared.</summary>
public sealed class TeacherSessions(TimeProvider time)
{
    public const string Cookie = "teacher";

    private const int MaxSessions = 50;

    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _used = [];

    public bool IsTeacher(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { Length: > 0 } token)
            return false;
        lock (_gate)
        {
            if (!_used.TryGetValue(token, out long used))
                return false;
            if (time.GetElapsedTime(used) > Idle)
            {
                _used.Remove(token);
                return false;
            }
            _used[token] = time.GetTimestamp();
            return true;
        }
    }

    public void SignIn(HttpContext context)
    {
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        lock (_gate)
        {
            if (_used.Count >= MaxSessions)
                _used.Remove(_used.MinBy(session => session.Value).Key);
            _used[token] = time.GetTimestamp();
        }
        // Not sent from a tool's frame or another site: what is not strictly from this site's own pages counts as nobody's.
        context.Response.Cookies.Append(Cookie, token, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict });
    }

    public void SignOut(HttpContext context)
    {
        lock (_gate)
            _used.Remove(context.Request.Cookies[Cookie] ?? "");
        context.Response.Cookies.Delete(Cookie);
    }
}
