using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>The signed lists that a box goes by: the newest of each kind that it verified. Null until the first came.</summary>
public sealed record ListState(TrustRoot Root, Catalogue? Catalogue, SitePlan? Plan)
{
    /// <summary>Judges a list that came by any route. Signatures come first: of an unsigned list nothing else is looked at.</summary>
    /// <param name="candidate">What came.</param>
    /// <param name="school">The school this box works for; the plan of another is not ours, even if well signed.</param>
    /// <param name="next">The state with the list, when it is accepted; else this state.</param>
    public ListVerdict Judge(SignedList candidate, string school, out ListState next)
    {
        next = this;
        if (candidate.Kind == ListKind.Root)
        {
            ListVerdict verdict = Root.Judge(candidate, out TrustRoot? root);
            if (root is not null)
                next = this with { Root = root };
            return verdict;
        }
        if (!Root.Trusts(candidate))
            return ListVerdict.Untrusted;
        if (candidate.Kind == ListKind.Catalogue)
        {
            if (Core.Content.Catalogue.Read(candidate.Payload.Span) is not { } catalogue)
                return ListVerdict.Malformed;
            if (ByVersion(catalogue.Version, Catalogue?.Version) is { } old)
                return old;
            next = this with { Catalogue = catalogue };
            return ListVerdict.Accepted;
        }
        if (SitePlan.Read(candidate.Payload.Span) is not { } plan)
            return ListVerdict.Malformed;
        if (plan.School != school)
            return ListVerdict.Untrusted;
        // A box that changed schools begins anew: numbers of two schools' plans have nothing to do with each other.
        if (Plan?.School == school && ByVersion(plan.Version, Plan.Version) is { } older)
            return older;
        next = this with { Plan = plan };
        return ListVerdict.Accepted;
    }

    private static ListVerdict? ByVersion(long version, long? held) =>
        version > (held ?? 0) ? null : version == held ? ListVerdict.Held : ListVerdict.Older;
}
