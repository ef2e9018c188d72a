using System.Collections.Immutable;
using Edge.Core.Content;
using Edge.Core.Sync;
using Relay.Content;
using Relay.Fleet;

namespace Relay.Console;

/// <summary>A pack of one school's plan, and how far it has come there.</summary>
/// <param name="Planned">As the plan names it.</param>
/// <param name="Pack">From the registry.</param>
/// <param name="PinnedForAll">It is pinned for all schools, so here too.</param>
/// <param name="Boxes">What each working box of the school says of it.</param>
public sealed record SchoolPack(PlannedPack Planned, PackVersion Pack, bool PinnedForAll, ImmutableArray<(BoxRow Box, PackReport? Report)> Boxes);

/// <summary>One school: its boxes, its link, and what it is to hold.</summary>
public sealed record SchoolBoard(School School, ImmutableArray<BoxRow> Boxes, ImmutableArray<SchoolPack> Packs)
{
    /// <returns>Null when there is no such school.</returns>
    public static SchoolBoard? Read(string id, FleetBoard fleet, PackRegistry registry, PlanSources sources)
    {
        if (fleet.Schools.FirstOrDefault(school => school.Id == id) is not { } school)
            return null;
        ImmutableArray<BoxRow> boxes = [.. fleet.Working.Where(row => row.School.Id == id)];
        ImmutableHashSet<PackPin> pins = registry.Pins();
        SitePlan plan = PlanComposer.Plan(1, new PlannedSchool(school.Id, school.Name, school.Link), registry.Targets(), pins, sources.LessonsOf(id));
        return new SchoolBoard(school, boxes,
        [
            // In the order in which boxes fetch.
            .. from planned in plan.Packs
               orderby planned.Due ?? DateTimeOffset.MaxValue, planned.Priority, planned.Pack
               let pack = registry.Find(planned.Pack, planned.Version)
               where pack is not null
               select new SchoolPack(planned, pack, pins.Contains(new PackPin(planned.Pack, PackTarget.AllSchools)),
                   [.. boxes.Select(box => (box, box.Report?.Packs.FirstOrDefault(report => report.Pack == planned.Pack && report.Version == planned.Version)))]),
        ]);
    }
}
