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
    /// <summary>Hours: what waits longer than an hour, a day, three days, a week.</summary>
    public static readonly ImmutableArray<int> AgesOffered = [1, 24, 72, 168];

    /// <summary>What was used is shown for so many days at first.</summary>
    private const int UsageDays = 30;

    public static void MapFeedbackPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/feedback", (HttpContext context, FeedbackStore store, FleetStore fleet, LessonStore lessons, DownQueue down, IOptions<ConsoleOptions> options, TimeProvider time) =>
        {
            IQueryCollection query = context.Request.Query;
            int older = int.TryParse(query["older"], out int hours) && AgesOffered.Contains(hours) ? hours : 0, skip = int.TryParse(query["skip"], out int skipped) ? Math.Max(0, skipped) : 0;
            FeedbackOrder order = query["order"] == "oldest" ? FeedbackOrder.Oldest : FeedbackOrder.Newest;
            var filter = new FeedbackFilter(
                Given(query["lesson"]), Given(query["school"]), Value<FeedbackKind>(query["kind"]), Value<FeedbackState>(query["state"]),
                long.TryParse(query["before"], out long before) && before > 0 ? before : long.MaxValue,
                // One more than shown tells whether there are older ones.
                options.Value.PageRows + 1,
                AskedBefore: older > 0 ? time.GetUtcNow().AddHours(-older) : null, Order: order, Skip: order == FeedbackOrder.Oldest ? skip : 0);
            ImmutableArray<FeedbackEntry> found = store.Find(filter);
            FeedbackEntry[] shown = [.. found.Take(options.Value.PageRows)];
            return new RazorComponentResult<FeedbackPage>(new
            {
                Filter = filter,
                OlderHours = older,
                Rows = FeedbackBoard.Join(shown, fleet, lessons, down),
                Alike = filter.BeforeNumber == long.MaxValue && filter.State is null or FeedbackState.Open && filter.Kind is null or FeedbackKind.Question ? store.Alike(filter.Lesson, filter.School) : [],
                Older = found.Length > shown.Length ? order == FeedbackOrder.Oldest ? filter.Skip + shown.Length : shown[^1].Number : (long?)null,
                Schools = fleet.Schools(),
                Lessons = lessons.All().Reverse().Take(MaxLessons).ToImmutableArray(),
            });
        });

        routes.MapGet("/schools/usage", (bool? all, Reader reader, UsageStore usage, FleetStore fleet) => new RazorComponentResult<UsagePage>(new
        {
            All = all == true,
            Rows = all == true ? usage.Of(null, null) : usage.Of(DateOnly.FromDateTime(reader.Now.UtcDateTime).AddDays(-UsageDays), null),
            Schools = fleet.Schools().ToDictionary(school => school.Id, school => school.Name),
        }));
        routes.MapGet("/feedback/ages", (FeedbackAges ages, FleetStore fleet) => new RazorComponentResult<AgesPage>(new { Rows = ages.Rows(), Schools = fleet.Schools().ToDictionary(school => school.Id, school => school.Name) }));
        routes.MapFeedbackExport("/feedback");

        routes.MapGet("/feedback/{number:long}", (HttpContext context, long number) => ItemPage(context, number, "/feedback", ReplyForm.Empty));

        routes.MapGet("/feedback/{number:long}/attachment", (HttpContext context, long number, FeedbackStore store, AttachmentStore attachments) =>
            AttachmentEndpoints.Show(context, store.Find(number), attachments) ?? SchoolPages.Missing());

        routes.MapPost("/feedback/{number:long}/reply", async (HttpContext context, Reader reader, long number, FeedbackStore store, IFormCollection form, CancellationToken cancellationToken) =>
        {
            string text = form["text"].ToString(), back = SeeOther.Local(form["back"]);
            FeedbackState state = form["do"] == "decline" ? FeedbackState.Declined : FeedbackState.Answered;
            ReplyOutcome outcome = await store.ReplyAsync(number, state, text, cancellationToken);
            return outcome == ReplyOutcome.Queued
                ? Said.Back(context, back, state == FeedbackState.Answered ? "said.answered" : "said.declined")
                : ItemPage(context, number, back, new ReplyForm(text, reader[$"reply.{outcome.ToString().ToLowerInvariant()}"]));
        });

        routes.MapPost("/feedback/{number:long}/merge", async (HttpContext context, Reader reader, long number, FeedbackStore store, IFormCollection form, CancellationToken cancellationToken) =>
        {
            ReplyOutcome outcome = long.TryParse(form["same"].ToString().TrimStart('#'), out long same)
                ? await store.MergeAsync(number, same, SameText(reader, form), cancellationToken) : ReplyOutcome.NoItem;
            return outcome == ReplyOutcome.Queued
                ? Said.Back(context, $"/feedback/{number}", "said.merged", "1")
                : ItemPage(context, number, "/feedback", new ReplyForm("", reader[$"reply.{outcome.ToString().ToLowerInvariant()}"]));
        });

        routes.MapPost("/feedback/many", (HttpContext context, Reader reader, FeedbackStore store, IFormCollection form, CancellationToken cancellationToken) =>
            ManyAsync(context, reader, store, form, SeeOther.Local(form["back"]), _ => true, cancellationToken));
    }

    /// <summary>One text for the items ticked. The oldest stays when they are merged.</summary>
    /// <param name="context">The request.</param>
    /// <param name="reader">Whose words a merge without a text uses.</param>
    /// <param name="store">The items.</param>
    /// <param name="form">Ticks, text, and what to do.</param>
    /// <param name="back">Page to show after it.</param>
    /// <param name="may">Which items this person may reply to.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IResult> ManyAsync(HttpContext context, Reader reader, FeedbackStore store, IFormCollection form, string back, Func<long, bool> may, CancellationToken cancellationToken)
    {
        long[] numbers = [.. form["number"].Select(text => long.TryParse(text, out long number) ? number : 0).Where(may).Distinct().Order().Take(FeedbackStore.MaxEntries)];
        bool merge = form["do"] == "merge";
        if (numbers.Length < (merge ? 2 : 1))
            return Said.Back(context, back, merge ? "said.many.two" : "said.many.none");
        ImmutableArray<ReplyOutcome> outcomes = merge
            ? await store.MergeAsync(numbers[1..], numbers[0], SameText(reader, form), cancellationToken)
            : await store.ReplyAsync(numbers, form["do"] == "decline" ? FeedbackState.Declined : FeedbackState.Answered, form["text"].ToString(), cancellationToken);
        if (outcomes.Contains(ReplyOutcome.BadText))
            return Said.Back(context, back, "reply.badtext");
        int done = outcomes.Count(outcome => outcome == ReplyOutcome.Queued);
        return Said.Back(context, back, done < outcomes.Length ? "said.many.some" : merge ? "said.merged" : "said.many", $"{done}", $"{outcomes.Length - done}");
    }

    private static string SameText(Reader reader, IFormCollection form) => form["text"].ToString() is var text && string.IsNullOrWhiteSpace(text) ? reader["reply.same"] : text;

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
            Down = FeedbackBoard.WayDown(entry, services.GetRequiredService<DownQueue>()),
            Back = back,
            Reply = reply,
        })
        { StatusCode = reply.Error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity };
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static T? Value<T>(string? text) where T : struct, Enum => Enum.TryParse(text, ignoreCase: true, out T value) && Enum.IsDefined(value) ? value : null;
}
