using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EndToEnd.World;

/// <summary>Somebody who has got the relay's certificate and sits between a box and its relay: what goes down can be changed. The broker is not touched.
/// The box trusts the connection; that it does not trust the bytes is what is tested.</summary>
public sealed class Tamperer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _relay;
    private readonly X509Certificate2 _server;
    private readonly ConcurrentDictionary<string, Func<byte[], byte[]>> _changes = new();

    private Tamperer(WebApplication app, X509Certificate2 server, HttpClient relay) => (_app, _server, _relay) = (app, server, relay);

    /// <param name="port">Where the box asks.</param>
    /// <param name="server">Certificate of the relay's authority for localhost; disposed with this.</param>
    /// <param name="relay">The way to the real box API, with the box's certificate; disposed with this.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<Tamperer> StartAsync(int port, X509Certificate2 server, HttpClient relay, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listener => listener.UseHttps(server)));
        WebApplication app = builder.Build();
        var tamperer = new Tamperer(app, server, relay);
        app.Run(tamperer.ForwardAsync);
        await app.StartAsync(cancellationToken);
        return tamperer;
    }

    /// <summary>From now on, answers for paths that begin with <paramref name="path"/> are what <paramref name="change"/> makes of them.</summary>
    public void Change(string path, Func<byte[], byte[]> change) => _changes[path] = change;

    public void BeHonest() => _changes.Clear();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _relay.Dispose();
        _server.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, context.Request.Path + context.Request.QueryString.Value);
        Func<byte[], byte[]>? change = _changes.FirstOrDefault(change => context.Request.Path.StartsWithSegments(change.Key)).Value;
        foreach (string name in (string[])["Range", "If-Range", "If-None-Match"])
        {
            // Whoever changes an answer wants it whole.
            if (change is null && context.Request.Headers.TryGetValue(name, out var value))
                request.Headers.TryAddWithoutValidation(name, [.. value]);
        }
        try
        {
            using HttpResponseMessage answer = await _relay.SendAsync(request, context.RequestAborted);
            byte[] bytes = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            if (change is null)
            {
                context.Response.Headers.ETag = answer.Headers.ETag?.ToString();
                context.Response.Headers.ContentRange = answer.Content.Headers.ContentRange?.ToString();
            }
            context.Response.Headers.ContentType = answer.Content.Headers.ContentType?.ToString();
            if (answer.StatusCode == System.Net.HttpStatusCode.NotModified)
                return;
            bytes = change is null ? bytes : change(bytes);
            context.Response.ContentLength = bytes.Length;
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
        catch (HttpRequestException)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
        }
    }
}
