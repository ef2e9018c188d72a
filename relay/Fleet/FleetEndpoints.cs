using System.Text.Json;
using Edge.Core.Identity;
using Edge.Core.Text;

namespace Relay.Fleet;

/// <summary>What staff send to claim a box: the shown code and the school's id or name. An unknown school is added.</summary>
public sealed record ClaimRequest(string Code, string School, string? SchoolId);

/// <summary>What staff see of a box.</summary>
public sealed record BoxSummary(string Id, string School, LocalText SchoolName, bool Connected, DateTimeOffset? LastContact, DateTimeOffset Claimed, bool Revoked, JsonElement? Status);

/// <summary>Schools and boxes in the staff API.</summary>
public static class FleetEndpoints
{
    /// <param name="routes">Where to add them.</param>
    /// <param name="schoolsChanged">Told after a school was added, so that it gets a plan.</param>
    public static void MapFleet(this IEndpointRouteBuilder routes, Func<CancellationToken, Task> schoolsChanged)
    {
        routes.MapGet("/api/schools", (FleetStore fleet) => fleet.Schools());

        routes.MapGet("/api/boxes", (FleetStore fleet) => Summaries(fleet));

        routes.MapPost("/api/boxes/claim", async (ClaimRequest request, FleetStore fleet, EnrolmentDesk desk, CancellationToken cancellationToken) =>
        {
            if (string.IsNullOrWhiteSpace(request.School) || request.School.Length > 200)
                return Problem("a school has a name of at most 200 letters");
            if (ClaimCode.Normalise(request.Code) is null)
                return Problem($"{request.Code} is no claim code: it has eight symbols, such as 7KQ2-9F4M");
            School? school = fleet.FindSchool(request.SchoolId ?? request.School);
            bool added = school is null;
            if (school is null)
            {
                // Names without Latin letters give no slug; the school then gets a number of its own.
                string id = request.SchoolId ?? Slug.From(request.School) ?? $"school-{fleet.Schools().Length + 1}";
                if (!Slug.IsValid(id))
                    return Problem("a school id has lower-case letters, digits and hyphens");
                school = new School(id, LocalText.Of(Language(request.School), request.School));
            }
            (ClaimOutcome outcome, BoxId box) = await ClaimAsync(desk, fleet, school, added, request.Code, cancellationToken);
            if (outcome == ClaimOutcome.Claimed)
            {
                await schoolsChanged(cancellationToken);
                return Results.Ok(new { box = box.ToString(), school = school.Id });
            }
            return outcome switch
            {
                ClaimOutcome.Unknown => Problem("no box shows this claim code; has it reached the relay?", StatusCodes.Status404NotFound),
                ClaimOutcome.Expired => Problem("this claim code has expired; the box shows a new one", StatusCodes.Status410Gone),
                _ => Problem($"this claim code was used: it is box {box}", StatusCodes.Status409Conflict),
            };
        });

        routes.MapPost("/api/boxes/{id}/revoke", async (string id, FleetStore fleet, CancellationToken cancellationToken) =>
            BoxId.TryParse(id, out BoxId box) && await fleet.RevokeAsync(box, cancellationToken)
                ? Results.Ok(new { box = id, revoked = true })
                : Problem("no such box", StatusCodes.Status404NotFound));
    }

    public static IReadOnlyList<BoxSummary> Summaries(FleetStore fleet)
    {
        Dictionary<string, LocalText> names = fleet.Schools().ToDictionary(school => school.Id, school => school.Name);
        return [.. fleet.Boxes().Select(box => new BoxSummary(box.Id.ToString(), box.School, names[box.School], box.Connected, box.LastContact, box.Claimed, box.Revoked,
            box.Status is null ? null : JsonElement.Parse(box.Status)))];
    }

    private static async Task<(ClaimOutcome, BoxId)> ClaimAsync(
        EnrolmentDesk desk, FleetStore fleet, School school, bool added, string code, CancellationToken cancellationToken)
    {
        // A school is added only for a code that will do: a mistyped claim must change nothing.
        ClaimOutcome outlook = desk.Outlook(code);
        if (outlook != ClaimOutcome.Claimed)
            return (outlook, desk.BoxOf(code));
        if (added)
            await fleet.AddSchoolAsync(school.Id, school.Name, cancellationToken);
        return await desk.ClaimAsync(code, school, cancellationToken);
    }

    private static string Language(string name) => name.Any(c => c >= 0x2E80) ? "zh-Hans" : "en";

    private static IResult Problem(string why, int status = StatusCodes.Status400BadRequest) => Results.Json(new { error = why }, statusCode: status);
}
