using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;
using Relay.Identity;

namespace Relay.Content;

/// <summary>What came of approving.</summary>
public enum ApproveOutcome
{
    /// <summary>Kept; more people must approve.</summary>
    Kept,
    /// <summary>Enough have: it is carried out.</summary>
    Done,
    NoProposal,
    /// <summary>It was carried out or refused before.</summary>
    Decided,
    /// <summary>The key is none of those who may approve this.</summary>
    NotASigner,
    /// <summary>A signature does not fit the text.</summary>
    NotSigned,
    /// <summary>The version was withdrawn meanwhile.</summary>
    Withdrawn,
}

/// <summary>What came of adding a publisher.</summary>
public enum PublisherOutcome
{
    Added,
    /// <summary>Staff must sign it first.</summary>
    Proposed,
    /// <summary>Name, prefix, key or threshold is not as it should be.</summary>
    NotSound,
    /// <summary>Its time would be over already.</summary>
    Over,
    /// <summary>A prefix is another publisher's.</summary>
    Taken,
    /// <summary>Too many proposals, or publishers.</summary>
    TooMany,
}

/// <summary>Where several people agree: who must sign what, their signatures, and carrying it out when there are enough.
/// Taking back needs one person only: it can only hide, and it may have to be quick.</summary>
public sealed class ProposalDesk(ProposalStore store, PackRegistry registry, UpdateLoop updates, IListSigner signer, AuditLog audit, TimeProvider time, ILogger<PackIntake> log) : IDisposable
{
    private readonly SemaphoreSlim _deciding = new(1);

    private TrustRoot Trust => signer.Trust;

    /// <summary>Publishers in force, as the catalogue carries them; those whose time is over stand there too, so that boxes say why.</summary>
    public ImmutableArray<PackPublisher> Publishers => [.. store.Publishers().Where(known => known.Revoked is null).Select(known => known.Publisher)];

    /// <summary>The publisher in whose hands packs of this id are; null: staff's.</summary>
    public PackPublisher? PublisherOf(string pack) => PublishRule.PublisherOf(pack, Trust, Publishers);

    /// <summary>Who must sign versions of this pack; null: nobody besides the relay.</summary>
    public Signers? SignersOf(string pack)
    {
        if (PublisherOf(pack) is { } publisher)
            return new Signers(new TrustRole([.. publisher.Keys.Keys], publisher.Threshold), publisher.Keys, key => $"{publisher.Name} ({key})");
        return StaffSigners();
    }

    public Signers? SignersOf(Proposal proposal) => proposal.Pack is { } pack ? SignersOf(pack) : StaffSigners();

    /// <summary>Proposes a version for schools.</summary>
    /// <returns>Number of the proposal; null when too many wait.</returns>
    public async Task<long?> ProposeAsync(PackVersion version, ImmutableArray<string> schools, DateTimeOffset? due, int priority, CancellationToken cancellationToken)
    {
        long? id = await store.AddAsync(new Proposal(0, version.Pack, version.Version, version.Manifest, schools, due, priority, null, default, ProposalState.Waiting, null, []), cancellationToken);
        if (id is not null)
            await audit.AddAsync(AuditLog.Staff, "proposed", $"{version.Pack}@{version.Version}", $"#{id} → {ToText(schools)}", cancellationToken);
        return id;
    }

    /// <summary>Adds a publisher, or replaces the one of its name; where staff must sign, it is proposed.</summary>
    public async Task<(PublisherOutcome Outcome, long? Proposal)> AddPublisherAsync(PackPublisher publisher, CancellationToken cancellationToken)
    {
        publisher = publisher with { Signatures = null, Expires = DateTimeOffset.FromUnixTimeSeconds(publisher.Expires.ToUnixTimeSeconds()) };
        if (!publisher.IsSound())
            return (PublisherOutcome.NotSound, null);
        if (publisher.Expires <= time.GetUtcNow())
            return (PublisherOutcome.Over, null);
        ImmutableArray<PackPublisher> others = [.. Publishers.Where(other => other.Name != publisher.Name)];
        if (others.Length + 1 > Catalogue.MaxPublishers)
            return (PublisherOutcome.TooMany, null);
        if (others.Any(other => other.Prefixes.Intersect(publisher.Prefixes).Any()))
            return (PublisherOutcome.Taken, null);
        if (StaffSigners() is null)
        {
            await store.PutPublisherAsync(publisher, cancellationToken);
            await audit.AddAsync(AuditLog.Staff, "publisher-added", publisher.Name, string.Join(", ", publisher.Prefixes), cancellationToken);
            return (PublisherOutcome.Added, null);
        }
        long? id = await store.AddAsync(new Proposal(0, null, 0, null, [], null, 0, publisher, default, ProposalState.Waiting, null, []), cancellationToken);
        if (id is null)
            return (PublisherOutcome.TooMany, null);
        await audit.AddAsync(AuditLog.Staff, "proposed", publisher.Name, $"#{id}: {string.Join(", ", publisher.Prefixes)}", cancellationToken);
        return (PublisherOutcome.Proposed, id);
    }

    /// <summary>Ends a publisher's right from the next catalogue on. What schools were shown stays unless it is withdrawn.</summary>
    public async Task<bool> RevokePublisherAsync(string name, CancellationToken cancellationToken)
    {
        if (!await store.RevokePublisherAsync(name, cancellationToken))
            return false;
        await audit.AddAsync(AuditLog.Staff, "publisher-revoked", name, "", cancellationToken);
        return true;
    }

    /// <summary>Takes in one person's signatures; carries the proposal out when they are enough.</summary>
    public async Task<ApproveOutcome> ApproveAsync(long id, StatementSignature statement, StatementSignature approval, CancellationToken cancellationToken)
    {
        await _deciding.WaitAsync(cancellationToken);
        try
        {
            if (store.Find(id) is not { } proposal)
                return ApproveOutcome.NoProposal;
            if (proposal.State != ProposalState.Waiting)
                return ApproveOutcome.Decided;
            // The root may ask for nobody any more, or for others than when it was proposed: the one in force counts.
            Signers? signers = SignersOf(proposal);
            if (signers is not null)
            {
                if (!signers.Role.Keys.Contains(statement.Key) || approval.Key != statement.Key)
                    return ApproveOutcome.NotASigner;
                string publicKey = signers.Keys[statement.Key];
                if (!statement.Covers(proposal.Statement(), publicKey) || !approval.Covers(proposal.ApprovalText(), publicKey))
                    return ApproveOutcome.NotSigned;
                string name = signers.NameOf(statement.Key);
                await store.ApproveAsync(id, name, statement, approval, cancellationToken);
                await audit.AddAsync(name, "approved", proposal.Subject, $"#{id} → {ToText(proposal.Schools)}", cancellationToken);
            }
            ImmutableArray<StatementSignature> signatures = store.StatementSignatures(id);
            if (signers is not null && !signers.Role.IsMet(proposal.Statement(), signatures, signers.Keys))
                return ApproveOutcome.Kept;
            return await CarryOutAsync(proposal, [.. signatures.Take(StatementSignature.MaxSignatures)], cancellationToken);
        }
        finally
        {
            _deciding.Release();
        }
    }

    /// <returns>False when there is no such proposal, or it was decided before.</returns>
    public async Task<bool> RefuseAsync(long id, string reason, CancellationToken cancellationToken)
    {
        await _deciding.WaitAsync(cancellationToken);
        try
        {
            if (store.Find(id) is not { State: ProposalState.Waiting } proposal)
                return false;
            await store.CloseAsync(id, ProposalState.Refused, reason, cancellationToken);
            await audit.AddAsync(AuditLog.Staff, "refused", proposal.Subject, $"#{id}: {reason}", cancellationToken);
            return true;
        }
        finally
        {
            _deciding.Release();
        }
    }

    /// <summary>Each step may be done again: a relay that stops in between finishes when the next person approves.</summary>
    private async Task<ApproveOutcome> CarryOutAsync(Proposal proposal, ImmutableArray<StatementSignature> signatures, CancellationToken cancellationToken)
    {
        if (proposal.Publisher is { } publisher)
        {
            await store.PutPublisherAsync(publisher with { Signatures = signatures }, cancellationToken);
            await audit.AddAsync(AuditLog.Staff, "publisher-added", publisher.Name, $"#{proposal.Id}", cancellationToken);
        }
        else
        {
            // So that boxes, which are told at once, find the cheap way at once.
            await updates.ReadyAsync(proposal.Pack!, proposal.Version, cancellationToken);
            await store.SignVersionAsync(proposal.Pack!, proposal.Version, signatures, cancellationToken);
            if (!await registry.PublishAsync(proposal.Pack!, proposal.Version, proposal.Schools, proposal.Due, proposal.Priority, cancellationToken))
            {
                await store.CloseAsync(proposal.Id, ProposalState.Refused, "withdrawn", cancellationToken);
                return ApproveOutcome.Withdrawn;
            }
            log.PackPublished(proposal.Pack!, proposal.Version, string.Join(", ", proposal.Schools));
            await audit.AddAsync(AuditLog.Staff, "published", proposal.Subject, $"#{proposal.Id} → {ToText(proposal.Schools)}", cancellationToken);
        }
        await store.CloseAsync(proposal.Id, ProposalState.Done, null, cancellationToken);
        return ApproveOutcome.Done;
    }

    internal static string ToText(ImmutableArray<string> schools) => schools.Contains(PackTarget.AllSchools) ? "all" : string.Join(", ", schools);

    public void Dispose() => _deciding.Dispose();

    private Signers? StaffSigners() => Trust is { Publish: { } staff } root ? new Signers(staff, root.Keys, key => KeysEndpoints.NameOf(root, key)) : null;
}
