using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Relay.Content;
using Relay.Feedback;
using Relay.Fleet;
using Relay.Live;
using Relay.Sync;

namespace Relay.Console;

/// <summary>The first page: is everything all right, and if not, where to look.</summary>
internal static class OverviewPages
{
    public static void MapOverview(this IEndpointRouteBuilder routes) => routes.MapGet("/", (Reader reader, FleetStore fleet, PackRegistry packs, PlanSources sources,
        LessonStore lessons, IngestDesk desk, FeedbackStore feedback, LinkDoubts doubts, IOptions<ConsoleOptions> options, TimeProvider time) =>
    {
        FleetBoard board = FleetBoard.Read(fleet, options, time);
        return new RazorComponentResult<OverviewPage>(new
        {
            Overview = Overview.Of(board, LessonPages.Rows(lessons, desk, time), PackBoard.Read(packs, sources, board, reader.Now), feedback, doubts, reader.IsToday, reader.In),
        });
    });
}
