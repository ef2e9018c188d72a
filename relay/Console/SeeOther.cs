namespace Relay.Console;

/// <summary>The page to show after a form (RFC 9110 §15.4.4): loading it again does not send the form again.</summary>
public sealed class SeeOther(string? path) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = Local(path);
        return Task.CompletedTask;
    }

    /// <summary>A page of this console, never elsewhere.</summary>
    public static string Local(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(c => c is < ' ' or > '~') ? path : "/";
}
