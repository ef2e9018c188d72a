using System.Collections.Immutable;
using Edge.Core.Feedback;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Relay.Feedback;
using Relay.Fleet;
using Relay.Live;
using Relay.Sync;

namespace Relay.Console;

/// <summary>What was typed as a reply, and what was wrong with it.</summary>
public sealed record ReplyForm(string Text, string? Error)
{
    public static readonly ReplyForm Empty = new("", null);
}

/// <summary>All feedback with filters; one item with its reply.</summary>
internal static class FeedbackPages
{
    public static void MapFeedbackPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/feedback", (HttpContext context, FeedbackStore store, FleetStore fleet, LessonStore lessons, DownQueue down, IOptions<ConsoleOptions> options) =>
        {
            IQueryCollection query = context.Request.Query;
            var filter = new FeedbackFilter(
                Given(query["lesson"]), Given(query["school"]), Value<FeedbackKind>(query["kind"]), Value<FeedbackState>(query["state"]),
                long.TryParse(query["before"], out long before) && before > 0 ? before : long.MaxValue,
                // One more than shown tells whether there are older ones.
                options.Value.PageRows + 1);
            ImmutableArray<FeedbackEntry> found = store.Find(filter);
            FeedbackEntry[] shown = [.. found.Take(options.Value.PageRows)];
            return new RazorComponentResult<FeedbackPage>(new
            {
                Filter = filter,
                Rows = FeedbackBoard.Join(shown, fleet, lessons, down),
                Older = found.Length > shown.Length ? shown[^1].Number : (long?)null,
                Schools = fleet.Schools(),
                Lessons = lessons.All().Reverse().Take(MaxLessons).ToImmutableArray(),
            });
        });

        routes.MapGet("/feedback/{number:long}", (HttpContext context, long number) => ItemPage(context, number, "/feedback", ReplyForm.Empty));

        routes.MapPost("/feedback/{number:long}/reply", async (HttpContext context, Reader reader, long number, FeedbackStore store, IFormCollection form, CancellationToken cancellationToken) =>
        {
            string text = form["text"].ToString(), back = SeeOther.Local(form["back"]);
            FeedbackState state = form["do"] == "decline" ? FeedbackState.Declined : FeedbackState.Answered;
            ReplyOutcome outcome = await store.ReplyAsync(number, state, text, cancellationToken);
            return outcome == ReplyOutcome.Queued
                ? Said.Back(context, back, state == FeedbackState.Answered ? "said.answered" : "said.declined")
                : ItemPage(context, number, back, new ReplyForm(text, reader[$"reply.{outcome.ToString().ToLowerInvariant()}"]));
        });
    }

    /// <summary>Lessons that the filter offers; older ones go by their id in the address.</summary>
    private const int MaxLessons = 100;

    private static IResult ItemPage(HttpContext context, long number, string back, ReplyForm reply)
    {
        IServiceProvider services = context.RequestServices;
        if (services.GetRequiredService<FeedbackStore>().Find(number) is not { } entry)
            return SchoolPages.Missing();
        return new RazorComponentResult<FeedbackItemPage>(new
        {
            Row = FeedbackBoard.Join([entry], services.GetRequiredService<FleetStore>(), services.GetRequiredService<LessonStore>(), services.GetRequiredService<DownQueue>())[0],
            Back = back,
            Reply = reply,
        })
        { StatusCode = reply.Error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity };
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static T? Value<T>(string? text) where T : struct, Enum => Enum.TryParse(text, ignoreCase: true, out T value) && Enum.IsDefined(value) ? value : null;
}
