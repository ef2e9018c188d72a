using Edge.Core.Identity;
using Microsoft.AspNetCore.Connections.Features;
using Relay.Identity;

namespace Relay.Fleet;

/// <summary>Marks an endpoint as part of the box API (port 9443). All others belong to console and staff API.</summary>
/// <param name="Caller">Who may call.</param>
public sealed record BoxApi(BoxApiCaller Caller);

/// <summary>Who may call an endpoint of the box API.</summary>
public enum BoxApiCaller
{
    /// <summary>A claimed, unrevoked box with a valid certificate.</summary>
    Box,
    /// <summary>The same, or one whose certificate ran out lately.</summary>
    BoxToRenew,
    /// <summary>Anybody who reaches the port: a box before its claim.</summary>
    Anyone,
}

/// <summary>Keeps the two ports apart and knows the calling box.</summary>
public static class BoxApiGate
{
    private const string Mark = "edge.box-api";
    private static readonly object CallerKey = new();

    /// <summary>Says of every connection of this listener that it came by the box API's port.</summary>
    public static void MarkAsBoxApi(this Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Items[Mark] = true;
        return next(connection);
    });

    public static TBuilder ForBoxes<TBuilder>(this TBuilder endpoint, BoxApiCaller caller = BoxApiCaller.Box) where TBuilder : IEndpointConventionBuilder
    {
        endpoint.WithMetadata(new BoxApi(caller));
        endpoint.AllowAnonymous(); // staff access does not apply here
        return endpoint;
    }

    /// <summary>The calling box and its school. Only for endpoints that require a box.</summary>
    public static (BoxId Box, string School) Caller(this HttpContext context) => ((BoxId, string))context.Items[CallerKey]!;

    /// <summary>Goes between routing and authorization.</summary>
    public static void UseBoxApiGate(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        bool onBoxPort = context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) == true;
        BoxApi? api = context.GetEndpoint()?.Metadata.GetMetadata<BoxApi>();
        if (onBoxPort != (api is not null))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        if (api is null || api.Caller == BoxApiCaller.Anyone || await IdentifyAsync(context, api.Caller))
            await next();
    });

    private static async Task<bool> IdentifyAsync(HttpContext context, BoxApiCaller caller)
    {
        var certificates = context.RequestServices.GetRequiredService<BoxCertificates>();
        var fleet = context.RequestServices.GetRequiredService<FleetStore>();
        if (await context.Connection.GetClientCertificateAsync(context.RequestAborted) is not { } certificate)
            return await RefuseAsync(context, "this needs the box's certificate");
        switch (certificates.Judge(certificate, out BoxId box))
        {
            case BoxCertificateVerdict.Foreign:
                return await RefuseAsync(context, "this certificate is not from this relay");
            case BoxCertificateVerdict.Expired when caller != BoxApiCaller.BoxToRenew:
                return await RefuseAsync(context, "this certificate has expired: renew it");
        }
        if (fleet.SchoolOf(box) is not { } school)
            return await RefuseAsync(context, "this box is unknown or revoked");
        context.Items[CallerKey] = (box, school);
        return true;
    }

    private static async Task<bool> RefuseAsync(HttpContext context, string why)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        await context.Response.WriteAsync(why, context.RequestAborted);
        return false;
    }
}
