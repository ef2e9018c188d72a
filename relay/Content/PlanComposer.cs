using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Sync;
using Edge.Core.Text;

namespace Relay.Content;

/// <summary>A school as plans name it.</summary>
public sealed record PlannedSchool(string Id, LocalText Name, LinkTerms? Link = null);

/// <summary>What lists are made of besides packs.</summary>
/// <param name="Schools">All schools.</param>
/// <param name="LessonsOf">Timetable of one school.</param>
/// <param name="ReturnKey">See <see cref="SitePlan.ReturnKey"/>.</param>
public sealed record PlanSources(Func<ImmutableArray<PlannedSchool>> Schools, Func<string, ImmutableArray<PlannedLesson>> LessonsOf, string? ReturnKey = null);

/// <summary>Composes the payloads of the signed lists.</summary>
internal static class PlanComposer
{
    /// <summary>Versions of a pack that the catalogue keeps besides those planned and those withdrawn.</summary>
    private const int KeptVersions = 5;

    /// <summary>Published versions: the newest few, whatever a plan still names, and all that were withdrawn, since a box may hear of it a year later.</summary>
    public static Catalogue Catalogue(
        long version, ImmutableArray<PackVersion> versions, ImmutableArray<PackTarget> targets, ILookup<(string, long), StatementSignature> signatures, ImmutableArray<PackPublisher> publishers)
    {
        HashSet<(string, long)> planned = [.. targets.Select(target => (target.Pack, target.Version))];
        return new Catalogue(version,
        [
            .. from pack in versions.Where(v => v.Published is not null).GroupBy(v => v.Pack)
               orderby pack.Key
               select new CataloguePack(pack.Key,
               [
                   .. pack.OrderByDescending(v => v.Version)
                       .Where((v, place) => place < KeptVersions || v.Withdrawn is not null || planned.Contains((v.Pack, v.Version)))
                       .OrderBy(v => v.Version)
                       .Select(v => new CatalogueVersion(v.Version, v.Manifest, v.ManifestBytes, v.Withdrawn is not null, v.Updates, planned.Contains((v.Pack, v.Version)) ? SignaturesOf(signatures[(v.Pack, v.Version)]) : null, planned.Contains((v.Pack, v.Version)) ? v.LengthBytes : null)),
               ]),
        ], Publishers: publishers.IsEmpty ? null : publishers);
    }

    // Only boxes that are to show a version look at its signatures; on all others they would be dead weight.
    private static ImmutableArray<StatementSignature>? SignaturesOf(IEnumerable<StatementSignature> signatures) =>
        signatures.Take(StatementSignature.MaxSignatures).ToImmutableArray() is { IsEmpty: false } some ? some : null;

    /// <summary>Which schools each version is meant for.</summary>
    public static ILookup<(string Pack, long Version), PlannedSchool> MeantFor(ImmutableArray<PlannedSchool> schools, ImmutableArray<PackTarget> targets) => schools
        .SelectMany(school => Plan(1, school, targets, [], []).Packs, (school, pack) => (Key: (pack.Pack, pack.Version), School: school))
        .ToLookup(meant => meant.Key, meant => meant.School);

    /// <summary>What one school should hold. The kit of a lesson is due when the lesson starts.</summary>
    public static SitePlan Plan(long version, PlannedSchool school, ImmutableArray<PackTarget> targets, ImmutableHashSet<PackPin> pins, ImmutableArray<PlannedLesson> lessons)
    {
        var packs = new SortedDictionary<string, PlannedPack>(StringComparer.Ordinal);
        // A school's own target goes before the one for all.
        foreach (PackTarget target in targets.Where(t => t.School == PackTarget.AllSchools).Concat(targets.Where(t => t.School == school.Id)))
            packs[target.Pack] = new PlannedPack(target.Pack, target.Version, target.Due, target.Priority,
                pins.Contains(new PackPin(target.Pack, school.Id)) || pins.Contains(new PackPin(target.Pack, PackTarget.AllSchools)));
        foreach (PlannedLesson lesson in lessons.Where(l => l is { Kit: not null, Stage: LessonStage.Planned or LessonStage.Running }))
        {
            if (packs.TryGetValue(lesson.Kit!, out PlannedPack? kit) && (kit.Due is null || lesson.Start < kit.Due))
                packs[kit.Pack] = kit with { Due = lesson.Start };
        }
        return new SitePlan(version, school.Id, school.Name, [.. packs.Values], lessons, Link: school.Link);
    }
}
