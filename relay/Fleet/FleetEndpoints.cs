using System.Text.Json;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Core.Text;

namespace Relay.Fleet;

/// <summary>What staff see of a box.</summary>
public sealed record BoxSummary(string Id, string School, LocalText SchoolName, bool Connected, DateTimeOffset? LastContact, DateTimeOffset Claimed, bool Revoked, JsonElement? Status);

/// <summary>Schools and boxes in the staff API.</summary>
public static class FleetEndpoints
{
    /// <param name="routes">Where to add them.</param>
    /// <param name="schoolsChanged">Told after a school was added or its link's rules changed, so that it gets a plan.</param>
    /// <param name="revoke">Ends a box's identity and its connection; false when it is unknown.</param>
    public static void MapFleet(this IEndpointRouteBuilder routes, Func<CancellationToken, Task> schoolsChanged, Func<BoxId, CancellationToken, Task<bool>> revoke)
    {
        routes.MapGet("/api/schools", (FleetStore fleet) => fleet.Schools());

        routes.MapPut("/api/schools/{id}/link", async (string id, LinkTerms terms, FleetStore fleet, CancellationToken cancellationToken) =>
        {
            if (LinkRules.Of(terms) is null)
                return Problem($"\"{terms.Rates}\" are no rates: write them as \"22:00-06:00 full, 64k\"; caps are not below zero");
            return await SetLinkAsync(id, terms, fleet, cancellationToken);
        });

        routes.MapDelete("/api/schools/{id}/link", (string id, FleetStore fleet, CancellationToken cancellationToken) => SetLinkAsync(id, null, fleet, cancellationToken));

        async Task<IResult> SetLinkAsync(string id, LinkTerms? terms, FleetStore fleet, CancellationToken cancellationToken)
        {
            if (!await fleet.SetLinkAsync(id, terms, cancellationToken))
                return Problem("no such school", StatusCodes.Status404NotFound);
            await schoolsChanged(cancellationToken);
            return Results.Ok(new { school = id, link = terms });
        }

        routes.MapGet("/api/boxes", (FleetStore fleet) => Summaries(fleet));

        routes.MapPost("/api/boxes/claim", async (ClaimRequest request, EnrolmentDesk desk, CancellationToken cancellationToken) =>
        {
            (ClaimOutcome outcome, BoxId box, string school) = await desk.ClaimAsync(request, cancellationToken);
            if (outcome == ClaimOutcome.Claimed)
                await schoolsChanged(cancellationToken);
            return outcome switch
            {
                ClaimOutcome.Claimed => Results.Ok(new { box = box.ToString(), school }),
                ClaimOutcome.NoSchoolName => Problem($"a school has a name of at most {ClaimRequest.MaxSchoolLength} letters"),
                ClaimOutcome.NoSchoolId => Problem("a school id has lower-case letters, digits and hyphens"),
                ClaimOutcome.NoCode => Problem($"{request.Code} is no claim code: it has eight symbols, such as 7KQ2-9F4M"),
                ClaimOutcome.Unknown => Problem("no box shows this claim code; has it reached the relay?", StatusCodes.Status404NotFound),
                ClaimOutcome.Expired => Problem("this claim code has expired; the box shows a new one", StatusCodes.Status410Gone),
                _ => Problem($"this claim code was used: it is box {box}", StatusCodes.Status409Conflict),
            };
        });

        routes.MapPost("/api/boxes/{id}/revoke", async (string id, CancellationToken cancellationToken) =>
            BoxId.TryParse(id, out BoxId box) && await revoke(box, cancellationToken)
                ? Results.Ok(new { box = id, revoked = true })
                : Problem("no such box", StatusCodes.Status404NotFound));
    }

    public static IReadOnlyList<BoxSummary> Summaries(FleetStore fleet)
    {
        Dictionary<string, LocalText> names = fleet.Schools().ToDictionary(school => school.Id, school => school.Name);
        return [.. fleet.Boxes().Select(box => new BoxSummary(box.Id.ToString(), box.School, names[box.School], box.Connected, box.LastContact, box.Claimed, box.Revoked,
            box.Status is null ? null : JsonElement.Parse(box.Status)))];
    }

    private static IResult Problem(string why, int status = StatusCodes.Status400BadRequest) => Results.Json(new { error = why }, statusCode: status);
}
