using Microsoft.AspNetCore.Http.Features;

namespace Edge.Box;

/// <summary>Reads forms. One that is none, is damaged or is over a bound is the sender's fault and never the box's.</summary>
internal static class SoundForm
{
    /// <summary>Answers a refused request with its status, without a word in the log: anybody on the school's network can send nonsense all day.</summary>
    public static void UseRefusal(WebApplication app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = e.StatusCode;
        }
    });

    /// <param name="options">Bounds; null: the framework's.</param>
    /// <exception cref="BadHttpRequestException">415: it is no form; 413: it is over a bound; 400: it is damaged.</exception>
    public static async Task<IFormCollection> ReadAsync(HttpRequest request, CancellationToken cancellationToken, FormOptions? options = null)
    {
        if (!request.HasFormContentType)
            throw new BadHttpRequestException("a form is needed", StatusCodes.Status415UnsupportedMediaType);
        try
        {
            return await (options is null ? request.ReadFormAsync(cancellationToken) : request.ReadFormAsync(options, cancellationToken));
        }
        catch (InvalidDataException e)
        {
            throw new BadHttpRequestException("the form is over a bound", StatusCodes.Status413PayloadTooLarge, e);
        }
        catch (Exception e) when (e is IOException and not BadHttpRequestException)
        {
            throw new BadHttpRequestException("the form is damaged", StatusCodes.Status400BadRequest, e);
        }
    }
}
