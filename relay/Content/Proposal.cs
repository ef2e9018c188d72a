using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Core.Content;
using Edge.Core.Identity;

namespace Relay.Content;

/// <summary>How a proposal stands.</summary>
public enum ProposalState
{
    /// <summary>Too few people have signed it.</summary>
    Waiting,
    /// <summary>Enough have; it is carried out.</summary>
    Done,
    Refused,
}

/// <summary>One person's approval.</summary>
/// <param name="Key">Which key.</param>
/// <param name="Name">What the root, or the publisher, calls it.</param>
/// <param name="At">When it came.</param>
public sealed record Approval(string Key, string Name, DateTimeOffset At);

/// <summary>Something that several people must agree to: a pack version for schools, or a publisher (<paramref name="Publisher"/>).</summary>
/// <param name="Id">From 1.</param>
/// <param name="Pack">The pack; null for a publisher.</param>
/// <param name="Version">Its version.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Schools">Who is to get it.</param>
/// <param name="Due">By when.</param>
/// <param name="Priority">Among equals.</param>
/// <param name="Publisher">The publisher to be; null for a pack.</param>
/// <param name="At">When it was proposed.</param>
/// <param name="State">How it stands.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="Approvals">Who has signed.</param>
public sealed record Proposal(
    long Id,
    string? Pack,
    long Version,
    ChunkId? Manifest,
    ImmutableArray<string> Schools,
    DateTimeOffset? Due,
    int Priority,
    PackPublisher? Publisher,
    DateTimeOffset At,
    ProposalState State,
    string? Reason,
    ImmutableArray<Approval> Approvals)
{
    /// <summary>What this is about, in a word.</summary>
    public string Subject => Pack is { } pack ? string.Create(CultureInfo.InvariantCulture, $"{pack}@{Version}") : Publisher!.Name;

    /// <summary>What boxes check: the signature over this travels with the catalogue.</summary>
    public byte[] Statement() => Pack is { } pack ? PublishStatement.Of(pack, Version, Manifest!.Value) : Publisher!.Statement();

    /// <summary>What the relay and the audit log keep: that a person agreed to this very proposal, its schools and its time. It goes no further.</summary>
    public byte[] ApprovalText() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"edge-approval 1\nproposal {Id}\nstatement {Convert.ToHexStringLower(SHA256.HashData(Statement()))}\nto {string.Join(',', Schools)}\ndue {Due?.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\npriority {Priority}\n"));
}

/// <summary>Who must sign: keys, how many of them, and what they are called.</summary>
public sealed record Signers(TrustRole Role, IReadOnlyDictionary<string, string> Keys, Func<string, string> NameOf);
