using System.Collections.Immutable;
using System.Globalization;
using Edge.Core.Feedback;
using Edge.Core.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Relay.Content;
using Relay.Feedback;
using Relay.Fleet;
using Relay.Live;
using Relay.Sync;

namespace Relay.Console;

/// <summary>What was typed into the form that schedules, and what was wrong with it.</summary>
public sealed record ScheduleForm(
    string TitleChinese,
    string TitleEnglish,
    string Class,
    string Subject,
    string Start,
    string Minutes,
    string Kit,
    bool Live,
    bool All,
    ImmutableArray<string> Schools,
    ImmutableArray<PollForm> Polls,
    string? Error)
{
    /// <summary>Polls that the form has room for; the staff API takes more.</summary>
    public const int MaxPolls = 3;

    public static ScheduleForm At(string start) => new("", "", "", "", start, "45", "", true, true, [], [.. Enumerable.Repeat(PollForm.Empty, MaxPolls)], null);

    public static ScheduleForm Read(IFormCollection form) => new(Text(form, "title-zh"), Text(form, "title-en"), Text(form, "class"), Text(form, "subject"), Text(form, "start"),
        Text(form, "minutes"), Text(form, "kit"), form["live"] != "no", form["to"] != "some", [.. form["school"].OfType<string>()],
        [.. Enumerable.Range(1, MaxPolls).Select(place => new PollForm(Text(form, $"question-{place}"), form[$"options-{place}"].ToString()))], null);

    /// <summary>The lesson asked for, or the text key of what cannot be read.</summary>
    public (ScheduleRequest? Request, string? Unread) ToRequest(TimeProvider time)
    {
        if (!DueText.TryParse(Start, time.GetUtcNow(), time.LocalTimeZone, out DateTimeOffset start))
            return (null, "fault.nostart");
        if (!int.TryParse(Minutes, NumberStyles.None, CultureInfo.InvariantCulture, out int minutes))
            return (null, "fault.duration");
        if (!All && Schools.Length == 0)
            return (null, "fault.schools");
        return (new ScheduleRequest(null, Title(), Class, Subject, start, TimeSpan.FromMinutes(minutes), Kit.Length == 0 ? null : Kit, Live, All ? null : Schools,
            [.. Polls.Where(poll => poll != PollForm.Empty).Select(poll => new PollRequest(null, In(poll.Question), [.. poll.Lines.Select(In)], null))]), null);
    }

    private LocalText Title()
    {
        var texts = new LocalText(ImmutableSortedDictionary<string, string>.Empty);
        if (TitleChinese.Length > 0)
            texts = texts.And("zh-Hans", TitleChinese);
        return TitleEnglish.Length > 0 ? texts.And("en", TitleEnglish) : texts;
    }

    private static LocalText In(string text) => LocalText.Of(text.Any(c => c >= 0x2E80) ? "zh-Hans" : "en", text);

    private static string Text(IFormCollection form, string name) => form[name].ToString().Trim();
}

/// <summary>A poll as it is typed: the answers a line each.</summary>
public sealed record PollForm(string Question, string Options)
{
    public static readonly PollForm Empty = new("", "");

    public IEnumerable<string> Lines => Options.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The timetable, a lesson, schedule and end.</summary>
internal static class LessonPages
{
    public static void MapLessonPages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/lessons", (LessonStore lessons, IngestDesk desk, FeedbackStore feedback, IOptions<ConsoleOptions> options, TimeProvider time, bool? over, int? page) =>
        {
            ImmutableArray<LessonRow> all = Rows(lessons, desk, time);
            // What is to come reads forwards, what is over backwards.
            ImmutableArray<LessonRow> shown = over == true ? [.. all.Where(row => row.IsOver).Reverse()] : [.. all.Where(row => !row.IsOver)];
            return new RazorComponentResult<LessonsPage>(new { Rows = shown.Page(page, options.Value.PageRows), Over = over == true, OverCount = all.Count(row => row.IsOver), AheadCount = all.Count(row => !row.IsOver), Open = feedback.OpenByLesson(FeedbackKind.Question) });
        });

        routes.MapGet("/lessons/new", (HttpContext context, Reader reader) => FormPage(context, ScheduleForm.At(reader.Field(reader.Now.AddMinutes(10)))));

        routes.MapPost("/lessons/new", async (HttpContext context, Reader reader, LessonDesk desk, TimeProvider time, IFormCollection form, CancellationToken cancellationToken) =>
        {
            ScheduleForm typed = ScheduleForm.Read(form);
            (ScheduleRequest? request, string? unread) = typed.ToRequest(time);
            if (request is null)
                return FormPage(context, typed with { Error = reader[unread!] });
            (ScheduleFault fault, string? poll, Lesson? lesson) = await desk.ScheduleAsync(request, cancellationToken);
            return lesson is null
                ? FormPage(context, typed with { Error = reader.Format($"fault.{fault.ToString().ToLowerInvariant()}", poll ?? "") })
                : Said.Back(context, $"/lessons/{lesson.Id}", "said.scheduled", reader.In(lesson.Title));
        });

        routes.MapPost("/lessons/{id}/cameras", async (HttpContext context, string id, CameraDesk cameras, IFormCollection form, CancellationToken cancellationToken) =>
        {
            string camera = form["id"].ToString().Trim();
            string source = form["source"].ToString().Trim();
            return CameraAnswer(context, id, camera, "said.camera.saved",
                await cameras.SaveAsync(id, camera, new CameraRequest(form["name"].ToString().Trim(), source.Length == 0 ? null : source, form.ContainsKey("spare")), cancellationToken));
        });

        routes.MapPost("/lessons/{id}/cameras/{camera}/choose", async (HttpContext context, string id, string camera, CameraDesk cameras, CancellationToken cancellationToken) =>
            CameraAnswer(context, id, camera, "said.camera.chosen", await cameras.ChooseAsync(id, camera, cancellationToken)));

        routes.MapGet("/lessons/{id}", (HttpContext context, string id) => LessonPageOf(context, id));

        routes.MapGet("/lessons/{id}/end", (Reader reader, string id, LessonStore lessons) =>
            lessons.Find(id) is not { } lesson ? SchoolPages.Missing() : new RazorComponentResult<ConfirmPage>(new
            {
                Title = reader.Format("end.title", reader.In(lesson.Title)),
                What = reader["end.what"],
                Do = reader["end.do"],
                Action = $"/lessons/{id}/end",
                Back = $"/lessons/{id}",
            }));

        routes.MapPost("/lessons/{id}/end", async (HttpContext context, Reader reader, string id, LessonStore lessons, IngestDesk desk, CancellationToken cancellationToken) =>
            lessons.Find(id) is not { } lesson ? SchoolPages.Missing()
            : Said.Back(context, $"/lessons/{id}", await desk.EndAsync(lesson, cancellationToken) ? "said.ended" : "said.endedbefore", reader.In(lesson.Title)));
    }

    /// <summary>Events on a lesson's own page; <c>relay lesson events</c> has them all.</summary>
    private const int MaxEvents = 10;

    /// <summary>Questions on a lesson's own page; the rest is among the feedback.</summary>
    private const int MaxQuestions = 100;

    /// <summary>All lessons by start.</summary>
    public static ImmutableArray<LessonRow> Rows(LessonStore lessons, IngestDesk desk, TimeProvider time) =>
        [.. lessons.All().Select(lesson => LessonRow.Of(lesson, desk.SilenceOf(lesson.Id), time.GetUtcNow()))];

    private static IResult CameraAnswer(HttpContext context, string lesson, string camera, string done, CameraFault fault) =>
        fault == CameraFault.NoSuchLesson ? SchoolPages.Missing()
        : Said.Back(context, $"/lessons/{lesson}", fault == CameraFault.None ? done : $"said.camera.{fault.ToString().ToLowerInvariant()}", camera);

    private static IResult LessonPageOf(HttpContext context, string id)
    {
        IServiceProvider services = context.RequestServices;
        if (services.GetRequiredService<LessonStore>().Find(id) is not { } lesson)
            return SchoolPages.Missing();
        var time = services.GetRequiredService<TimeProvider>();
        var desk = services.GetRequiredService<IngestDesk>();
        FleetBoard fleet = FleetBoard.Read(services.GetRequiredService<FleetStore>(), services.GetRequiredService<IOptions<ConsoleOptions>>(), time);
        var feedback = services.GetRequiredService<FeedbackStore>();
        // Open ones first; within both, the newest first.
        ImmutableArray<FeedbackEntry> questions = feedback.Find(new FeedbackFilter(Lesson: id, Kind: FeedbackKind.Question, Most: MaxQuestions));
        return new RazorComponentResult<LessonPage>(new
        {
            Row = LessonRow.Of(lesson, desk.SilenceOf(id), time.GetUtcNow()),
            Summary = LessonEndpoints.WithConflicts(lesson, services.GetRequiredService<LessonStore>(), services.GetRequiredService<LiveOrigin>(), desk),
            Places = LessonRow.Places(lesson, fleet),
            Polls = PollResult.Of(lesson.Polls, feedback.Votes(id), fleet.Schools),
            Questions = FeedbackBoard.Join([.. questions.OrderBy(question => question.State != FeedbackState.Open)], services.GetRequiredService<FleetStore>(),
                services.GetRequiredService<LessonStore>(), services.GetRequiredService<DownQueue>()),
            Alike = feedback.Alike(id, null),
            Events = services.GetRequiredService<LessonEventStore>().Of(id, MaxEvents),
            Ingest = $"{context.Request.Scheme}://{context.Request.Host}/ingest/{lesson.IngestKey}",
            Encoders = EncoderHosts.Of(context.Request, services.GetRequiredService<IOptions<IngestOptions>>().Value),
        });
    }

    private static RazorComponentResult<SchedulePage> FormPage(HttpContext context, ScheduleForm form) => new(new
    {
        Form = form,
        Schools = context.RequestServices.GetRequiredService<FleetStore>().Schools(),
        Packs = context.RequestServices.GetRequiredService<PackRegistry>().Versions().DistinctBy(version => version.Pack).ToImmutableArray(),
    })
    { StatusCode = form.Error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity };
}
