using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;

namespace Relay.Content;

/// <summary>Signatures of one key: over the statement that boxes check, and over the approval that stays here.</summary>
public sealed record ApproveRequest(string Key, string Statement, string Approval);

/// <summary>Why a proposal is refused.</summary>
public sealed record RefuseRequest(string Reason);

/// <summary>A publisher to be; keys are public keys in base64.</summary>
public sealed record PublisherRequest(string Name, ImmutableArray<string> Prefixes, ImmutableArray<string> Keys, int Threshold, DateTimeOffset Expires);

/// <summary>Proposals and publishers in the staff API.</summary>
public static class ProposalEndpoints
{
    /// <summary>Longest reason, in characters.</summary>
    public const int MaxReasonLength = 500;

    private const int DecidedShown = 100;

    /// <param name="routes">Where to add them.</param>
    /// <param name="listsChanged">Told after lists changed, so that boxes can be nudged.</param>
    public static void MapProposals(this IEndpointRouteBuilder routes, Func<CancellationToken, Task> listsChanged)
    {
        routes.MapGet("/api/proposals", (ProposalStore store, ProposalDesk desk) => store.All(DecidedShown).Select(proposal => Shown(proposal, desk)));

        routes.MapGet("/api/proposals/{id:long}", (long id, ProposalStore store, ProposalDesk desk) =>
            store.Find(id) is { } proposal ? Results.Ok(Shown(proposal, desk)) : Problem($"there is no proposal {id}", StatusCodes.Status404NotFound));

        routes.MapPost("/api/proposals/{id:long}/approve", async (long id, ApproveRequest request, ProposalDesk desk, CancellationToken cancellationToken) =>
        {
            ApproveOutcome outcome = await desk.ApproveAsync(id, new StatementSignature(request.Key, request.Statement), new StatementSignature(request.Key, request.Approval), cancellationToken);
            if (outcome == ApproveOutcome.Done)
                await listsChanged(cancellationToken);
            return outcome switch
            {
                ApproveOutcome.Done => Results.Ok(new { proposal = id, done = true }),
                ApproveOutcome.Kept => Results.Ok(new { proposal = id, done = false }),
                ApproveOutcome.NoProposal => Problem($"there is no proposal {id}", StatusCodes.Status404NotFound),
                ApproveOutcome.Decided => Problem($"proposal {id} was decided before", StatusCodes.Status409Conflict),
                ApproveOutcome.NotASigner => Problem("this key may not approve this"),
                ApproveOutcome.Withdrawn => Problem("the version was withdrawn meanwhile", StatusCodes.Status409Conflict),
                _ => Problem("the signature does not fit this proposal"),
            };
        });

        routes.MapPost("/api/proposals/{id:long}/refuse", async (long id, RefuseRequest request, ProposalDesk desk, CancellationToken cancellationToken) =>
            request.Reason.Length > MaxReasonLength ? Problem($"a reason has at most {MaxReasonLength} characters")
            : await desk.RefuseAsync(id, request.Reason, cancellationToken) ? Results.Ok(new { proposal = id, refused = true })
            : Problem($"no proposal {id} waits", StatusCodes.Status404NotFound));

        routes.MapGet("/api/publishers", (ProposalStore store) => store.Publishers().Select(known => new { known.Publisher.Name, known.Publisher.Prefixes, known.Publisher.Threshold, known.Publisher.Keys, known.Publisher.Expires, known.Revoked }));

        routes.MapPost("/api/publishers", async (PublisherRequest request, ProposalDesk desk, CancellationToken cancellationToken) =>
        {
            if (request.Prefixes.IsDefault || request.Keys.IsDefault || request.Keys.Any(key => PublicKeys.IdOf(key) is null))
                return Problem("a publisher has prefixes and P-256 keys");
            var publisher = new PackPublisher(request.Name, request.Prefixes,
                request.Keys.Distinct().ToImmutableSortedDictionary(key => PublicKeys.IdOf(key)!, key => key, StringComparer.Ordinal), request.Threshold, request.Expires);
            (PublisherOutcome outcome, long? proposal) = await desk.AddPublisherAsync(publisher, cancellationToken);
            if (outcome == PublisherOutcome.Added)
                await listsChanged(cancellationToken);
            return outcome switch
            {
                PublisherOutcome.Added => Results.Ok(new { publisher = request.Name, proposal }),
                PublisherOutcome.Proposed => Results.Accepted($"/api/proposals/{proposal}", new { publisher = request.Name, proposal }),
                PublisherOutcome.Over => Problem("its time would be over already"),
                PublisherOutcome.Taken => Problem("a prefix is another publisher's", StatusCodes.Status409Conflict),
                PublisherOutcome.TooMany => Problem($"there may be {Catalogue.MaxPublishers} publishers and {ProposalStore.MaxWaiting} waiting proposals", StatusCodes.Status409Conflict),
                _ => Problem($"a publisher has a name of lower-case letters, digits and hyphens; up to {PackPublisher.MaxPrefixes} prefixes such as \"leadschool-\"; up to {PackPublisher.MaxKeys} keys; and a threshold that they can meet"),
            };
        });

        routes.MapPost("/api/publishers/{name}/revoke", async (string name, ProposalDesk desk, CancellationToken cancellationToken) =>
        {
            if (!await desk.RevokePublisherAsync(name, cancellationToken))
                return Problem($"no publisher {name} is in force", StatusCodes.Status404NotFound);
            await listsChanged(cancellationToken);
            return Results.Ok(new { publisher = name, revoked = true });
        });
    }

    private static object Shown(Proposal proposal, ProposalDesk desk)
    {
        Signers? signers = desk.SignersOf(proposal);
        return new
        {
            proposal.Id,
            proposal.Subject,
            proposal.Pack,
            proposal.Version,
            proposal.Manifest,
            proposal.Schools,
            proposal.Due,
            proposal.Priority,
            proposal.Publisher,
            proposal.At,
            proposal.State,
            proposal.Reason,
            proposal.Approvals,
            Needed = signers?.Role.Threshold ?? 0,
            Signers = signers?.Role.Keys.Select(key => new { Key = key, Name = signers.NameOf(key) }),
        };
    }

    private static IResult Problem(string why, int status = StatusCodes.Status400BadRequest) => Results.Json(new { error = why }, statusCode: status);
}
