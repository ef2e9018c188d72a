using System.Collections.Immutable;
using System.Security.Cryptography;
using Edge.Core.Content;
using Edge.Core.Identity;
using Edge.Core.Text;
using Microsoft.Extensions.Options;

namespace Relay.Live;

/// <summary>A poll as staff ask for it; without an id it gets its place in the list.</summary>
public sealed record PollRequest(string? Id, LocalText Question, ImmutableArray<LocalText> Options, TimeSpan? At);

/// <summary>A lesson as staff ask for it.</summary>
/// <param name="Id">Given: a lesson that has not begun is changed. Not given: it is made of the English title and the start, and never that of another lesson.</param>
/// <param name="Schools">Ids of schools; null or empty: every school.</param>
/// <param name="Live">Default true.</param>
/// <param name="Bells">School → when it shows the lesson, after its start: for schools whose bells are others.</param>
/// <param name="Source">Where the relay fetches the stream; null: the encoder sends it.</param>
/// <param name="BoxSources">School, or <c>*</c> for all others → where its box takes the stream from instead of the relay.</param>
public sealed record ScheduleRequest(
    string? Id,
    LocalText Title,
    string Class,
    string Subject,
    DateTimeOffset Start,
    TimeSpan Duration,
    string? Kit,
    bool? Live,
    ImmutableArray<string>? Schools,
    ImmutableArray<PollRequest>? Polls,
    ImmutableSortedDictionary<string, DateTimeOffset>? Bells = null,
    string? Source = null,
    ImmutableSortedDictionary<string, string>? BoxSources = null);

/// <summary>The first thing wrong with a lesson that staff ask for.</summary>
public enum ScheduleFault
{
    None,
    Id,
    Title,
    ClassOrSubject,
    Duration,
    Kit,
    Schools,
    /// <summary>A school shows it before it is taught, or long after, or is named wrongly.</summary>
    Bells,
    /// <summary>Too many polls, or two with one id.</summary>
    Polls,
    /// <summary>A poll lacks its question or has too few or too many answers.</summary>
    Poll,
    /// <summary>No address, or of a scheme that is not fetched.</summary>
    Source,
    /// <summary>The lesson has begun.</summary>
    TooLate,
}

/// <summary>Where staff schedule lessons, whether by API or by console.</summary>
public sealed class LessonDesk(LessonStore lessons, LivePorts ports, IOptions<LiveOptions> options)
{
    public const int MaxPolls = 50;
    public const int MaxOptions = 10;
    public const int MaxTextLength = 500;
    public const int MaxClassLength = 40;
    public const int MaxSubjectLength = 80;
    public static readonly TimeSpan LongestLesson = TimeSpan.FromHours(12);

    /// <summary>Longest time after its start at which a school may show a lesson by its own bell: later it is a recording like any other.</summary>
    public static readonly TimeSpan LatestBell = TimeSpan.FromDays(7);

    /// <summary>Adds a lesson or changes one to come; plans and boxes hear of it.</summary>
    /// <returns>What was wrong; the poll it was wrong with; the lesson when nothing was.</returns>
    public async Task<(ScheduleFault Fault, string? Poll, Lesson? Lesson)> ScheduleAsync(ScheduleRequest request, CancellationToken cancellationToken)
    {
        string? id = request.Id ?? FreeId(Slug.From($"{request.Title?.In("en")} {request.Start.UtcDateTime:MMdd-HHmm}"));
        if (Fault(request, id, out string? poll) is var fault and not ScheduleFault.None)
            return (fault, poll, null);
        var lesson = new Lesson(id!, request.Title!, request.Class, request.Subject, request.Start, request.Duration, request.Kit, request.Live ?? true, LessonStage.Planned,
            Polls(request), request.Schools is { Length: > 0 } schools ? schools : null,
            IngestKey: NewKey(), Origin: RandomNumberGenerator.GetHexString(16, lowercase: true),
            Target: TimeSpan.FromSeconds(Math.Ceiling(2 * options.Value.SegmentDuration.TotalSeconds)))
        {
            TeachKey = NewKey(),
            BoxSources = request.BoxSources ?? ImmutableSortedDictionary<string, string>.Empty,
            Bells = request.Bells ?? ImmutableSortedDictionary<string, DateTimeOffset>.Empty,
        };
        if (await lessons.ScheduleAsync(lesson, request.Source, cancellationToken) == ScheduleOutcome.TooLate)
            return (ScheduleFault.TooLate, null, null);
        await ports.PlansChanged(cancellationToken);
        return (ScheduleFault.None, null, lessons.Find(lesson.Id)!);
    }

    /// <summary>A secret for an encoder or a teacher, 128 bits; letters that are told apart on paper.</summary>
    internal static string NewKey() => RandomNumberGenerator.GetString("abcdefghjkmnpqrstvwxyz0123456789", 26);

    // Two lessons with Chinese titles only, at one time in two classes, would make the same id.
    private string? FreeId(string? made)
    {
        if (made is null || lessons.Find(made) is null)
            return made;
        made = made[..Math.Min(made.Length, Slug.MaxLength - 4)];
        int number = 2;
        while (lessons.Find($"{made}-{number}") is not null)
            number++;
        return $"{made}-{number}";
    }

    private static ImmutableArray<Poll> Polls(ScheduleRequest request) => request.Polls is not { } polls ? []
        : [.. polls.Select((poll, place) => new Poll(poll.Id ?? $"poll-{place + 1}", poll.Question, poll.Options, poll.At))];

    private static ScheduleFault Fault(ScheduleRequest request, string? id, out string? faulty)
    {
        faulty = null;
        if (!Slug.IsValid(id))
            return ScheduleFault.Id;
        if (!IsText(request.Title))
            return ScheduleFault.Title;
        if (string.IsNullOrWhiteSpace(request.Class) || request.Class.Length > MaxClassLength || string.IsNullOrWhiteSpace(request.Subject) || request.Subject.Length > MaxSubjectLength)
            return ScheduleFault.ClassOrSubject;
        if (request.Duration <= TimeSpan.Zero || request.Duration > LongestLesson)
            return ScheduleFault.Duration;
        if (request.Kit is not null && !Slug.IsValid(request.Kit))
            return ScheduleFault.Kit;
        if (request.Schools is { } schools && !schools.All(Slug.IsValid))
            return ScheduleFault.Schools;
        if (request.Bells is { } bells && !bells.All(bell => Slug.IsValid(bell.Key) && bell.Value >= request.Start && bell.Value - request.Start <= LatestBell))
            return ScheduleFault.Bells;
        if (request.Source is not null && !Camera.IsSource(request.Source))
            return ScheduleFault.Source;
        if (request.BoxSources is { } sources && !sources.All(source => (source.Key == Lesson.AnySchool || Slug.IsValid(source.Key)) && Camera.IsSource(source.Value)))
            return ScheduleFault.Source;
        ImmutableArray<Poll> polls = Polls(request);
        if (polls.Length > MaxPolls || polls.Select(poll => poll.Id).Distinct().Count() != polls.Length)
            return ScheduleFault.Polls;
        faulty = polls.FirstOrDefault(poll => !Slug.IsValid(poll.Id) || !IsText(poll.Question)
            || poll.Options is not { IsDefault: false, Length: 0 or (>= 2 and <= MaxOptions) } || !poll.Options.All(IsText))?.Id;
        return faulty is null ? ScheduleFault.None : ScheduleFault.Poll;
    }

    private static bool IsText(LocalText? text) => text is { Texts.Count: > 0 } && text.Texts.Values.All(value => value.Length is > 0 and <= MaxTextLength);
}
