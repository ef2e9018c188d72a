using System.Collections.Immutable;
using Edge.Core.Sync;
using Relay.Content;
using Relay.Fleet;

namespace Relay.Console;

/// <summary>How a version stands as a whole.</summary>
public enum PackStage
{
    /// <summary>Built, never published.</summary>
    Draft,
    /// <summary>Published; some box does not show it yet.</summary>
    Underway,
    /// <summary>The same after the due time.</summary>
    Late,
    /// <summary>Every box it is meant for shows it.</summary>
    Everywhere,
    /// <summary>Published once; no school is meant to hold it any more.</summary>
    Replaced,
    Withdrawn,
}

/// <summary>One place that a version is meant for. <paramref name="Box"/> is null when the school has none; <paramref name="Report"/> until the box has spoken of the version.</summary>
public sealed record PackPlace(School School, BoxRow? Box, PackReport? Report)
{
    public bool Delivered => Report is { State: PackHolding.Delivered or PackHolding.Verified };

    public bool Verified => Report is { State: PackHolding.Verified };
}

/// <summary>A version with the places it is meant for.</summary>
public sealed record PackRow(PackVersion Pack, PackStage Stage, DateTimeOffset? Due, ImmutableArray<PackPlace> Places, int Schools)
{
    public int Delivered => Places.Count(place => place.Delivered);

    public int Verified => Places.Count(place => place.Verified);

    /// <summary>Who does not show it yet, the furthest behind first.</summary>
    public IEnumerable<PackPlace> Missing => Places.Where(place => !place.Verified)
        .OrderBy(place => place.Delivered).ThenBy(place => place.Report is { TotalBytes: > 0 } report ? (double)report.HaveBytes / report.TotalBytes : 0);
}

/// <summary>All packs with their funnels: what is planned for each school against what its boxes report.</summary>
public sealed record PackBoard(ImmutableArray<PackRow> Rows)
{
    public static PackBoard Read(PackRegistry registry, PlanSources sources, FleetBoard fleet, DateTimeOffset now)
    {
        ImmutableArray<PackTarget> targets = registry.Targets();
        ILookup<(string Pack, long Version), PlannedSchool> meant = PlanComposer.MeantFor(sources.Schools(), targets);
        ILookup<string, BoxRow> boxes = fleet.Working.ToLookup(row => row.School.Id);
        Dictionary<string, School> schools = fleet.Schools.ToDictionary(school => school.Id);
        return new PackBoard(
        [
            .. registry.Versions().Select(version =>
            {
                ImmutableArray<PackPlace> places = [.. meant[(version.Pack, version.Version)].Where(school => schools.ContainsKey(school.Id))
                    .SelectMany(school => Places(schools[school.Id], boxes[school.Id], version))];
                // Some schools may have an earlier due time than others: the first counts.
                DateTimeOffset? due = targets.Where(target => target.Pack == version.Pack && target.Version == version.Version).Min(target => target.Due);
                return new PackRow(version, Stage(version, places, due, now), due, places, places.Select(place => place.School.Id).Distinct().Count());
            }),
        ]);
    }

    private static IEnumerable<PackPlace> Places(School school, IEnumerable<BoxRow> boxes, PackVersion version) =>
        boxes.Select(row => new PackPlace(school, row, row.Report?.Packs.FirstOrDefault(pack => pack.Pack == version.Pack && pack.Version == version.Version)))
            .DefaultIfEmpty(new PackPlace(school, null, null));

    private static PackStage Stage(PackVersion version, ImmutableArray<PackPlace> places, DateTimeOffset? due, DateTimeOffset now) =>
        version.Withdrawn is not null ? PackStage.Withdrawn
        : version.Published is null ? PackStage.Draft
        : places.Length == 0 ? PackStage.Replaced
        : places.All(place => place.Verified) ? PackStage.Everywhere
        : due < now ? PackStage.Late
        : PackStage.Underway;
}
