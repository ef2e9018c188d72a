using System.Collections.Immutable;
using Edge.Core.Content;
using Relay.Identity;

namespace Relay.Content;

/// <summary>Publishes a version (null: the newest). <paramref name="To"/>: school ids, or "all". <paramref name="Due"/> as <see cref="DueText"/> reads it.
/// <paramref name="Publisher"/>: who is meant to answer for it; it is refused when the pack is in other hands.</summary>
public sealed record PublishRequest(long? Version, ImmutableArray<string> To, string? Due, int Priority = 0, string? Publisher = null);

/// <summary>What came of publishing.</summary>
public enum PublishOutcome
{
    Published,
    /// <summary>No such pack or version.</summary>
    NoPack,
    /// <summary>Neither "all" nor a school was named.</summary>
    NoSchool,
    /// <summary>A school is not in the registry.</summary>
    UnknownSchool,
    /// <summary><see cref="DueText"/> does not read the due time.</summary>
    NoDueTime,
    /// <summary>The version was taken back.</summary>
    Withdrawn,
    /// <summary>It waits for the signatures of those who answer for it.</summary>
    Proposed,
    /// <summary>Too many proposals wait.</summary>
    TooMany,
    /// <summary>The pack is not in the hands of the publisher that was named.</summary>
    NotThePublishers,
    /// <summary>The time of the pack's publisher is over.</summary>
    PublisherOver,
}

/// <summary>Pins a pack, or lets it go. <paramref name="To"/>: school ids, or "all".</summary>
public sealed record PinRequest(ImmutableArray<string> To, bool Pinned = true);

/// <summary>What came of pinning.</summary>
public enum PinOutcome
{
    Done,
    /// <summary>No such pack.</summary>
    NoPack,
    /// <summary>Neither "all" nor a school was named.</summary>
    NoSchool,
    /// <summary>A school is not in the registry.</summary>
    UnknownSchool,
    /// <summary>One school cannot be let go of while the pack is pinned for all.</summary>
    PinnedForAll,
}

/// <summary>What came of publishing, and what of.</summary>
/// <param name="Version">The version meant; 0 without one.</param>
/// <param name="To">Schools, or <see cref="PackTarget.AllSchools"/>.</param>
/// <param name="Due">When it is due, if ever.</param>
/// <param name="Unknown">The schools that are not in the registry.</param>
/// <param name="Proposal">The proposal that waits now.</param>
public sealed record PublishResult(
    PublishOutcome Outcome, long Version = 0, ImmutableArray<string> To = default, DateTimeOffset? Due = null, ImmutableArray<string> Unknown = default, long? Proposal = null);

/// <summary>Where staff publish and take back, whether by API or by console.</summary>
public sealed class PackDesk(PackRegistry registry, ProposalDesk proposals, PlanSources sources, UpdateLoop updates, AuditLog audit, TimeProvider time, ILogger<PackIntake> log)
{
    public async Task<PublishResult> PublishAsync(string pack, PublishRequest request, CancellationToken cancellationToken)
    {
        DateTimeOffset? due = null;
        if (request.Due is not null)
        {
            if (!DueText.TryParse(request.Due, time.GetUtcNow(), time.LocalTimeZone, out DateTimeOffset parsed))
                return new PublishResult(PublishOutcome.NoDueTime);
            due = parsed;
        }
        if (request.To.IsDefaultOrEmpty)
            return new PublishResult(PublishOutcome.NoSchool);
        if (registry.Find(pack, request.Version) is not { } version)
            return new PublishResult(PublishOutcome.NoPack);
        ImmutableArray<string> schools = request.To.Contains("all") ? [PackTarget.AllSchools] : request.To;
        ImmutableArray<string> unknown = [.. schools.Where(id => id != PackTarget.AllSchools).Except(sources.Schools().Select(school => school.Id))];
        if (unknown.Length > 0)
            return new PublishResult(PublishOutcome.UnknownSchool, version.Version, Unknown: unknown);
        if (version.Withdrawn is not null)
            return new PublishResult(PublishOutcome.Withdrawn, version.Version);
        PackPublisher? publisher = proposals.PublisherOf(pack);
        if (request.Publisher is { } named && named != publisher?.Name)
            return new PublishResult(PublishOutcome.NotThePublishers, version.Version);
        if (publisher?.Expires < time.GetUtcNow())
            return new PublishResult(PublishOutcome.PublisherOver, version.Version);
        if (proposals.SignersOf(pack) is not null)
        {
            long? proposal = await proposals.ProposeAsync(version, schools, due, request.Priority, cancellationToken);
            return new PublishResult(proposal is null ? PublishOutcome.TooMany : PublishOutcome.Proposed, version.Version, schools, due, Proposal: proposal);
        }
        // So that boxes, which are told at once, find the cheap way at once.
        await updates.ReadyAsync(pack, version.Version, cancellationToken);
        if (!await registry.PublishAsync(pack, version.Version, schools, due, request.Priority, cancellationToken))
            return new PublishResult(PublishOutcome.Withdrawn, version.Version);
        log.PackPublished(pack, version.Version, string.Join(", ", schools));
        await audit.AddAsync(AuditLog.Staff, "published", $"{pack}@{version.Version}", $"→ {ProposalDesk.ToText(schools)}", cancellationToken);
        return new PublishResult(PublishOutcome.Published, version.Version, schools, due);
    }

    /// <summary>Says that a pack goes last when boxes need room, whichever version of it. It changes only the order in which boxes make room, so one person decides it.</summary>
    public async Task<PinOutcome> PinAsync(string pack, PinRequest request, CancellationToken cancellationToken)
    {
        if (registry.Find(pack, null) is null)
            return PinOutcome.NoPack;
        if (request.To.IsDefaultOrEmpty)
            return PinOutcome.NoSchool;
        ImmutableArray<string> schools = request.To.Contains("all") ? [PackTarget.AllSchools] : request.To;
        if (schools.Except(sources.Schools().Select(school => school.Id)).Any(id => id != PackTarget.AllSchools))
            return PinOutcome.UnknownSchool;
        if (!request.Pinned && !schools.Contains(PackTarget.AllSchools) && registry.Pins().Contains(new PackPin(pack, PackTarget.AllSchools)))
            return PinOutcome.PinnedForAll;
        await registry.PinAsync(pack, schools, request.Pinned, cancellationToken);
        await audit.AddAsync(AuditLog.Staff, request.Pinned ? "pinned" : "unpinned", pack, $"→ {ProposalDesk.ToText(schools)}", cancellationToken);
        return PinOutcome.Done;
    }

    /// <summary>Takes back one version, or all when <paramref name="version"/> is null.</summary>
    /// <returns>How many versions were taken back now; null when there is no such one.</returns>
    public async Task<int?> WithdrawAsync(string pack, long? version, CancellationToken cancellationToken)
    {
        if (registry.Find(pack, version) is null)
            return null;
        int count = await registry.WithdrawAsync(pack, version, cancellationToken);
        updates.Wake();
        log.PackWithdrawn(pack, count);
        await audit.AddAsync(AuditLog.Staff, "withdrawn", version is { } one ? $"{pack}@{one}" : pack, "", cancellationToken);
        return count;
    }
}
