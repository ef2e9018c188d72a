using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Sync;

namespace Relay.Bundle;

/// <summary>A stick was written: the manifests that the plan of this version named.</summary>
public sealed record BundleMadeRequest(long PlanVersion, ImmutableArray<ChunkId> Manifests);

/// <summary>Sticks in the staff API.</summary>
public static class UsbEndpoints
{
    public static void MapUsb(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/bundles/{school}", async (string school, string? since, UsbBundleDesk desk, CancellationToken cancellationToken) =>
        {
            (OfferRefusal refusal, UsbBundleOffer? offer) = await desk.OfferAsync(school, since ?? UsbBundleDesk.Last, cancellationToken);
            return refusal switch
            {
                OfferRefusal.NoSchool => Problem($"there is no school {school}", StatusCodes.Status404NotFound),
                OfferRefusal.NoSuchBundle => Problem($"no bundle of plan version {since} was made for {school}: say \"{UsbBundleDesk.Last}\" or \"{UsbBundleDesk.Nothing}\"", StatusCodes.Status404NotFound),
                _ => Results.Ok(offer),
            };
        });

        routes.MapPost("/api/bundles/{school}/made", async (string school, BundleMadeRequest request, UsbBundleDesk desk, CancellationToken cancellationToken) =>
        {
            if (request.PlanVersion < 1 || request.Manifests.IsDefault)
                return Problem("a bundle has a plan version and manifests");
            await desk.MadeAsync(school, request.PlanVersion, request.Manifests, cancellationToken);
            return Results.Ok(new { school, request.PlanVersion });
        });

        routes.MapPost("/api/returns", async (HttpRequest request, UsbReturnDesk desk, CancellationToken cancellationToken) =>
        {
            byte[] body = new byte[SealedReturn.MaxBytes + 1];
            int length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
            if (length > SealedReturn.MaxBytes)
                return Problem($"a return has at most {SealedReturn.MaxBytes} bytes", StatusCodes.Status413PayloadTooLarge);
            ReturnTaken taken = await desk.TakeAsync(body.AsMemory(0, length), cancellationToken);
            return taken.Refusal is { } why ? Problem(why) : Results.Ok(taken);
        }).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(SealedReturn.MaxBytes + 1));
    }

    private static IResult Problem(string why, int status = StatusCodes.Status400BadRequest) => Results.Json(new { error = why }, statusCode: status);
}
