using System.Collections.Immutable;
using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>Whether a pack version has the signatures of those who answer for it.</summary>
public enum PublishVerdict
{
    Enough,
    /// <summary>Too few valid signatures by those who must sign it.</summary>
    TooFew,
    /// <summary>The publisher's time was over when the lists were signed.</summary>
    PublisherExpired,
}

/// <summary>Who answers for a pack version. Its publisher, when its id is in a publisher's hands; else the root's publish role; else nobody
/// besides the catalogue. No clock is asked: a publisher's time ends by the time in the signed lists.</summary>
public static class PublishRule
{
    /// <summary>The publisher in whose hands this id is: of those that the root's staff signed for, the one with the longest prefix.</summary>
    public static PackPublisher? PublisherOf(string pack, TrustRoot root, ImmutableArray<PackPublisher>? publishers)
    {
        PackPublisher? found = null;
        foreach (PackPublisher publisher in publishers ?? [])
        {
            if (publisher.Reach(pack) > (found?.Reach(pack) ?? 0) && IsInForce(publisher, root))
                found = publisher;
        }
        return found;
    }

    /// <summary>Whether a delegation counts: where staff must sign what is published, they must have signed who else may.</summary>
    public static bool IsInForce(PackPublisher publisher, TrustRoot root) =>
        root.Publish is not { } staff || staff.IsMet(publisher.Statement(), publisher.Signatures, root.Keys);

    /// <summary>Judges one version.</summary>
    /// <param name="pack">Its pack.</param>
    /// <param name="listed">As the catalogue has it.</param>
    /// <param name="root">The root in force.</param>
    /// <param name="publishers">The catalogue's.</param>
    /// <param name="newestIssued">The newest time in a signed list seen so far.</param>
    public static PublishVerdict Judge(string pack, CatalogueVersion listed, TrustRoot root, ImmutableArray<PackPublisher>? publishers, DateTimeOffset newestIssued)
    {
        byte[] statement = PublishStatement.Of(pack, listed.Version, listed.Manifest);
        if (PublisherOf(pack, root, publishers) is { } publisher)
        {
            return newestIssued > publisher.Expires ? PublishVerdict.PublisherExpired
                : new TrustRole([.. publisher.Keys.Keys], publisher.Threshold).IsMet(statement, listed.Signatures, publisher.Keys) ? PublishVerdict.Enough
                : PublishVerdict.TooFew;
        }
        return root.Publish is not { } staff || staff.IsMet(statement, listed.Signatures, root.Keys) ? PublishVerdict.Enough : PublishVerdict.TooFew;
    }
}
