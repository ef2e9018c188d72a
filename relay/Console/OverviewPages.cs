using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Relay.Fleet;

namespace Relay.Console;

/// <summary>The first page: is everything all right, and if not, where to look.</summary>
internal static class OverviewPages
{
    public static void MapOverview(this IEndpointRouteBuilder routes) => routes.MapGet("/", (FleetStore fleet, IOptions<ConsoleOptions> options, TimeProvider time) =>
        new RazorComponentResult<OverviewPage>(new { Fleet = FleetBoard.Read(fleet, options, time) }));
}
