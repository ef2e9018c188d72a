using Edge.Core.Content;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Box.Content;

/// <summary>Marks an endpoint as one of the tools' port.</summary>
internal sealed record ToolPort;

/// <summary>The tools' own origin: the same host as the site, whatever name or number the phone reached it by, and another port.
/// Browsers then keep a tool apart from the site as if it were another machine.</summary>
/// <param name="port">Port of the tools.</param>
public sealed class ToolSite(Func<int> port)
{
    private const string Mark = "edge.tools";

    // The host is what the browser typed; only one that cannot end a rule is put into it.
    private static readonly System.Buffers.SearchValues<char> HostCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]");

    /// <summary>Where a file runs; null when the caller named no usable host.</summary>
    public string? AddressOf(HttpRequest request, PackView view, PackFile file) => AddressOf(request, view) is { } own ? own + PackView.Escape(file.Path) : null;

    /// <summary>All that a tool of this pack may reach. Ends in a slash.</summary>
    public string? AddressOf(HttpRequest request, PackView view) => Origin(request) is { } origin ? $"{origin}/{view.Pack}/@{view.Stamp}/" : null;

    /// <summary>The rule that a tool runs under, by which the browser lets it reach its own pack and nothing else: no other host, no storage, no cookie, no form, no window.</summary>
    /// <param name="request">By which name the browser reached the box.</param>
    /// <param name="view">The pack.</param>
    /// <param name="mayRun">Whether scripts may run in what is answered.</param>
    public string RuleFor(HttpRequest request, PackView view, bool mayRun)
    {
        string own = AddressOf(request, view) ?? "'none'";
        string helper = Origin(request) is { } origin ? origin + ToolEndpoints.HelperPath : "";
        return (mayRun ? "sandbox allow-scripts allow-forms allow-modals allow-pointer-lock" : "sandbox")
            + $"; default-src {own} data: blob: 'unsafe-inline' 'unsafe-eval'; script-src {own} {helper} blob: 'unsafe-inline' 'unsafe-eval'; frame-src {own}; worker-src {own} blob:"
            + $"; object-src 'none'; form-action 'none'; base-uri 'none'; webrtc 'block'";
    }

    /// <summary>The rule of a page that frames a tool: whatever the frame does, it stays in its pack.</summary>
    public string FrameRuleFor(HttpRequest request, PackView view) => $"frame-src {AddressOf(request, view) ?? "'none'"}";

    /// <summary>Says of every connection of this listener that it came by the tools' port.</summary>
    public static void MarkAsTools(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Items[Mark] = true;
        return next(connection);
    });

    /// <summary>Keeps the two ports apart: what belongs to one does not exist on the other. Goes behind routing.</summary>
    public static void UseGate(IApplicationBuilder app) => app.Use((context, next) =>
    {
        bool onToolPort = context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true;
        if (onToolPort == (context.GetEndpoint()?.Metadata.GetMetadata<ToolPort>() is not null))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });

    private string? Origin(HttpRequest request)
    {
        string host = request.Host.Host;
        return host.Length > 0 && !host.AsSpan().ContainsAnyExcept(HostCharacters) ? $"{request.Scheme}://{host}:{port()}" : null;
    }
}
