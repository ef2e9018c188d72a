using System.Collections.Immutable;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Relay.Content;
using Relay.Fleet;

namespace Relay.Console;

/// <summary>What was typed into the claim form, and what was wrong with it.</summary>
public sealed record ClaimForm(string Code, string School, string? Error)
{
    public static readonly ClaimForm Empty = new("", "", null);
}

/// <summary>Schools and boxes: list, claim, revoke; one school with its packs and the rules of its link.</summary>
internal static class SchoolPages
{
    public static void MapSchools(this IEndpointRouteBuilder routes, ConsolePorts ports)
    {
        routes.MapGet("/schools", (HttpContext context) => Page(context, ClaimForm.Empty));

        routes.MapPost("/schools/claim", async (HttpContext context, Reader reader, EnrolmentDesk desk, FleetStore fleet, IFormCollection form, CancellationToken cancellationToken) =>
        {
            var request = new ClaimRequest(form["code"].ToString().Trim(), form["school"].ToString().Trim(), null);
            (ClaimOutcome outcome, BoxId box, string school) = await desk.ClaimAsync(request, cancellationToken);
            if (outcome != ClaimOutcome.Claimed)
                return Page(context, new ClaimForm(request.Code, request.School, reader.Format($"claim.{outcome.ToString().ToLowerInvariant()}", request.Code, box)));
            await ports.ListsChanged(cancellationToken);
            return Said.Back(context, "/schools", "said.claimed", box.ToString(), reader.In(fleet.FindSchool(school)!.Name));
        });

        routes.MapGet("/schools/{school}", (HttpContext context, string school) => OneSchool(context, school, null));

        routes.MapPost("/schools/{school}/link", async (HttpContext context, Reader reader, string school, FleetStore fleet, IFormCollection form, CancellationToken cancellationToken) =>
        {
            LinkForm typed = LinkForm.Read(form);
            LinkTerms? terms = null;
            if (typed.Own)
            {
                (terms, typed) = typed.ToTerms();
                if (terms is null)
                    return OneSchool(context, school, typed);
            }
            if (!await fleet.SetLinkAsync(school, terms, cancellationToken))
                return Missing();
            await ports.ListsChanged(cancellationToken);
            return Said.Back(context, $"/schools/{school}", terms is null ? "said.link-cleared" : "said.link", reader.In(fleet.FindSchool(school)!.Name));
        });

        routes.MapGet("/schools/revoke/{id}", (string id, Reader reader, FleetStore fleet) =>
        {
            if (!BoxId.TryParse(id, out BoxId box) || fleet.Box(box) is not { Revoked: false } found)
                return Missing();
            return new RazorComponentResult<ConfirmPage>(new
            {
                Title = reader.Format("revoke.title", id),
                What = reader.Format("revoke.what", id, reader.In(fleet.FindSchool(found.School)!.Name)),
                Do = reader["revoke.do"],
                Action = $"/schools/revoke/{id}",
                Back = "/schools",
            });
        });

        routes.MapPost("/schools/revoke/{id}", async (HttpContext context, string id, CancellationToken cancellationToken) =>
            BoxId.TryParse(id, out BoxId box) && await ports.Revoke(box, cancellationToken) ? Said.Back(context, "/schools", "said.revoked", id) : Missing());
    }

    public static IResult Missing() => new RazorComponentResult<MissingPage> { StatusCode = StatusCodes.Status404NotFound };

    private static IResult OneSchool(HttpContext context, string school, LinkForm? form)
    {
        IServiceProvider services = context.RequestServices;
        FleetBoard fleet = FleetBoard.Read(services.GetRequiredService<FleetStore>(), services.GetRequiredService<IOptions<ConsoleOptions>>(), services.GetRequiredService<TimeProvider>());
        return SchoolBoard.Read(school, fleet, services.GetRequiredService<PackRegistry>(), services.GetRequiredService<PlanSources>()) is not { } board ? Missing()
            : new RazorComponentResult<SchoolPage>(new { Board = board, Form = form ?? LinkForm.Of(board.School.Link) })
            { StatusCode = form is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity };
    }

    private static RazorComponentResult<SchoolsPage> Page(HttpContext context, ClaimForm claim)
    {
        IServiceProvider services = context.RequestServices;
        var options = services.GetRequiredService<IOptions<ConsoleOptions>>();
        FleetBoard board = FleetBoard.Read(services.GetRequiredService<FleetStore>(), options, services.GetRequiredService<TimeProvider>());
        BoxLink? link = Enum.TryParse(context.Request.Query["link"], ignoreCase: true, out BoxLink parsed) && Enum.IsDefined(parsed) ? parsed : null;
        string search = context.Request.Query["q"].ToString().Trim();
        int? page = int.TryParse(context.Request.Query["page"], out int number) ? number : null;
        ImmutableArray<BoxRow> rows = [.. board.Boxes.Where(row => (link is null || row.Link == link) && (search.Length == 0 || IsAbout(row, search)))];
        return new RazorComponentResult<SchoolsPage>(new
        {
            Board = board,
            Rows = rows.Page(page, options.Value.PageRows),
            Link = link,
            Search = search,
            Claim = claim,
        })
        { StatusCode = claim.Error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity };
    }

    private static bool IsAbout(BoxRow row, string search) =>
        row.Box.Id.ToString().Contains(search, StringComparison.OrdinalIgnoreCase)
        || row.School.Id.Contains(search, StringComparison.OrdinalIgnoreCase)
        || row.School.Name.Texts.Values.Any(name => name.Contains(search, StringComparison.OrdinalIgnoreCase));
}
