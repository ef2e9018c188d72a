using Edge.Core.Content;
using Microsoft.Net.Http.Headers;

namespace Relay.Content;

/// <summary>What boxes fetch: signed lists and immutable objects.</summary>
public static class BoxContentEndpoints
{
    /// <param name="routes">Where to add them.</param>
    /// <param name="schoolOfCaller">School of the box that calls; null when it has none.</param>
    /// <returns>All of them, so that the caller can say who may use them.</returns>
    public static IEndpointConventionBuilder MapContentForBoxes(this IEndpointRouteBuilder routes, Func<HttpContext, string?> schoolOfCaller)
    {
        RouteGroupBuilder group = routes.MapGroup("");
        group.MapGet("/lists/root", (ListPublisher lists) => List(lists.Root()));
        group.MapGet("/lists/root/{version:long}", (long version, ListPublisher lists) => lists.Root(version) is { } root ? List(root) : Results.NotFound());
        group.MapGet("/lists/catalogue", async (ListPublisher lists, CancellationToken cancellationToken) => List(await lists.CatalogueAsync(cancellationToken)));
        group.MapGet("/lists/plan", async (HttpContext context, ListPublisher lists, CancellationToken cancellationToken) =>
            schoolOfCaller(context) is { } school && await lists.PlanAsync(school, cancellationToken) is { } plan ? List(plan) : Results.NotFound());
        group.MapGet("/lists/errata", (long? after, ErrataDesk errata) => errata.RecordsAfter(after ?? 0) is { Length: > 0 } records ? Results.Bytes(records, "application/octet-stream") : Results.NoContent());
        group.MapMethods("/content/{sha256}", [HttpMethods.Get, HttpMethods.Head], Object);
        return group;
    }

    /// <summary>An object by name, whole or in ranges. It never changes, so every cache on the way may keep it.</summary>
    internal static IResult Object(string sha256, HttpContext context, ContentStore store)
    {
        if (!ChunkId.TryParse(sha256, out ChunkId id) || store.LengthOf(id) is null)
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return Results.File(store.PathOf(id), "application/octet-stream", entityTag: new EntityTagHeaderValue($"\"{sha256}\""), enableRangeProcessing: true);
    }

    private static IResult List(byte[] bytes) =>
        Results.Bytes(bytes, "application/octet-stream", entityTag: new EntityTagHeaderValue($"\"{ChunkId.Of(bytes)}\""));
}
