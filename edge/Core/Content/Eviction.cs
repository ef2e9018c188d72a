using System.Collections.Immutable;

namespace Edge.Core.Content;

/// <summary>A pack version that the store keeps chunks for.</summary>
/// <param name="Holder">Its number; grows with arrival.</param>
/// <param name="Pack">Its pack.</param>
/// <param name="Version">Its version.</param>
/// <param name="Shown">Whether the school sees it.</param>
/// <param name="Pinned">Whether people at the school want it kept.</param>
public sealed record HeldPack(long Holder, string Pack, long Version, bool Shown, bool Pinned);

/// <summary>What has to go when there is no room, in the plan's order. No clock is asked: times of the plan are compared with each other only.</summary>
public static class Eviction
{
    /// <summary>Kits of so many next lessons go last.</summary>
    public const int NextLessons = 8;

    /// <summary>How well a pack is kept; the lowest goes first.</summary>
    public enum Keep
    {
        /// <summary>A version that another replaced, or that was taken back: nobody sees it.</summary>
        Former,
        /// <summary>No plan names it.</summary>
        Unplanned,
        /// <summary>A plan names it, by some time or by none.</summary>
        Planned,
        /// <summary>Pinned, or the kit of one of the next lessons.</summary>
        Last,
        /// <summary>The kit of a lesson that runs, or of the very next one.</summary>
        Never,
    }

    /// <summary>Place in the order: the smaller goes first. Strict, so that two packs never push each other out by turns.</summary>
    public readonly record struct Rank(Keep Keep, DateTimeOffset Need, int Priority, string Pack) : IComparable<Rank>
    {
        /// <summary>Later needed goes first; then the greater priority number, which is the lesser priority; then the later name.</summary>
        public int CompareTo(Rank other) =>
            Keep != other.Keep ? Keep.CompareTo(other.Keep)
            : Need != other.Need ? other.Need.CompareTo(Need)
            : Priority != other.Priority ? other.Priority.CompareTo(Priority)
            : string.CompareOrdinal(other.Pack, Pack);

        public static bool operator <(Rank left, Rank right) => left.CompareTo(right) < 0;

        public static bool operator >(Rank left, Rank right) => left.CompareTo(right) > 0;

        public static bool operator <=(Rank left, Rank right) => left.CompareTo(right) <= 0;

        public static bool operator >=(Rank left, Rank right) => left.CompareTo(right) >= 0;
    }

    /// <summary>Held versions that may go for <paramref name="forPack"/>, in the order in which they go.</summary>
    /// <param name="held">All that is held.</param>
    /// <param name="plan">The plan in force; null before the first.</param>
    /// <param name="forPack">The pack that needs room. Only what is less wanted goes, and never a version of it that shows.</param>
    /// <param name="version">Its version that is coming.</param>
    public static ImmutableArray<HeldPack> Order(IReadOnlyCollection<HeldPack> held, SitePlan? plan, string forPack, long version)
    {
        var ranks = new Ranks(plan);
        Rank limit = ranks.Of(new HeldPack(0, forPack, version, false, held.Any(pack => pack.Pack == forPack && pack.Pinned)));
        return
        [
            .. from pack in held
               let rank = ranks.Of(pack)
               where rank.Keep == Keep.Former || (pack.Pack != forPack && rank.Keep != Keep.Never && rank < limit)
               where pack.Pack != forPack || pack.Version != version
               orderby rank.Keep, rank.Keep is Keep.Former or Keep.Unplanned ? pack.Holder : 0, rank
               select pack,
        ];
    }

    private sealed class Ranks
    {
        private readonly Dictionary<string, PlannedPack> _planned = new(StringComparer.Ordinal);
        private readonly Dictionary<string, DateTimeOffset> _kits = new(StringComparer.Ordinal);
        private readonly HashSet<string> _last = new(StringComparer.Ordinal);
        private readonly HashSet<string> _never = new(StringComparer.Ordinal);

        public Ranks(SitePlan? plan)
        {
            foreach (PlannedPack pack in plan?.Packs ?? [])
                _planned[pack.Pack] = pack;
            PlannedLesson[] next = [.. (plan?.Lessons ?? []).Where(lesson => lesson.Stage == LessonStage.Planned).OrderBy(lesson => lesson.Start).ThenBy(lesson => lesson.Id, StringComparer.Ordinal)];
            foreach (PlannedLesson lesson in next.Where(lesson => lesson.Kit is not null))
                _kits.TryAdd(lesson.Kit!, lesson.Start);
            _last.UnionWith(next.Take(NextLessons).Select(lesson => lesson.Kit).OfType<string>());
            _never.UnionWith(next.Take(1).Concat((plan?.Lessons ?? []).Where(lesson => lesson.Stage == LessonStage.Running)).Select(lesson => lesson.Kit).OfType<string>());
        }

        public Rank Of(HeldPack pack)
        {
            bool planned = _planned.TryGetValue(pack.Pack, out PlannedPack? wanted);
            // The version that shows stays until the planned one shows; any other is a former one.
            bool counts = pack.Shown || (planned && wanted!.Version == pack.Version);
            bool kit = _kits.TryGetValue(pack.Pack, out DateTimeOffset lesson);
            DateTimeOffset due = wanted?.Due ?? DateTimeOffset.MaxValue;
            Keep keep = !counts && (planned || !pack.Pinned) ? Keep.Former
                : _never.Contains(pack.Pack) ? Keep.Never
                : pack.Pinned || _last.Contains(pack.Pack) || wanted is { Pinned: true } ? Keep.Last
                : planned || kit ? Keep.Planned
                : Keep.Unplanned;
            return new Rank(keep, kit && lesson < due ? lesson : due, wanted?.Priority ?? 0, pack.Pack);
        }
    }
}
