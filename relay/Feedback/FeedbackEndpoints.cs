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

/// <summary>Which items an address of the staff API means. <paramref name="From"/> and <paramref name="To"/>: asked from then on, and before then.</summary>
internal sealed record FeedbackQuery(string? Lesson, string? School, FeedbackKind? Kind, FeedbackState? State, DateTimeOffset? From, DateTimeOffset? To, double? OlderHours)
{
    public const string Trouble = "lesson and school are named by lower-case letters, digits and hyphens; olderHours is a number of hours from 0 to 1000000";

    private const double MaxHours = 1_000_000;

    public bool IsSound => (Lesson is null || Slug.IsValid(Lesson)) && (School is null || Slug.IsValid(School)) && OlderHours is null or (>= 0 and <= MaxHours);

    public FeedbackFilter Filter(DateTimeOffset now) => new(Lesson, School, Kind, State, AskedFrom: From,
        AskedBefore: OlderHours is { } hours && (To is null || now.AddHours(-hours) < To) ? now.AddHours(-hours) : To);
}

/// <summary>Feedback in the staff API.</summary>
public static class FeedbackEndpoints
{
    public static void MapFeedback(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/feedback", ([AsParameters] FeedbackQuery query, long? before, int? most, int? skip, FeedbackOrder? order, FeedbackStore store, TimeProvider time) =>
            query.IsSound
                ? Results.Ok(store.Find(query.Filter(time.GetUtcNow()) with { BeforeNumber = before ?? long.MaxValue, Most = most ?? 200, Skip = skip ?? 0, Order = order ?? FeedbackOrder.Newest }))
                : Problem(FeedbackQuery.Trouble, StatusCodes.Status400BadRequest));
        routes.MapGet("/api/feedback/{number:long}", (long number, FeedbackStore store) =>
            store.Find(number) is { } entry ? Results.Ok(entry) : Problem("there is no such item", StatusCodes.Status404NotFound));
        routes.MapGet("/api/feedback/ages", (FeedbackAges ages) => ages.Rows());
        routes.MapFeedbackExport("/api/feedback");
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

    /// <summary>The items that fit a query as a table and as xAPI statements, for programs and for the console alike.</summary>
    public static void MapFeedbackExport(this IEndpointRouteBuilder routes, string under)
    {
        routes.MapGet(under + "/export.csv", ([AsParameters] FeedbackQuery query, FeedbackExport export, TimeProvider time, CancellationToken cancellationToken) => !query.IsSound
            ? Problem(FeedbackQuery.Trouble, StatusCodes.Status400BadRequest)
            : Results.Stream(to => export.WriteCsvAsync(query.Filter(time.GetUtcNow()), to, cancellationToken), "text/csv; charset=utf-8", "feedback.csv"));
        routes.MapGet(under + "/export.json", ([AsParameters] FeedbackQuery query, FeedbackExport export, TimeProvider time, CancellationToken cancellationToken) => !query.IsSound
            ? Problem(FeedbackQuery.Trouble, StatusCodes.Status400BadRequest)
            : Results.Stream(to => export.WriteXapiAsync(query.Filter(time.GetUtcNow()), to, cancellationToken), "application/json", "feedback.json"));
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
