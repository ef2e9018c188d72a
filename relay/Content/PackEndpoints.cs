using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Text;

namespace Relay.Content;

/// <summary>How many boxes have all bytes of a version, and how many show it. Comes from the boxes' reports.</summary>
public readonly record struct PackArrivals(int Delivered, int Verified);

/// <summary>Funnel of one version: schools it is meant for, boxes that have its bytes, boxes that show it.</summary>
public sealed record PackFunnel(int Published, int Delivered, int Verified);

/// <summary>What staff see of a version.</summary>
public sealed record PackSummary(
    string Id,
    long Version,
    LocalText Title,
    int Files,
    long LengthBytes,
    DateTimeOffset Created,
    DateTimeOffset? Published,
    DateTimeOffset? Withdrawn,
    ImmutableArray<PackTarget> Targets,
    ImmutableArray<string> PinnedFor,
    PackFunnel Funnel)
{
    /// <summary>All versions with their funnels.</summary>
    public static ImmutableArray<PackSummary> All(PackRegistry registry, PlanSources sources, Func<string, long, PackArrivals> arrivalsOf)
    {
        ImmutableArray<PackTarget> targets = registry.Targets();
        ILookup<string, string> pins = registry.Pins().ToLookup(pin => pin.Pack, pin => pin.School);
        ILookup<(string Pack, long Version), PlannedSchool> meant = PlanComposer.MeantFor(sources.Schools(), targets);
        return
        [
            .. registry.Versions().Select(v =>
            {
                PackArrivals arrivals = arrivalsOf(v.Pack, v.Version);
                return new PackSummary(v.Pack, v.Version, v.Title, v.Files, v.LengthBytes, v.Created, v.Published, v.Withdrawn,
                    [.. targets.Where(target => target.Pack == v.Pack && target.Version == v.Version)], [.. pins[v.Pack].Order(StringComparer.Ordinal)], new PackFunnel(meant[(v.Pack, v.Version)].Count(), arrivals.Delivered, arrivals.Verified));
            }),
        ];
    }
}

/// <summary>Registers a version whose objects are uploaded.</summary>
public sealed record AddPackRequest(ChunkId Manifest);

/// <summary>Takes a version back; null: all versions.</summary>
public sealed record WithdrawRequest(long? Version);

/// <summary>Packs in the staff API.</summary>
public static class PackEndpoints
{
    /// <param name="routes">Where to add them.</param>
    /// <param name="arrivalsOf">What the boxes report of a version.</param>
    /// <param name="listsChanged">Told after publishing and withdrawing, so that boxes can be nudged.</param>
    public static void MapPacks(this IEndpointRouteBuilder routes, Func<string, long, PackArrivals> arrivalsOf, Func<CancellationToken, Task> listsChanged)
    {
        routes.MapGet("/api/packs", (PackRegistry registry, PlanSources sources) => PackSummary.All(registry, sources, arrivalsOf));

        routes.MapGet("/api/packs/{pack}", (string pack, PackRegistry registry) =>
            registry.Find(pack, null) is { } latest ? Results.Ok(new { latest.Pack, latest.Version, latest.Manifest, Withdrawn = latest.Withdrawn is not null }) : Problem($"there is no pack {pack}", StatusCodes.Status404NotFound));

        routes.MapGet("/api/packs/{pack}/versions/{version:long}", (string pack, long version, PackRegistry registry) =>
            registry.Find(pack, version) is { } found ? Results.Ok(new { found.Pack, found.Version, found.Manifest, Withdrawn = found.Withdrawn is not null })
                : Problem($"there is no pack {pack}@{version}", StatusCodes.Status404NotFound));

        routes.MapPost("/api/packs", async (AddPackRequest request, PackIntake intake, ILogger<PackIntake> log, CancellationToken cancellationToken) =>
        {
            (PackVersion? added, string? refusal) = await intake.AcceptAsync(request.Manifest, cancellationToken);
            if (added is null)
            {
                log.PackRefused(refusal!);
                return Problem(refusal!);
            }
            log.PackAdded(added.Pack, added.Version, added.Files, added.LengthBytes);
            return Results.Ok(new { added.Pack, added.Version, added.Files, added.LengthBytes });
        });

        routes.MapPost("/api/packs/{pack}/publish", async (string pack, PublishRequest request, PackDesk desk, UpdateTable updates, CancellationToken cancellationToken) =>
        {
            PublishResult result = await desk.PublishAsync(pack, request, cancellationToken);
            if (result.Outcome == PublishOutcome.Published)
                await listsChanged(cancellationToken);
            return result.Outcome switch
            {
                PublishOutcome.Proposed => Results.Accepted($"/api/proposals/{result.Proposal}", new { pack, result.Version, result.To, result.Due, result.Proposal }),
                PublishOutcome.TooMany => Problem("too many proposals wait: decide some first", StatusCodes.Status409Conflict),
                PublishOutcome.NotThePublishers => Problem($"{pack} is not in the hands of publisher {request.Publisher}"),
                PublishOutcome.PublisherOver => Problem($"the time of the publisher of {pack} is over: renew it with \"relay publisher add\""),
                PublishOutcome.Published => Results.Ok(new
                {
                    pack,
                    result.Version,
                    result.To,
                    result.Due,
                    Updates = updates.All().Where(update => update.Pack == pack && update.Version == result.Version && update.BundleTried)
                        .Select(update => new { update.Listed.From, Cost = new UpdateCost(update.Listed.DeltaBytes, update.ChunkBytes, update.Listed.Bundle is null ? update.ChunkBytes : update.Listed.BundleBytes) }),
                }),
                PublishOutcome.NoDueTime => Problem($"\"{request.Due}\" is no due time: write {DueText.Help}"),
                PublishOutcome.NoSchool => Problem("name the schools, or \"all\""),
                PublishOutcome.NoPack => Problem(request.Version is null ? $"there is no pack {pack}" : $"there is no pack {pack}@{request.Version}", StatusCodes.Status404NotFound),
                PublishOutcome.UnknownSchool => Problem($"there is no school {string.Join(", ", result.Unknown)}", StatusCodes.Status404NotFound),
                _ => Problem($"{pack}@{result.Version} was withdrawn: build a new version"),
            };
        });

        routes.MapPut("/api/packs/{pack}/pin", async (string pack, PinRequest request, PackDesk desk, CancellationToken cancellationToken) =>
        {
            PinOutcome outcome = await desk.PinAsync(pack, request, cancellationToken);
            if (outcome == PinOutcome.Done)
                await listsChanged(cancellationToken);
            return outcome switch
            {
                PinOutcome.Done => Results.Ok(new { pack, request.To, request.Pinned }),
                PinOutcome.NoPack => Problem($"there is no pack {pack}", StatusCodes.Status404NotFound),
                PinOutcome.NoSchool => Problem("name the schools, or \"all\""),
                PinOutcome.UnknownSchool => Problem("one of the schools is not in the registry", StatusCodes.Status404NotFound),
                _ => Problem($"{pack} is pinned for all schools: let go of it for all first", StatusCodes.Status409Conflict),
            };
        });

        routes.MapPost("/api/packs/{pack}/withdraw", async (string pack, WithdrawRequest request, PackDesk desk, CancellationToken cancellationToken) =>
        {
            if (await desk.WithdrawAsync(pack, request.Version, cancellationToken) is not { } count)
                return Problem($"there is no such version of {pack}", StatusCodes.Status404NotFound);
            await listsChanged(cancellationToken);
            return Results.Ok(new { pack, Withdrawn = count });
        });

        routes.MapGet("/api/errata", (ErrataDesk errata) => errata.All());

        routes.MapPost("/api/packs/{pack}/errata", async (string pack, ErratumRequest request, ErrataDesk errata, CancellationToken cancellationToken) =>
        {
            (Erratum? made, ErratumRefusal refusal) = await errata.MakeAsync(pack, request, cancellationToken);
            if (made is null)
            {
                return Problem(refusal switch
                {
                    ErratumRefusal.NoPack => request.Version is null ? $"there is no pack {pack}" : $"there is no pack {pack}@{request.Version}",
                    ErratumRefusal.NoText => $"it needs a text in 1 to {Erratum.MaxLanguages} languages",
                    ErratumRefusal.TooLong => $"its text is over {Erratum.MaxTextBytes} bytes, all languages together (200 Chinese characters)",
                    ErratumRefusal.NoFile => $"there is no {request.Path} in {pack}",
                    _ => "the place is not valid: write 12:30 or 1:02:03 of a video, or a page from 1, and name the file",
                });
            }
            await listsChanged(cancellationToken);
            return Results.Ok(made);
        });

        routes.MapPost("/api/packs/{pack}/errata/{id}/withdraw", async (string pack, string id, ErrataDesk errata, CancellationToken cancellationToken) =>
        {
            if (await errata.WithdrawAsync(pack, id, cancellationToken) is not { } withdrawn)
                return Problem($"there is no erratum {id} of {pack}", StatusCodes.Status404NotFound);
            await listsChanged(cancellationToken);
            return Results.Ok(withdrawn);
        });

        // Names one behind the other, 32 bytes each: as JSON they would take twice as much.
        routes.MapPost("/api/chunks/known", async (HttpRequest request, PackRegistry registry, CancellationToken cancellationToken) =>
        {
            byte[] body = new byte[PackBuilder.MaxAsked * ChunkId.LengthBytes + 1];
            int length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
            if (length == body.Length || length % ChunkId.LengthBytes != 0)
                return Problem($"up to {PackBuilder.MaxAsked} names of {ChunkId.LengthBytes} bytes are expected");
            return Results.Ok(registry.Known([.. Enumerable.Range(0, length / ChunkId.LengthBytes).Select(i => new ChunkId(body.AsSpan(i * ChunkId.LengthBytes, ChunkId.LengthBytes)))]));
        });

        routes.MapMethods("/api/content/{sha256}", [HttpMethods.Get, HttpMethods.Head], BoxContentEndpoints.Object);

        routes.MapPut("/api/content/{sha256}", async (string sha256, HttpRequest request, ContentStore store, CancellationToken cancellationToken) =>
        {
            if (!ChunkId.TryParse(sha256, out ChunkId id))
                return Problem("an object is named by 64 lower-case hex digits");
            return await store.PutAsync(id, request.Body, cancellationToken) switch
            {
                PutOutcome.Stored => Results.Created(),
                PutOutcome.Held => Results.NoContent(),
                PutOutcome.WrongBytes => Problem("the bytes are not those that the name says"),
                _ => Problem($"an object has at most {ContentStore.MaxObjectBytes} bytes", StatusCodes.Status413PayloadTooLarge),
            };
        }).WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(ContentStore.MaxObjectBytes + 1));
    }

    private static IResult Problem(string why, int status = StatusCodes.Status400BadRequest) => Results.Json(new { error = why }, statusCode: status);
}
