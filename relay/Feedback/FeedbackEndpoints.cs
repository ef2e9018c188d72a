using Edge.Core.Feedback;
using Edge.Core.Identity;

namespace Relay.Feedback;

/// <summary>What staff send to answer or decline.</summary>
public sealed record ReplyRequest(string Text);

/// <summary>Feedback in the staff API.</summary>
public static class FeedbackEndpoints
{
    public static void MapFeedback(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/feedback", (string? lesson, string? school, FeedbackKind? kind, FeedbackState? state, long? before, int? most, FeedbackStore store) =>
            (lesson is null || Slug.IsValid(lesson)) && (school is null || Slug.IsValid(school))
                ? Results.Ok(store.Find(new FeedbackFilter(lesson, school, kind, state, before ?? long.MaxValue, most ?? 200)))
                : Problem("lesson and school are named by lower-case letters, digits and hyphens", StatusCodes.Status400BadRequest));
        routes.MapGet("/api/feedback/votes", (string lesson, FeedbackStore store) => store.Votes(lesson));
        routes.MapPost("/api/feedback/{number:long}/answer", (long number, ReplyRequest request, FeedbackStore store, CancellationToken cancellationToken) =>
            ReplyAsync(store, number, FeedbackState.Answered, request, cancellationToken));
        routes.MapPost("/api/feedback/{number:long}/decline", (long number, ReplyRequest request, FeedbackStore store, CancellationToken cancellationToken) =>
            ReplyAsync(store, number, FeedbackState.Declined, request, cancellationToken));
    }

    private static async Task<IResult> ReplyAsync(FeedbackStore store, long number, FeedbackState state, ReplyRequest request, CancellationToken cancellationToken) =>
        await store.ReplyAsync(number, state, request.Text ?? "", cancellationToken) switch
        {
            ReplyOutcome.Queued => Results.Ok(store.Find(number)),
            ReplyOutcome.NoItem => Problem("there is no such item", StatusCodes.Status404NotFound),
            ReplyOutcome.RepliedBefore => Problem("this item was answered or declined before", StatusCodes.Status409Conflict),
            _ => Problem("a reply has a text of at most 2048 bytes", StatusCodes.Status400BadRequest),
        };

    private static IResult Problem(string why, int status) => Results.Json(new { error = why }, statusCode: status);
}
