using System.Collections.Immutable;
using Edge.Core.Identity;
using Microsoft.AspNetCore.Http.HttpResults;
using Relay.Content;
using Relay.Fleet;
using Relay.Identity;

namespace Relay.Console;

/// <summary>A proposal with what an approver wants to know.</summary>
/// <param name="Proposal">What is asked.</param>
/// <param name="Pack">The version; null for a publisher.</param>
/// <param name="Schools">How many schools it is for.</param>
/// <param name="Signers">Who may approve; null: the root asks for nobody now.</param>
public sealed record ProposalRow(Proposal Proposal, PackVersion? Pack, int Schools, Signers? Signers)
{
    /// <summary>Most bytes that all schools together will fetch; what they hold already they do not fetch again.</summary>
    public long MostBytes => (Pack?.LengthBytes ?? 0) * Schools;
}

/// <summary>What several people must agree to: proposals, publishers, the root in force, and the audit log.</summary>
internal static class TrustPages
{
    private const int DecidedShown = 20;
    private const int AuditRows = 100;

    public static void MapTrust(this IEndpointRouteBuilder routes, ConsolePorts ports)
    {
        routes.MapGet("/approvals", (HttpContext context) => Page(context, null, null));

        routes.MapPost("/approvals/{id:long}/approve", async (HttpContext context, Reader reader, long id, ProposalDesk desk, IFormCollection form, CancellationToken cancellationToken) =>
        {
            string key = form["key"].ToString();
            ApproveOutcome outcome = await desk.ApproveAsync(id, new StatementSignature(key, form["statement"].ToString()), new StatementSignature(key, form["approval"].ToString()), cancellationToken);
            if (outcome == ApproveOutcome.Done)
                await ports.ListsChanged(cancellationToken);
            return outcome is ApproveOutcome.Done or ApproveOutcome.Kept
                ? Said.Back(context, "/approvals", outcome == ApproveOutcome.Done ? "said.approved.done" : "said.approved", $"#{id}")
                : Page(context, id, reader.Word("approve", outcome));
        });

        routes.MapPost("/approvals/{id:long}/refuse", async (HttpContext context, Reader reader, long id, ProposalDesk desk, IFormCollection form, CancellationToken cancellationToken) =>
        {
            string reason = form["reason"].ToString().Trim();
            if (reason.Length is 0 or > ProposalEndpoints.MaxReasonLength)
                return Page(context, id, reader["refuse.noreason"]);
            return await desk.RefuseAsync(id, reason, cancellationToken) ? Said.Back(context, "/approvals", "said.refused", $"#{id}") : Page(context, id, reader.Word("approve", ApproveOutcome.Decided));
        });

        routes.MapGet("/audit", (AuditLog audit, long? before) => new RazorComponentResult<AuditPage>(new { Entries = audit.Page(before, AuditRows), Size = AuditRows }));
    }

    private static RazorComponentResult<ApprovalsPage> Page(HttpContext context, long? failed, string? error)
    {
        IServiceProvider services = context.RequestServices;
        var desk = services.GetRequiredService<ProposalDesk>();
        var store = services.GetRequiredService<ProposalStore>();
        var registry = services.GetRequiredService<PackRegistry>();
        ImmutableArray<School> schools = services.GetRequiredService<FleetStore>().Schools();
        ImmutableArray<ProposalRow> rows =
        [
            .. store.All(DecidedShown).Select(proposal => new ProposalRow(proposal, proposal.Pack is { } pack ? registry.Find(pack, proposal.Version) : null,
                proposal.Schools.Contains(PackTarget.AllSchools) ? schools.Length : proposal.Schools.Length, desk.SignersOf(proposal))),
        ];
        return new RazorComponentResult<ApprovalsPage>(new
        {
            Rows = rows,
            Publishers = store.Publishers(),
            Root = services.GetRequiredService<RelayKeys>().Trust,
            SchoolNames = schools.ToDictionary(school => school.Id, school => school.Name),
            Failed = failed,
            Error = error,
        })
        { StatusCode = error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity };
    }
}
