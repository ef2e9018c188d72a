using System.Collections.Immutable;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;
using Relay.Fleet;

namespace Relay.Console;

/// <summary>A box with its school, its link and what it reported last.</summary>
public sealed record BoxRow(School School, FleetBox Box, BoxLink Link, StatusReport? Report);

/// <summary>The fleet at one moment.</summary>
/// <param name="Schools">All schools by id.</param>
/// <param name="Boxes">All boxes by school; revoked ones too.</param>
public sealed record FleetBoard(ImmutableArray<School> Schools, ImmutableArray<BoxRow> Boxes)
{
    public static FleetBoard Read(FleetStore fleet, IOptions<ConsoleOptions> options, TimeProvider time)
    {
        ImmutableArray<School> schools = fleet.Schools();
        Dictionary<string, School> byId = schools.ToDictionary(school => school.Id);
        DateTimeOffset now = time.GetUtcNow();
        return new FleetBoard(schools,
        [
            .. fleet.Boxes().Select(box => new BoxRow(byId[box.School], box, box.LinkAt(now, options.Value.SilentAfter), box.Status is null ? null : StatusReport.Read(box.Status))),
        ]);
    }

    public int Count(BoxLink link) => Boxes.Count(row => row.Link == link);

    /// <summary>Boxes at work, revoked ones left out.</summary>
    public IEnumerable<BoxRow> Working => Boxes.Where(row => row.Link != BoxLink.Revoked);
}
