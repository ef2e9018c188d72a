using Edge.Core.Identity;

namespace Edge.Core.Content;

/// <summary>The signed lists that a box goes by: the newest of each kind that it verified. Null until the first came.</summary>
public sealed record ListState(TrustRoot Root, Catalogue? Catalogue, SitePlan? Plan)
{
    /// <summary>What newer lists must be above.</summary>
    public ListFloors Floors { get; init; } = ListFloors.Of(default);

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
                next = this with { Root = root, Floors = Floors.After(Root, root) };
            return verdict;
        }
        // With a root older than one that was here before, keys would count again that were taken away.
        if (Root.Version < Floors.Root || !Root.Trusts(candidate))
            return ListVerdict.Untrusted;
        if (candidate.Kind == ListKind.Erratum)
            return ListVerdict.Malformed;
        if (candidate.Kind == ListKind.Catalogue)
        {
            if (Core.Content.Catalogue.Read(candidate.Payload.Span) is not { } catalogue)
                return ListVerdict.Malformed;
            if (ByVersion(catalogue.Version, Floors.Catalogue, Catalogue?.Version) is { } old)
                return old;
            next = this with { Catalogue = catalogue, Floors = (Floors with { Catalogue = catalogue.Version }).WithTime(catalogue.Issued) };
            return ListVerdict.Accepted;
        }
        if (SitePlan.Read(candidate.Payload.Span) is not { } plan)
            return ListVerdict.Malformed;
        if (plan.School != school)
            return ListVerdict.Untrusted;
        // A box that changed schools begins anew: numbers of two schools' plans have nothing to do with each other.
        if (Floors.School == school && ByVersion(plan.Version, Floors.Plan, Plan?.School == school ? Plan.Version : null) is { } older)
            return older;
        next = this with { Plan = plan, Floors = (Floors with { Plan = plan.Version, School = school }).WithTime(plan.Issued) };
        return ListVerdict.Accepted;
    }

    /// <summary>The state with a list that was verified under a former root and that nothing has replaced yet. It goes on counting and binds no newer one.</summary>
    public ListState Carrying(SignedList list, string school) => list.Kind switch
    {
        ListKind.Catalogue => this with { Catalogue = Core.Content.Catalogue.Read(list.Payload.Span) ?? Catalogue },
        ListKind.Plan when SitePlan.Read(list.Payload.Span) is { } plan && plan.School == school => this with { Plan = plan },
        _ => this,
    };

    /// <summary>Whether a listed version has the signatures of those who answer for it; only then it is fetched and shown.</summary>
    public PublishVerdict JudgeVersion(string pack, CatalogueVersion listed) => PublishRule.Judge(pack, listed, Root, Catalogue?.Publishers, Floors.Issued);

    /// <summary>How fresh the lists are. A clock that is behind is taken for the newest signed time seen.</summary>
    public ListFreshness FreshnessAt(DateTimeOffset clock)
    {
        DateTimeOffset now = clock > Floors.Issued ? clock : Floors.Issued;
        return now > Root.Expires ? ListFreshness.Expired
            : now > Catalogue?.Expires || now > Plan?.Expires ? ListFreshness.Stale
            : ListFreshness.Fresh;
    }

    /// <summary>Null when the version may come in. The floor itself may come again when the list was lost.</summary>
    private static ListVerdict? ByVersion(long version, long floor, long? held) =>
        version > floor || version == floor && version != held && version > 0 ? null : version == floor ? ListVerdict.Held : ListVerdict.Older;
}
