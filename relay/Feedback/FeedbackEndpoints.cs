using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Edge.Core.Feedback;
using Edge.Core.Identity;

namespace Relay.Feedback;

/// <summary>What staff send to answer or decline.</summary>
public sealed record ReplyRequest(string Text);

/// <summary>What staff send to close an item as a duplicate. <paramref name="SameAs"/>: the number of the one that stays.</summary>
public sealed record MergeRequest(long SameAs, string Text);

/// <summary>One answer for many.</summary>
public sealed record ManyRequest(ImmutableArray<long> Numbers, string Text);

/// <summary>What came of one item.</summary>
public sealed record ReplyResult(long Number, [property: JsonConverter(typeof(JsonStringEnumConverter<ReplyOutcome>))] ReplyOutcome Outcome);

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
            Told(store, number, store.ReplyAsync(number, FeedbackState.Answered, request.Text ?? "", cancellationToken)));
        routes.MapPost("/api/feedback/{number:long}/decline", (long number, ReplyRequest request, FeedbackStore store, CancellationToken cancellationToken) =>
            Told(store, number, store.ReplyAsync(number, FeedbackState.Declined, request.Text ?? "", cancellationToken)));
        routes.MapPost("/api/feedback/{number:long}/duplicate", (long number, MergeRequest request, FeedbackStore store, CancellationToken cancellationToken) =>
            Told(store, number, store.MergeAsync(number, request.SameAs, request.Text ?? "", cancellationToken)));
        routes.MapPost("/api/feedback/answer", async (ManyRequest request, FeedbackStore store, CancellationToken cancellationToken) =>
            request.Numbers is { IsDefault: false, Length: > 0 and <= FeedbackStore.MaxEntries }
                ? Results.Ok((await store.ReplyAsync(request.Numbers, FeedbackState.Answered, request.Text ?? "", cancellationToken)).Zip(request.Numbers, (outcome, number) => new ReplyResult(number, outcome)))
                : Problem($"give 1 to {FeedbackStore.MaxEntries} numbers", StatusCodes.Status400BadRequest));
        routes.MapGet("/api/feedback/alike", (string? lesson, string? school, FeedbackStore store) => store.Alike(lesson, school));
    }

    private static async Task<IResult> Told(FeedbackStore store, long number, Task<ReplyOutcome> telling) =>
        await telling switch
        {
            ReplyOutcome.Queued => Results.Ok(store.Find(number)),
            ReplyOutcome.NoItem => Problem("there is no such item", StatusCodes.Status404NotFound),
            ReplyOutcome.RepliedBefore => Problem("this item was answered, declined or merged before", StatusCodes.Status409Conflict),
            ReplyOutcome.NotAlike => Problem("an item is a duplicate of another one of its kind", StatusCodes.Status400BadRequest),
            _ => Problem("a reply has a text of at most 2048 bytes", StatusCodes.Status400BadRequest),
        };

    private static IResult Problem(string why, int status) => Results.Json(new { error = why }, statusCode: status);
}
